package payload

import (
	"crypto/tls"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
)

var (
	tls13 = &tls.Config{ServerName: "www.example.com", NextProtos: []string{"h2", "http/1.1"}, CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256}}
	tls12 = &tls.Config{ServerName: "a", MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	bare  = &tls.Config{InsecureSkipVerify: true, SessionTicketsDisabled: true}
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

func TestHello(t *testing.T) {
	b := clientHello(t, tls13)
	for _, c := range []struct{ expr, want string }{
		{"req.ssl_hello_type", "1"}, {"req_ssl_hello_type", "1"}, {"req.ssl_sni", "www.example.com"}, {"req_ssl_sni", "www.example.com"},
		{"req.ssl_ver", "196611"}, {"req.ssl_alpn", "h2"}, {"req.ssl_ec_ext", "1"}, {"req.ssl_keyshare_groups,hex", "001D"}, {"req.ssl_supported_groups,hex", "001D0017"},
	} {
		if got := outcome(t, expr.TCPContent, c.expr, b, false); got != c.want {
			t.Errorf("%s: %q, want %q", c.expr, got, c.want)
		}
		// Every shorter piece asks for more, and gives nothing when no more will come.
		for n := range b {
			if got := outcome(t, expr.TCPContent, c.expr, b[:n], false); got != more {
				t.Fatalf("%s with %d of %d bytes: %q", c.expr, n, len(b), got)
			}
			if got := outcome(t, expr.TCPContent, c.expr, b[:n], true); got != none {
				t.Fatalf("%s with %d of %d bytes at the end: %q", c.expr, n, len(b), got)
			}
		}
	}
	e := &expr.Env{Phase: expr.TCPContent, Input: b}
	fetchtest.Hold(t, fetchtest.Scope(t, e.Phase), e, true, "{ req.ssl_alpn http/1.1 }", "{ req.ssl_alpn h2 }", "{ req.ssl_sni -m end example.com }")
	fetchtest.Hold(t, fetchtest.Scope(t, e.Phase), e, false, "{ req.ssl_alpn h3 }")
}

func TestHelloOfOthers(t *testing.T) {
	old := clientHello(t, tls12)
	for _, c := range []struct{ expr, want string }{
		{"req.ssl_ver", "196611"}, {"req.ssl_alpn", none}, {"req.ssl_keyshare_groups", none}, {"req.ssl_sni", "a"}, {"req.ssl_st_ext", "1"},
	} {
		if got := outcome(t, expr.TCPContent, c.expr, old, false); got != c.want {
			t.Errorf("%s: %q, want %q", c.expr, got, c.want)
		}
	}
	if got := outcome(t, expr.TCPContent, "req.ssl_cipherlist,hex", old, false); !strings.HasPrefix(got, "C02F") {
		t.Errorf("cipher suites %s", got)
	}
	if got := outcome(t, expr.TCPContent, "req.ssl_sigalgs,hex", old, false); len(got)%4 != 0 || !strings.Contains(got, "0804") {
		t.Errorf("signature algorithms %s", got)
	}
	nameless := clientHello(t, bare)
	for _, c := range []struct{ expr, want string }{{"req.ssl_sni", none}, {"req.ssl_st_ext", "0"}, {"req.ssl_hello_type", "1"}} {
		if got := outcome(t, expr.TCPContent, c.expr, nameless, false); got != c.want {
			t.Errorf("%s: %q, want %q", c.expr, got, c.want)
		}
	}
}

func TestHelloExtensions(t *testing.T) {
	// A hello of TLS 1.0 with no cipher suites, whose extensions are the argument.
	crafted := func(extensions string) []byte {
		ext, err := hex.DecodeString(extensions)
		if err != nil {
			t.Fatal(err)
		}
		body := "\x03\x01" + strings.Repeat("r", 32) + "\x00" + "\x00\x00" + "\x00" + string([]byte{byte(len(ext) >> 8), byte(len(ext))}) + string(ext)
		msg := "\x01\x00" + string([]byte{byte(len(body) >> 8), byte(len(body))}) + body
		return []byte("\x16\x03\x01" + string([]byte{byte(len(msg) >> 8), byte(len(msg))}) + msg)
	}
	for _, c := range []struct{ extensions, expr, want string }{
		{"", "req.ssl_ver", "196609"}, {"", "req.ssl_ec_ext", "0"}, {"", "req.ssl_supported_groups", none}, {"", "req.ssl_cipherlist", ""},
		{"00230000", "req.ssl_st_ext", "1"}, {"00230001ff", "req.ssl_st_ext", "2"},
		{"000a00040002001d", "req.ssl_ec_ext", "1"}, {"000d000400020804", "req.ssl_sigalgs,hex", "0804"},
		{"00000006" + "0004" + "000001" + "61", "req.ssl_sni", "a"}, {"00000006" + "0004" + "010001" + "61", "req.ssl_sni", none}, // of another kind of name
		{"00000006" + "0004" + "000009" + "61", "req.ssl_sni", none}, // longer than what is there
		{"00100005" + "0003" + "02" + "6832", "req.ssl_alpn", "h2"}, {"00100005" + "0003" + "09" + "6832", "req.ssl_alpn", none},
		{"00330008" + "0006" + "001d" + "0002" + "aabb", "req.ssl_keyshare_groups,hex", "001D"}, {"00330008" + "0006" + "001d" + "0009" + "aabb", "req.ssl_keyshare_groups,hex", none},
		{"0000", "req.ssl_hello_type", none}, {"00000009ff", "req.ssl_hello_type", none},
	} {
		if got := outcome(t, expr.TCPContent, c.expr, crafted(c.extensions), false); got != c.want {
			t.Errorf("%s with %q: %q, want %q", c.expr, c.extensions, got, c.want)
		}
	}
}

func TestNoHello(t *testing.T) {
	for _, in := range []string{"GET / HTTP/1.1\r\n\r\n", "\x16\x02", "\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "\x16\x03\x01\x00\x00"} {
		if got := outcome(t, expr.TCPContent, "req.ssl_sni", []byte(in), false); got != none {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzHello(f *testing.F) {
	for _, c := range []*tls.Config{tls13, tls12, bare} {
		f.Add(clientHello(f, c))
	}
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
		for _, get := range []func(*expr.Env, *expr.Args, *expr.Sample) bool{alpn, keyShares, serverHello} {
			e := &expr.Env{Phase: expr.TCPContent, Input: b, InputDone: true}
			var s expr.Sample
			for last := -1; get(e, nil, &s) && s.Next > last; {
				last = s.Next
			}
			if e.NeedMore {
				t.Error("more is wanted after the end")
			}
		}
	})
}
