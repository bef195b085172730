package http2

import (
	"testing"
	"time"
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
		case <-time.After(10 * time.Second):
			t.Fatal("the connection goes on")
		}
	})
}
