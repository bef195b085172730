package quic

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// response makes a HEADERS frame of fields, by names and values.
func response(fields ...string) []byte {
	var b strings.Builder
	e := qpack.NewEncoder(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		e.WriteField(qpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return frame(1, []byte(b.String())...)
}

// served is a connection that a server has taken, and its control stream.
type served struct {
	*quic.Conn
	control *quic.SendStream
}

// serveRaw answers each request's stream by a function, and gives the server's entry
// in the configuration.
func serveRaw(t *testing.T, answer func(q served, s *quic.Stream)) string {
	t.Helper()
	cert := lab.Certificate(t)
	pair, err := tls.LoadX509KeyPair(cert, cert+".key")
	if err != nil {
		t.Fatal(err)
	}
	l, err := quic.ListenAddr("127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{http3.NextProtoH3}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			q, err := l.Accept(context.Background())
			if err != nil {
				return
			}
			control, err := q.OpenUniStream()
			if err != nil {
				continue // it has ended already
			}
			control.Write(settings)
			go func() {
				for {
					s, err := q.AcceptStream(q.Context())
					if err != nil {
						return
					}
					go answer(served{q, control}, s)
				}
			}()
		}
	}()
	return `{ address = "quic@` + l.Addr().String() + `", tls = { verify = "none" }, check = false }`
}

// TestResponsesThatLie has servers answer against the rules. The client gets a
// status of 502, or sees the response cut short, and is served afterwards.
func TestResponsesThatLie(t *testing.T) {
	const cut = -1
	ok := func(s *quic.Stream, more ...string) {
		s.Write(response(append([]string{":status", "200"}, more...)...))
	}
	for name, c := range map[string]struct {
		do     func(q served, s *quic.Stream)
		method string
		want   int
		term   string
	}{
		"no status":                   {func(_ served, s *quic.Stream) { s.Write(response("a", "b")); s.Close() }, "GET", 502, " PH-- "},
		"101":                         {func(_ served, s *quic.Stream) { s.Write(response(":status", "101")); s.Close() }, "GET", 502, " PH-- "},
		"upper case":                  {func(_ served, s *quic.Stream) { ok(s, "X", "y"); s.Close() }, "GET", 502, " PH-- "},
		"a line break":                {func(_ served, s *quic.Stream) { ok(s, "x", "a\r\nb: c"); s.Close() }, "GET", 502, " PH-- "},
		"a connection's field":        {func(_ served, s *quic.Stream) { ok(s, "connection", "close"); s.Close() }, "GET", 502, " PH-- "},
		"a head that is too large":    {func(_ served, s *quic.Stream) { ok(s, "x", strings.Repeat("x", 20000)); s.Close() }, "GET", 502, " PH-- "},
		"a head beyond all bounds":    {func(_ served, s *quic.Stream) { s.Write([]byte{1, 0xbf, 0xff, 0xff, 0xff}) }, "GET", 502, " PH-- "},
		"content first":               {func(_ served, s *quic.Stream) { s.Write(frame(0, 'x')) }, "GET", 502, " PH-- "},
		"a push":                      {func(_ served, s *quic.Stream) { s.Write(frame(5, 0)) }, "GET", 502, " PH-- "},
		"an interim response alone":   {func(_ served, s *quic.Stream) { s.Write(response(":status", "103")); s.Close() }, "GET", 502, " SH-- "},
		"reserved frames without end": {func(_ served, s *quic.Stream) { s.Write(bytes.Repeat(frame(0x21), 5000)) }, "GET", 502, " SH-- "},
		"reserved frames in control":  {func(q served, _ *quic.Stream) { q.control.Write(bytes.Repeat(frame(0x21), 5000)) }, "GET", 502, " SH-- "},
		"streams of unknown types": {func(q served, _ *quic.Stream) {
			for range 5000 {
				u, err := q.OpenUniStreamSync(q.Context())
				if err != nil {
					return
				}
				u.Write([]byte{0x21})
				u.Close()
			}
		}, "GET", 502, " SH-- "},
		"a priority":      {func(q served, _ *quic.Stream) { q.control.Write(frame(0xf0700, 0)) }, "GET", 502, " SH-- "},
		"a dynamic table": {func(_ served, s *quic.Stream) { s.Write(frame(1, 3, 0, 0x80)) }, "GET", 502, " PH-- "},
		"more content than its length": {func(_ served, s *quic.Stream) {
			ok(s, "content-length", "3")
			s.Write(frame(0, []byte("hello")...))
		}, "GET", cut, " PD-- "},
		"less": {func(_ served, s *quic.Stream) {
			ok(s, "content-length", "9")
			s.Write(frame(0, []byte("hello")...))
			s.Close()
		}, "GET", cut, " PD-- "},
		"a pseudo-field in the trailers": {func(_ served, s *quic.Stream) {
			ok(s)
			s.Write(frame(0, []byte("hello")...))
			s.Write(response(":status", "200"))
			s.Close()
		}, "GET", cut, " PD-- "},
		"content for HEAD": {func(_ served, s *quic.Stream) { ok(s); s.Write(frame(0, []byte("HTTP/1.1 200")...)); s.Close() }, "HEAD", 200, " ---- "},
		"content for 204": {func(_ served, s *quic.Stream) {
			s.Write(append(response(":status", "204"), frame(0, 'x')...))
			s.Close()
		}, "GET", 204, " ---- "},
		"a reset":            {func(_ served, s *quic.Stream) { s.CancelWrite(0x10c) }, "GET", 502, " SH-- "},
		"a connection's end": {func(q served, _ *quic.Stream) { q.CloseWithError(0x102, "") }, "GET", 502, " SH-- "},
	} {
		t.Run(name, func(t *testing.T) {
			f := front(t, serveRaw(t, func(q served, s *quic.Stream) {
				b := make([]byte, 2000)
				n, _ := s.Read(b)
				if isRight(b[:n]) {
					s.Write(response(":status", "299"))
					s.Close()
					return
				}
				c.do(q, s)
			}), "")
			cl, base := client(t), "https://127.0.0.1:"+f.port
			res, err := cl.Do(lab.Request(t, c.method, base+"/wrong", nil))
			got := cut
			if err == nil {
				if _, bad := io.ReadAll(res.Body); bad == nil {
					got = res.StatusCode
				}
				res.Body.Close()
			}
			if got != c.want {
				t.Errorf("%d, want %d (%v)", got, c.want, err)
			}
			lab.Until(t, 5*time.Second, "the log says"+c.term, func() bool { return strings.Contains(f.proc.Output(), c.term) })
			if res, _ := lab.Do(t, cl, lab.Request(t, "GET", base+"/right", nil)); res.StatusCode != 299 {
				t.Errorf("afterwards %d, want 299", res.StatusCode)
			}
		})
	}
}

// isRight reports whether a request's HEADERS frame asks for /right.
func isRight(b []byte) (right bool) {
	if len(b) < 5 {
		return false
	}
	next := qpack.NewDecoder().Decode(b[5:]) // Fairlead's frames have four bytes of length
	for {
		f, err := next()
		if err != nil {
			return right
		}
		right = right || f.Name == ":path" && f.Value == "/right"
	}
}

// TestServerGoesAway has a server say that it does nothing for a request: another
// connection gets it, though requests are not retried.
func TestServerGoesAway(t *testing.T) {
	var first atomic.Bool
	f := front(t, serveRaw(t, func(q served, s *quic.Stream) {
		if first.CompareAndSwap(false, true) {
			q.control.Write(frame(7, 0))
			return
		}
		s.Write(response(":status", "299"))
		s.Close()
	}), "")
	if res, _ := lab.Do(t, client(t), lab.Request(t, "GET", "https://127.0.0.1:"+f.port+"/", nil)); res.StatusCode != 299 {
		t.Errorf("status %d, want 299", res.StatusCode)
	}
}

// TestInterimWithoutEnd has a server answer with nothing but interim responses: the
// client gets some of them, and a status of 502.
func TestInterimWithoutEnd(t *testing.T) {
	f := front(t, serveRaw(t, func(_ served, s *quic.Stream) { s.Write(bytes.Repeat(response(":status", "103"), 5000)) }), "")
	s := dialRaw(t, f.port, nil).ask(head("GET", "/"))
	s.Close()
	_ = s.SetReadDeadline(time.Now().Add(30 * time.Second)) // it does not fail
	if b, err := io.ReadAll(s); err != nil || !bytes.Contains(b, []byte("502 Bad Gateway")) {
		t.Errorf("%d bytes came, %v", len(b), err)
	}
}
