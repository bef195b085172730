package payload

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

// outcome is what a fetch gives on bytes received so far: its value, or
// fetchtest.None, or more when it waits.
func outcome(t testing.TB, p expr.Phase, text string, input []byte, done bool) string {
	t.Helper()
	e := &expr.Env{Phase: p, Input: input, InputDone: done}
	got := fetchtest.Eval(t, fetchtest.Scope(t, p), e, text)
	if !e.NeedMore {
		return got
	}
	if got != fetchtest.None {
		t.Errorf("%s gives %q and wants more", text, got)
	}
	return more
}

const (
	none = fetchtest.None
	more = "<more>"
)

func TestPayload(t *testing.T) {
	in := []byte("\x00\x03abcdef")
	for _, c := range []struct{ expr, before, after string }{
		{"req.len", "8", "8"}, {"req_len", "8", "8"},
		{"req.payload(2,3)", "abc", "abc"}, {"payload(2,3)", "abc", "abc"}, {"req.payload(2,9)", more, none}, {"req.payload(9,1)", more, none},
		{"req.payload(2,0)", more, "abcdef"}, {"req.payload(8,0)", more, ""},
		{"req.payload_lv(0,2)", "abc", "abc"}, {"payload_lv(0,2)", "abc", "abc"}, {"req.payload_lv(0,2,5)", "def", "def"}, {"req.payload_lv(0,2,+3)", "def", "def"},
		{"req.payload_lv(1,1,-1)", "\x03ab", "\x03ab"}, {"req.payload_lv(1,1,-9)", none, none}, {"req.payload_lv(0,1)", none, none}, {"req.payload_lv(3,1)", more, none},
		{"req.payload_lv(0,8)", none, none}, {"req.payload_lv(7,2)", more, none},
		{"wait_end", more, "1"},
	} {
		if got := outcome(t, expr.TCPContent, c.expr, in, false); got != c.before {
			t.Errorf("%s gives %q, want %q", c.expr, got, c.before)
		}
		if got := outcome(t, expr.TCPContent, c.expr, in, true); got != c.after {
			t.Errorf("%s gives %q at the end, want %q", c.expr, got, c.after)
		}
	}
}

func TestLengthWaitsForTheFirstByte(t *testing.T) {
	if got := outcome(t, expr.TCPContent, "req.len", nil, false); got != more {
		t.Errorf("nothing received gives %q", got)
	}
	if got := outcome(t, expr.TCPContent, "req.len", nil, true); got != "0" {
		t.Errorf("nothing received at the end gives %q", got)
	}
}

func TestServersBytes(t *testing.T) {
	for _, c := range []struct{ expr, input, want string }{
		{"res.len", "abc", "3"}, {"res.payload(1,2)", "abc", "bc"}, {"res.payload_lv(0,1)", "\x02abc", "ab"}, {"payload(0,1)", "abc", "a"},
		{"res.ssl_hello_type", "\x16\x03\x03\x00\x05\x02\x00", "2"}, {"rep_ssl_hello_type", "\x16\x03\x03\x00\x05\x02", "2"},
		{"res.ssl_hello_type", "\x16\x03\x03\x00\x05", more}, {"res.ssl_hello_type", "\x16\x03\x03\x00\x05\x01", none}, {"res.ssl_hello_type", "H", none},
	} {
		if got := outcome(t, expr.TCPResponse, c.expr, []byte(c.input), false); got != c.want {
			t.Errorf("%s on %q gives %q, want %q", c.expr, c.input, got, c.want)
		}
	}
}

func TestHTTPRulesWaitForNothing(t *testing.T) {
	for p := range expr.Log + 1 {
		if p == expr.TCPContent || p == expr.TCPResponse {
			continue
		}
		if got := outcome(t, p, "wait_end", nil, false); got != "1" {
			t.Errorf("wait_end in %v gives %q", p, got)
		}
	}
	e := fetchtest.Env(t, fetchtest.Lines("GET / HTTP/1.1", "Host: a"), "")
	e.Phase = expr.TCPContent
	fetchtest.Run(t, fetchtest.Scope(t, e.Phase), e, []fetchtest.Case{{"wait_end", "1"}, {"req.len", "0"}, {"req.payload(0,1)", none}, {"req.ssl_sni", none}})
	if e.NeedMore {
		t.Error("more is wanted after the request")
	}
}

