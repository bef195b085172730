// Package formattest tests log formats by the lines that they make.
//
//	got := formattest.Line(t, "acme.short", ``, formattest.Env())
//	formattest.Laws(t, "acme.short", ``)
//
// It is for tests alone.
package formattest

import (
	"bytes"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Env gives what is known of a request at its end: a GET of /a from
// 192.0.2.1:1234 to frontend "web", answered with 200 by server "s1" of backend
// "app" in 117 ms.
func Env() *expr.Env {
	c := &session.Conn{
		ID: 1, Src: netip.MustParseAddrPort("192.0.2.1:1234"), Dst: netip.MustParseAddrPort("198.51.100.1:80"),
		RealSrc: netip.MustParseAddrPort("192.0.2.1:1234"), RealDst: netip.MustParseAddrPort("198.51.100.1:80"),
		FD: -1, Protocol: "tcp", Bind: ":80", BindID: 1, Accepted: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Requests: 1,
	}
	ms := time.Millisecond
	s := &session.Stream{
		Conn: c, Frontend: "web", Backend: "app", Server: "s1", ServerAddr: netip.MustParseAddrPort("10.0.0.1:8080"), ServerFD: -1,
		Begin: c.Accepted, Request: 10 * ms, Connect: 30 * ms, Response: 69 * ms, Total: 117 * ms,
		Status: 200, BytesOut: 2750, BytesIn: 120, Term: [4]byte{'-', '-', '-', '-'}, ActConn: 1, FeConn: 1, BeConn: 1, SrvConn: 1,
		HTTP: true, RequestLine: []byte("GET /a HTTP/1.1"),
	}
	return &expr.Env{Phase: expr.Log, Conn: c, Stream: s, Now: c.Accepted.Add(117 * ms)}
}

// Line makes a format of the TOML of its table and gives the line for e. The
// fetches of its expressions are those that the test imports.
func Line(t *testing.T, name, config string, e *expr.Env) string {
	t.Helper()
	return string(format(t, name, config).Append(nil, e))
}

func format(t *testing.T, name, config string) logs.Formatter {
	t.Helper()
	f := moduletest.New(t, logs.FormatKind, name, config)
	if c, ok := f.(logs.Compiler); ok {
		if err := c.Compile(expr.NewScope(module.Default(), expr.Log)); err != nil {
			t.Fatalf("%s %q: %v", name, config, err)
		}
	}
	return f
}

// situations are what may be known of a stream that is logged, that of a hostile
// client included. There always are a connection and a stream.
func situations() map[string]func() *expr.Env {
	return map[string]func() *expr.Env{
		"a request": Env,
		"a stream of which little is known": func() *expr.Env {
			c := &session.Conn{}
			return &expr.Env{Phase: expr.Log, Conn: c, Stream: &session.Stream{Conn: c, Term: [4]byte{'-', '-', '-', '-'}}, Now: time.Unix(0, 0)}
		},
		"a TCP stream": func() *expr.Env {
			e := Env()
			e.Stream.HTTP, e.Stream.RequestLine, e.Stream.Status = false, nil, 0
			return e
		},
		"a UNIX socket": func() *expr.Env {
			e := Env()
			e.Conn.Src, e.Conn.Dst, e.Stream.ServerAddr = netip.AddrPort{}, netip.AddrPort{}, netip.AddrPort{}
			return e
		},
		"a hostile client": func() *expr.Env {
			e := Env()
			e.Stream.RequestLine = []byte("GET /\r\nforged: line\x00\x1b[2J \xff\" HTTP/1.1")
			e.Stream.CapturedReq = [][]byte{[]byte("a\nb"), nil, {}}
			e.Stream.CapturedRes = [][]byte{[]byte("c\r\nd")}
			e.Conn.TLS = &session.TLS{Version: "TLSv1.3", Cipher: "x", SNI: "evil\nname", ALPN: "\x00"}
			return e
		},
	}
}

// Laws checks what every format must do, with each of the configurations: it
// appends one line, without an end, whatever is known and whatever a client
// sent; for many streams at once; and without allocating.
func Laws(t *testing.T, name string, configs ...string) {
	t.Helper()
	if len(configs) == 0 {
		configs = []string{""}
	}
	for _, c := range configs {
		t.Run("config "+c, func(t *testing.T) {
			f := format(t, name, c)
			for what, env := range situations() {
				obeys(t, what, f, env)
			}
		})
	}
}

func obeys(t *testing.T, what string, f logs.Formatter, env func() *expr.Env) {
	t.Helper()
	const before = "before:"
	e := env()
	line := bytes.Clone(f.Append([]byte(before), e))
	if !bytes.HasPrefix(line, []byte(before)) {
		t.Errorf("%s: Append does not keep what dst holds", what)
		return
	}
	if i := bytes.IndexAny(line, "\r\n\x00"); i >= 0 {
		t.Errorf("%s: the line has a line end or NUL in it: %q: a client could forge lines", what, line)
	}
	envs := []*expr.Env{env(), env(), env(), env()}
	var wg sync.WaitGroup
	for _, e := range envs {
		wg.Go(func() {
			if got := f.Append([]byte(before), e); !bytes.Equal(got, line) {
				t.Errorf("%s: two streams at the same time give %q and %q", what, line, got)
			}
		})
	}
	wg.Wait()
	buf := make([]byte, 0, 4096)
	if n := allocs.Of(func() { buf = f.Append(buf[:0], e)[:0]; e.Recycle() }); n > 0 {
		t.Errorf("%s: Append allocates %v times: append to dst", what, n)
	}
}
