package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/integration/lab"
)

// raw is a client's connection that sends whatever it is told to.
type raw struct {
	*quic.Conn
	t *testing.T
}

func dialRaw(t *testing.T, port string, c *quic.Config) raw {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	q, err := quic.DialAddr(ctx, "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.CloseWithError(0, "") })
	return raw{q, t}
}

// frame makes a frame.
func frame(typ uint64, payload ...byte) []byte {
	return append(quicvarint.Append(quicvarint.Append(nil, typ), uint64(len(payload))), payload...)
}

// head makes a HEADERS frame of a request, with more fields by names and values.
func head(method, path string, more ...string) []byte {
	var b strings.Builder
	e := qpack.NewEncoder(&b)
	fields := append([]string{":method", method, ":scheme", "https", ":path", path, ":authority", "a"}, more...)
	for i := 0; i+1 < len(fields); i += 2 {
		e.WriteField(qpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return frame(1, []byte(b.String())...)
}

// uni sends on a unidirectional stream, over and over n times.
func (r raw) uni(first []byte, n int, again []byte) {
	s, err := r.OpenUniStream()
	if err != nil {
		r.t.Fatal(err)
	}
	s.Write(first)
	go func() {
		for range n {
			if _, err := s.Write(again); err != nil {
				return
			}
		}
	}()
}

// ask begins a request.
func (r raw) ask(b []byte) *quic.Stream {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s, err := r.OpenStreamSync(ctx)
	if err != nil {
		return nil // the connection has ended
	}
	s.Write(b)
	return s
}

// ended waits for the connection's end and gives its code.
func (r raw) ended() (quic.ApplicationErrorCode, error) {
	select {
	case <-r.Context().Done():
	case <-time.After(15 * time.Second):
		return 0, errors.New("the connection goes on")
	}
	var ae *quic.ApplicationError
	if err := context.Cause(r.Context()); !errors.As(err, &ae) || !ae.Remote {
		return 0, err
	}
	return ae.ErrorCode, nil
}

// settings begin a control stream.
var settings = append([]byte{0}, frame(4)...)

// TestHostileClients has each attack refused as RFC 9114 says, while others are
// served; nothing of it stays.
func TestHostileClients(t *testing.T) {
	f := front(t, `"`+plain(t)+`"`, "")
	c := client(t)
	served := func(when string) {
		if res, _ := lab.Do(t, c, lab.Request(t, "GET", "https://127.0.0.1:"+f.port+"/none", nil)); res.StatusCode != 204 {
			t.Errorf("%s: another client gets %d", when, res.StatusCode)
		}
	}
	served("before")
	before := tasks(t, f.proc)
	const excessive = quic.ApplicationErrorCode(http3.ErrCodeExcessiveLoad)
	attacks := map[string]struct {
		do   func(r raw)
		want quic.ApplicationErrorCode
	}{
		"reserved frames in control": {func(r raw) { r.uni(settings, 5000, frame(0x21, 'x')) }, excessive},
		"push limits":                {func(r raw) { r.uni(settings, 5000, frame(0xd, 1)) }, excessive},
		"priorities":                 {func(r raw) { r.uni(settings, 5000, frame(0xf0700, 0, 'u', '=', '1')) }, excessive},
		"capacities of the table":    {func(r raw) { r.uni([]byte{2}, 5000, []byte{0x20}) }, excessive},
		"streams given up":           {func(r raw) { r.uni([]byte{3}, 5000, []byte{0x40}) }, excessive},
		"a large frame in control":   {func(r raw) { r.uni(append(settings, 0x21, 0xbf, 0xff, 0xff, 0xff), 1, nil) }, excessive},
		"reserved frames": {func(r raw) {
			s := r.ask(nil)
			for range 5000 {
				if _, err := s.Write(frame(0x21)); err != nil {
					return
				}
			}
		}, excessive},
		"a reserved frame that is too large": {func(r raw) { r.ask([]byte{0x21, 0xbf, 0xff, 0xff, 0xff}) }, excessive},
		"empty data": {func(r raw) {
			s := r.ask(head("POST", "/echo"))
			for range 5000 {
				if _, err := s.Write(frame(0)); err != nil {
					return
				}
			}
		}, excessive},
		"streams of unknown types": {func(r raw) {
			for range 5000 {
				s, err := r.OpenUniStreamSync(r.Context())
				if err != nil {
					return
				}
				s.Write([]byte{0x21})
				s.Close()
			}
		}, excessive},
		"rapid reset": {func(r raw) {
			for range 5000 {
				s := r.ask(head("GET", "/none"))
				if s == nil {
					return
				}
				s.CancelRead(0x10c)
				s.CancelWrite(0x10c)
			}
		}, excessive},
		"malformed requests": {func(r raw) {
			for range 5000 {
				s := r.ask(head("GET", "/none", "connection", "close"))
				if s == nil {
					return
				}
				s.Close()
			}
		}, excessive},
		"entries for the dynamic table":    {func(r raw) { r.uni([]byte{2, 0x3f, 0xe1, 0x1f, 0xc0, 1, 'x'}, 1, nil) }, 0x201},
		"acknowledgements of nothing":      {func(r raw) { r.uni([]byte{3, 0x80}, 1, nil) }, 0x202},
		"a head that needs the table":      {func(r raw) { r.ask(frame(1, 3, 0, 0x80)) }, 0x200},
		"a field beyond the static table":  {func(r raw) { r.ask(frame(1, 0, 0, 0xff, 0xff, 0x03)) }, 0x200},
		"settings that are HTTP/2's":       {func(r raw) { r.uni(append([]byte{0}, frame(4, 4, 1)...), 1, nil) }, 0x109},
		"a push":                           {func(r raw) { r.uni([]byte{1, 0}, 1, nil) }, 0x103},
		"data before the head":             {func(r raw) { r.ask(frame(0, 'x')) }, 0x105},
		"a frame of HTTP/2":                {func(r raw) { r.ask(frame(9)) }, 0x105},
		"a control stream that ends early": {func(r raw) { s, _ := r.OpenUniStream(); s.Write(settings); s.Close() }, 0x104},
	}
	for name, a := range attacks {
		r := dialRaw(t, f.port, nil)
		a.do(r)
		if code, err := r.ended(); err != nil || code != a.want {
			t.Errorf("%s: the connection ended with %#x, %v, want %#x", name, uint64(code), err, uint64(a.want))
		}
		served(name)
	}
	lab.Until(t, 5*time.Second, "connections are logged that were ended", func() bool {
		return strings.Count(f.proc.Output(), ": Protocol violation") == len(attacks)
	})
	r := dialRaw(t, f.port, nil)
	for name, fields := range map[string][]string{
		"a line break": {"x", "a\r\ny: z"}, "a NUL": {"x", "a\x00"}, "upper case": {"X", "a"}, "chunks": {"transfer-encoding", "chunked"},
		"an upgrade": {"upgrade", "h2c"}, "another host": {"host", "b"}, "a length without content": {"content-length", "5"},
		"a list of lengths": {"content-length", "1,1"}, "a path that comes twice": {":path", "/"}, "a status": {":status", "200"},
		"a protocol for GET": {":protocol", "websocket"},
	} {
		s := r.ask(head("GET", "/none", fields...))
		s.Close()
		var se *quic.StreamError
		if _, err := io.ReadAll(s); !errors.As(err, &se) || se.ErrorCode != quic.StreamErrorCode(http3.ErrCodeMessageError) {
			t.Errorf("%s: %v, want it reset", name, err)
		}
	}
	lab.Until(t, 30*time.Second, "what hostile clients cost is given back", func() bool { return tasks(t, f.proc) <= before+12 })
}

// tasks gives the goroutines of a process.
func tasks(t *testing.T, p *lab.Process) (n int) {
	t.Helper()
	out, err := admin.Ask(p.Socket(), "show info", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(out, "Tasks: ")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSlowClients has clients that hold on to what they have: all end by their
// timeouts.
func TestSlowClients(t *testing.T) {
	p, port := listening(t, "", `
bind = { address = "quic@127.0.0.1:PORT", tls = "CERT" }
timeout = { http-request = "1s", client = "2s", http-keep-alive = "1s" }
`)
	alive := &quic.Config{KeepAlivePeriod: 200 * time.Millisecond}
	t.Run("all", func(t *testing.T) {
		for name, do := range map[string]func(r raw){
			"no request":        func(raw) {},
			"no second request": func(r raw) { s := r.ask(head("GET", "/none")); s.Close(); io.ReadAll(s) },
			"a head that does not end": func(r raw) {
				b := head("GET", "/none")
				r.ask(b[:len(b)-1])
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := dialRaw(t, port, alive)
				begun := time.Now()
				do(r)
				if code, err := r.ended(); err != nil || code != 0x100 {
					t.Errorf("the connection ended with %#x, %v", uint64(code), err)
				}
				if d := time.Since(begun); d > 6*time.Second {
					t.Errorf("it took %v", d)
				}
			})
		}
		t.Run("a body that does not come", func(t *testing.T) {
			t.Parallel()
			s := dialRaw(t, port, alive).ask(append(head("POST", "/echo", "content-length", "100"), frame(0, 'x')...))
			b, err := io.ReadAll(s)
			if !strings.Contains(string(b), "408 Request Timeout") {
				t.Errorf("%q, %v, want a status of 408", b, err)
			}
		})
		t.Run("no window", func(t *testing.T) {
			t.Parallel()
			c := *alive
			c.InitialStreamReceiveWindow, c.MaxStreamReceiveWindow = 1000, 1000
			s := dialRaw(t, port, &c).ask(head("GET", "/bytes?n=1000000&length"))
			s.Close()
			lab.Until(t, 10*time.Second, "the log says so", func() bool {
				return strings.Contains(p.Output(), " cD-- ") && strings.Contains(p.Output(), "/bytes?n=1000000")
			})
			var se *quic.StreamError
			if _, err := io.ReadAll(s); !errors.As(err, &se) {
				t.Errorf("the response ends with %v", err)
			}
		})
	})
	if res, _ := lab.Do(t, client(t), lab.Request(t, http.MethodGet, "https://127.0.0.1:"+port+"/none", nil)); res.StatusCode != 204 {
		t.Errorf("afterwards: %d", res.StatusCode)
	}
}
