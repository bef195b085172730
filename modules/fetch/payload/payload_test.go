package payload

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// clientHello gives the bytes that Go's TLS client sends first.
func clientHello(t testing.TB, c *tls.Config) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	go func() { _ = tls.Client(client, c).Handshake() }() // it fails when the pipe closes
	head := make([]byte, recordHeaderSize)
	if _, err := io.ReadFull(server, head); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, int(head[3])<<8|int(head[4]))
	if _, err := io.ReadFull(server, body); err != nil {
		t.Fatal(err)
	}
	return append(head, body...)
}

// eval evaluates an expression on bytes that were received.
func eval(t testing.TB, text string, input []byte, done bool) (s expr.Sample, ok, more bool) {
	t.Helper()
	x, err := expr.ParseExpr(expr.NewScope(module.Default(), expr.TCPContent), text)
	if err != nil {
		t.Fatal(err)
	}
	e := &expr.Env{Phase: expr.TCPContent, Input: input, InputDone: done}
	ok = x.Eval(e, &s)
	return s, ok, e.NeedMore
}

func TestHello(t *testing.T) {
	b := clientHello(t, &tls.Config{ServerName: "www.example.com", NextProtos: []string{"h2", "http/1.1"}, InsecureSkipVerify: true})
	for _, c := range []struct {
		expr, str string
		num       int64
	}{
		{"req.ssl_hello_type", "", 1}, {"req_ssl_hello_type", "", 1}, {"req.ssl_sni", "www.example.com", 0},
		{"req.ssl_ver", "", 3<<16 | 4}, {"req.ssl_alpn", "h2,http/1.1", 0},
	} {
		s, ok, _ := eval(t, c.expr, b, false)
		if !ok || string(s.Bytes) != c.str || s.Int != c.num {
			t.Errorf("%s: %q %d %v", c.expr, s.Bytes, s.Int, ok)
		}
		// Every shorter piece asks for more, and gives nothing when no more will come.
		for n := range b {
			if _, ok, more := eval(t, c.expr, b[:n], false); ok || !more {
				t.Fatalf("%s with %d of %d bytes: value %v, more %v", c.expr, n, len(b), ok, more)
			}
			if _, ok, more := eval(t, c.expr, b[:n], true); ok || more {
				t.Fatalf("%s with %d of %d bytes at the end: value %v, more %v", c.expr, n, len(b), ok, more)
			}
		}
	}
	old := clientHello(t, &tls.Config{ServerName: "a", MaxVersion: tls.VersionTLS12, InsecureSkipVerify: true})
	if s, _, _ := eval(t, "req.ssl_ver", old, false); s.Int != 3<<16|3 {
		t.Errorf("version of TLS 1.2: %#x", s.Int)
	}
}

func TestNoHello(t *testing.T) {
	for _, in := range []string{"GET / HTTP/1.1\r\n\r\n", "\x16\x02", "\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"} {
		if _, ok, more := eval(t, "req.ssl_sni", []byte(in), false); ok || more {
			t.Errorf("%q: value %v, more %v", in, ok, more)
		}
	}
}

func TestPayload(t *testing.T) {
	in := []byte("\x00\x03abcdef")
	for _, c := range []struct {
		expr     string
		done     bool
		want     string
		ok, more bool
	}{
		{"req.payload(2,3)", false, "abc", true, false},
		{"req.payload(2,9)", false, "", false, true},
		{"req.payload(2,9)", true, "", false, false},
		{"req.payload(2,0)", false, "", false, true},
		{"req.payload(2,0)", true, "abcdef", true, false},
		{"req.payload_lv(0,2)", false, "abc", true, false},
		{"req.payload_lv(0,2,5)", false, "def", true, false},
		{"req.payload_lv(3,1)", false, "", false, true},
		{"req.payload_lv(0,9)", false, "", false, false},
	} {
		s, ok, more := eval(t, c.expr, in, c.done)
		if string(s.Bytes) != c.want || ok != c.ok || more != c.more {
			t.Errorf("%s done %v: %q %v %v", c.expr, c.done, s.Bytes, ok, more)
		}
	}
	if s, ok, _ := eval(t, "req.len", in, false); !ok || s.Int != 8 {
		t.Errorf("req.len: %d", s.Int)
	}
	if _, ok, more := eval(t, "wait_end", in, false); ok || !more {
		t.Error("wait_end holds before the end")
	}
	if s, ok, _ := eval(t, "wait_end", in, true); !ok || s.Int != 1 {
		t.Error("wait_end does not hold at the end")
	}
}

func TestIsHTTP(t *testing.T) {
	for in, want := range map[string]int64{"GET / ": 1, "POST ": 1, "\x16\x03": 0, "get /": 0} {
		if s, ok, _ := eval(t, "req.proto_http", []byte(in), false); !ok || s.Int != want {
			t.Errorf("%q: %d %v", in, s.Int, ok)
		}
	}
	if _, ok, more := eval(t, "req.proto_http", []byte("GE"), false); ok || !more {
		t.Error("two letters tell already")
	}
}

func TestAllocations(t *testing.T) {
	b := clientHello(t, &tls.Config{ServerName: "www.example.com", InsecureSkipVerify: true})
	sc := expr.NewScope(module.Default(), expr.TCPContent)
	x, err := expr.ParseExpr(sc, "req.ssl_sni")
	if err != nil {
		t.Fatal(err)
	}
	e := &expr.Env{Phase: expr.TCPContent, Input: b}
	var s expr.Sample
	if n := testing.AllocsPerRun(100, func() { x.Eval(e, &s) }); n != 0 {
		t.Errorf("req.ssl_sni allocates %v times", n)
	}
}

func FuzzHello(f *testing.F) {
	f.Add(clientHello(f, &tls.Config{ServerName: "www.example.com", NextProtos: []string{"h2"}, InsecureSkipVerify: true}))
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h hello
		st := h.parse(b)
		if st == incomplete && (h.sni != nil || h.alpn != nil) {
			t.Error("an incomplete hello has contents")
		}
		for n := range min(len(b), 64) {
			if part := new(hello).parse(b[:n]); st == complete && part == other {
				t.Errorf("%d of %d bytes of a hello are taken for something else", n, len(b))
			}
		}
	})
}