func TestArgumentsThatAreRefused(t *testing.T) {
	sc := fetchtest.Scope(t, expr.TCPContent)
	for _, text := range []string{"req.payload", "req.payload(1)", "req.payload(-1,2)", "req.payload(1,-2)", "req.payload_lv(0,0)", "req.payload_lv(0,9)", "req.payload_lv(-1,1)",
		"req.payload_lv(0,2,x)", "req.payload_lv(0,2,99999999999)", "req.len(1)", "res.len", "res.payload(0,1)"} {
		if _, err := expr.ParseExpr(sc, text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
	if _, err := expr.ParseExpr(sc.In(expr.Log), "req.len"); err == nil {
		t.Error("req.len is accepted in a log")
	}
}

// The expectations are what HAProxy 2.6 gives.
func TestRDP(t *testing.T) {
	head := "\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00"
	whole := head + "Cookie: mstshash=User1\r\n\x01\x00\x08\x00"
	for _, c := range []struct{ expr, input, want string }{
		{"req.rdp_cookie", whole, "User1"}, {"req.rdp_cookie(mstshash)", whole, "User1"}, {"rdp_cookie(MSTSHASH)", whole, "User1"}, {"req.rdp_cookie(msts)", whole, none},
		{"req.rdp_cookie_cnt", whole, "1"}, {"rdp_cookie_cnt(foo)", whole, "0"},
		{"req.rdp_cookie(msts)", head + "cookie:msts=3640205228.15629.0000\r\n", "3640205228.15629.0000"},
		{"req.rdp_cookie", head + "Cookie: mstshash\r\n", none}, {"req.rdp_cookie", head + "Kookie: a=b\r\n", none}, {"req.rdp_cookie_cnt", "GET / HTTP/1.1\r\n", "0"},
		{"req.rdp_cookie", head + "Cook\r", none},
	} {
		if got := outcome(t, expr.TCPContent, c.expr, []byte(c.input), false); got != c.want {
			t.Errorf("%s on %q gives %q, want %q", c.expr, c.input, got, c.want)
		}
	}
	for n := range len(head) + len("Cookie: mstshash=User1") {
		if got := outcome(t, expr.TCPContent, "req.rdp_cookie", []byte(whole[:n]), false); got != more {
			t.Fatalf("%d bytes give %q", n, got)
		}
		if got := outcome(t, expr.TCPContent, "req.rdp_cookie_cnt", []byte(whole[:n]), true); got != "0" {
			t.Fatalf("%d bytes at the end give %q", n, got)
		}
	}
	e := &expr.Env{Phase: expr.TCPContent, Input: []byte(whole)}
	fetchtest.Hold(t, fetchtest.Scope(t, e.Phase), e, true, "RDP_COOKIE", "REQ_CONTENT", "{ rdp_cookie(mstshash) -m beg User }")
}

func TestNoPanics(t *testing.T) {
	two := "(0,1)"
	if n := fetchtest.Bare(t, map[string]string{"req.payload": two, "res.payload": two, "payload": two, "req.payload_lv": two, "res.payload_lv": two, "payload_lv": two}); n < 100 {
		t.Errorf("only %d evaluations", n)
	}
}

func TestAllocations(t *testing.T) {
	e := &expr.Env{Phase: expr.TCPContent, Input: []byte("\x00\x03abcdef")}
	sc := fetchtest.Scope(t, e.Phase)
	fetchtest.NoAllocations(t, sc, e, "req.len", "req.payload(1,2)", "req.payload_lv(0,2)", "wait_end")
	e.Input = []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	fetchtest.NoAllocations(t, sc, e, "req.rdp_cookie", "req.ssl_sni")
	e.Input = clientHello(t, tls13)
	fetchtest.NoAllocations(t, sc, e, "req.ssl_sni", "req.ssl_alpn", "req.ssl_ver", "req.ssl_keyshare_groups", "req.ssl_cipherlist")
}

func FuzzPayload(f *testing.F) {
	f.Add([]byte("\x00\x03abcdef"), int64(0), int64(2))
	f.Fuzz(func(t *testing.T, b []byte, off, size int64) {
		e := &expr.Env{Phase: expr.TCPContent, Input: b, InputDone: true}
		var s expr.Sample
		a := &expr.Args{N: 2, V: []expr.ArgValue{{Given: true, Int: off}, {Given: true, Int: size}, {}}}
		if bindLV(nil, a) == nil {
			payloadLV(e, a, &s)
		}
		if bindBlock(nil, a) == nil {
			payload(e, a, &s)
		}
		if name, value, st := parseRDP(b); st != complete && (name != nil || value != nil) {
			t.Error("a packet that is none has a cookie")
		}
	})
}
