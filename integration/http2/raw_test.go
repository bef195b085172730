package http2

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/integration/lab"
)

// raw is one end of a connection of HTTP/2 that sends whatever it is told to.
type raw struct {
	*http2.Framer
	t   testing.TB
	c   net.Conn
	buf bytes.Buffer
	enc *hpack.Encoder
}

func newRaw(t testing.TB, c net.Conn) *raw {
	r := &raw{Framer: http2.NewFramer(c, c), t: t, c: c}
	r.AllowIllegalWrites = true
	r.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	r.MaxHeaderListSize = 1 << 20
	r.SetMaxReadFrameSize(1 << 20)
	r.enc = hpack.NewEncoder(&r.buf)
	return r
}

// dialRaw connects as a client, with settings.
func dialRaw(t testing.TB, port string, settings ...http2.Setting) *raw {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	r := newRaw(t, c)
	io.WriteString(c, http2.ClientPreface)
	r.WriteSettings(settings...)
	return r
}

// block encodes fields, which come as names and values in turn.
func (r *raw) block(fields ...string) []byte {
	r.buf.Reset()
	for i := 0; i+1 < len(fields); i += 2 {
		if err := r.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
			r.t.Fatal(err)
		}
	}
	return bytes.Clone(r.buf.Bytes())
}

// request encodes a request's fields.
func (r *raw) request(method, path string, more ...string) []byte {
	return r.block(append([]string{":method", method, ":scheme", "http", ":path", path, ":authority", "a"}, more...)...)
}

// head sends a whole head.
func (r *raw) head(id uint32, end bool, block []byte) {
	r.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndStream: end, EndHeaders: true})
}

// get sends a request.
func (r *raw) get(id uint32, path string, more ...string) {
	r.head(id, true, r.request("GET", path, more...))
}

// next gives what comes of it all, in words: the status of a stream, the code that
// it is reset with, or that of GOAWAY. Content and control are passed over.
func (r *raw) next() string {
	for {
		f, err := r.ReadFrame()
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			return fmt.Sprintf("%d: %s", f.StreamID, f.PseudoValue("status"))
		case *http2.RSTStreamFrame:
			return fmt.Sprintf("%d: reset %v", f.StreamID, f.ErrCode)
		case *http2.GoAwayFrame:
			if f.ErrCode != http2.ErrCodeNo {
				return fmt.Sprintf("end %v", f.ErrCode)
			}
		}
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() {
			return "nothing"
		}
		if err != nil {
			return "end"
		}
	}
}

// last gives what comes of it in the end, as next does.
func (r *raw) last() string {
	for {
		if got := r.next(); strings.HasPrefix(got, "end") || got == "nothing" {
			return got
		}
	}
}

// serveRaw starts a server of HTTP/2 that answers each request by a function, and
// gives its entry in the configuration. The function has the connection for itself:
// what comes next is read after it.
func serveRaw(t testing.TB, answer func(r *raw, req *http2.MetaHeadersFrame)) string {
	t.Helper()
	at := lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) { serveOne(t, c, answer) })
	return `{ address = "` + at + `", proto = "h2" }`
}

func serveOne(t testing.TB, c net.Conn, answer func(r *raw, req *http2.MetaHeadersFrame)) {
	defer c.Close()
	r := newRaw(t, c)
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	r.WriteSettings()
	for {
		f, err := r.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				r.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			answer(r, f)
		}
	}
}

// info gives a value of show info.
func info(t testing.TB, p *lab.Process, name string) (n int) {
	t.Helper()
	out, err := admin.Ask(p.Socket(), "show info", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out) {
		if _, err := fmt.Sscanf(line, name+": %d", &n); err == nil {
			return n
		}
	}
	t.Fatalf("show info has no %s:\n%s", name, out)
	return 0
}
