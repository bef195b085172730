package http2

import (
	"testing"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// FuzzServer feeds a server what a client might send after its settings. It must
// end, whatever that is.
func FuzzServer(f *testing.F) {
	c, p := sockets(f)
	c.Close()
	f.Add(p.request(1, flagEndStream))
	f.Add(append(p.request(1, 0, "content-length", "5"), append(appendHead(nil, 5, frameData, flagEndStream, 1), "hello"...)...))
	f.Add(appendReset(nil, 1, codeCancel))
	f.Add(appendWindowUpdate(nil, 0, 1))
	f.Add(appendGoAway(nil, 0, codeNo, "bye"))
	f.Add(append(appendHead(nil, 6, frameSettings, 0, 0), 0, 4, 0x7f, 0xff, 0xff, 0xff))
	f.Add(append(appendHead(nil, 4, frameData, flagPadded, 1), 2, 'a', 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ended := serve(t, Options{}, answer)
		p.hello()
		go func() {
			for {
				if _, _, err := p.frame(); err != nil {
					return
				}
			}
		}()
		p.write(b)
		p.c.Close()
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			t.Fatal("the connection goes on")
		}
	})
}

// FuzzClient feeds a client what a server might send after its settings, to a
// request that waits. Both must end.
func FuzzClient(f *testing.F) {
	c, p := sockets(f)
	c.Close()
	head := func(flags uint8, fields ...string) []byte {
		p.head = p.head[:0]
		for i := 0; i+1 < len(fields); i += 2 {
			if err := p.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
				f.Fatal(err)
			}
		}
		return append(appendHead(nil, len(p.head), frameHeaders, flags|flagEndHeaders, 1), p.head...)
	}
	f.Add(head(flagEndStream, ":status", "200"))
	f.Add(append(head(0, ":status", "200", "content-length", "5"), append(appendHead(nil, 5, frameData, flagEndStream, 1), "hello"...)...))
	f.Add(append(head(0, ":status", "103"), head(flagEndStream, ":status", "204")...))
	f.Add(append(head(0, ":status", "200"), head(flagEndStream, "x", "y")...))
	f.Add(appendReset(nil, 1, codeRefused))
	f.Add(appendGoAway(nil, 0, codeNo, "bye"))
	f.Add(append(appendHead(nil, 4, framePushPromise, flagEndHeaders, 1), 0, 0, 0, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, p := sockets(t)
		k, err := NewClient(c, &Options{Pool: relay.NewPool(16 << 10)})
		if err != nil {
			t.Fatal(err)
		}
		x, err := k.Open()
		if err != nil {
			t.Fatal(err)
		}
		var m httpmsg.Message
		m.Reset(nil)
		m.StartRequestString("GET", "/", httpmsg.HTTP11)
		if err := x.WriteHead(&m, true); err != nil {
			t.Fatal(err)
		}
		p.write(append(appendHead(nil, 0, frameSettings, 0, 0), b...))
		p.c.Close()
		for m.Status < 200 {
			if err = x.ReadHead(&m); err != nil {
				break
			}
		}
		for err == nil {
			_, err = x.Read(make([]byte, 100))
		}
		x.Close()
		select {
		case <-k.Done():
		case <-time.After(10 * time.Second):
			t.Fatal("the connection goes on")
		}
	})
}
