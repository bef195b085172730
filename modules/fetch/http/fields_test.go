package http_test

import (
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
)

var fields = get("/", "Host: Www.Example.com:8080",
	"X-Forwarded-For: 10.0.0.1, 10.0.0.2 ,2001:db8::1, nonsense", "X-Forwarded-For: 192.168.0.7",
	"X-Num: 12, 34abc, abc", `X-Quote: "a,b",c , "d\",e", f`, "X-Empty:", "X-Emptyish: ,,a,, b,", "User-Agent: Foo (a, b)",
	"X-Port: 10.1.2.3:8080", "X-B6: [2001:db8::2]", "X-Zone: fe80::1%eth0", "X-Bad: 10.1.2.3:99999, 10.1.2.3:, 10.1.2.3:+5, :80, 1.2.3.4")

// The expectations are what HAProxy 2.6 gives, but for integers out of text that
// is none, where it gives nonsense.
func TestFields(t *testing.T) {
	run(t, fields, []fetchtest.Case{
		{"req.hdr(host)", "Www.Example.com:8080"}, {"hdr(HOST)", "Www.Example.com:8080"}, {"req.hdr(nope)", none}, {"req.fhdr(nope)", none},
		{"req.hdr(x-forwarded-for)", "192.168.0.7"}, {"req.hdr(x-forwarded-for,0)", "192.168.0.7"}, {"req.hdr(x-forwarded-for,1)", "10.0.0.1"},
		{"req.hdr(x-forwarded-for,2)", "10.0.0.2"}, {"req.hdr(x-forwarded-for,5)", "192.168.0.7"}, {"req.hdr(x-forwarded-for,6)", none},
		{"req.hdr(x-forwarded-for,-1)", "192.168.0.7"}, {"req.hdr(x-forwarded-for,-2)", "nonsense"}, {"req.hdr(x-forwarded-for,-5)", "10.0.0.1"}, {"req.hdr(x-forwarded-for,-6)", none},
		{"req.hdr(x-forwarded-for,-9223372036854775808)", none}, {"req.hdr(x-forwarded-for,9223372036854775807)", none},
		{"req.fhdr(x-forwarded-for)", "192.168.0.7"}, {"req.fhdr(x-forwarded-for,1)", "10.0.0.1, 10.0.0.2 ,2001:db8::1, nonsense"}, {"req.fhdr(x-forwarded-for,-2)", "10.0.0.1, 10.0.0.2 ,2001:db8::1, nonsense"},
		{"req.hdr_cnt(x-forwarded-for)", "5"}, {"hdr_cnt(x-forwarded-for)", "5"}, {"req.fhdr_cnt(x-forwarded-for)", "2"}, {"req.hdr_cnt(nope)", "0"}, {"req.fhdr_cnt(nope)", "0"},
		{"req.hdr_ip(x-forwarded-for)", "192.168.0.7"}, {"hdr_ip(x-forwarded-for,-3)", "2001:db8::1"}, {"req.hdr_ip(x-forwarded-for,-2)", none},
		{"req.hdr(x-quote,1)", `"a,b"`}, {"req.hdr(x-quote,2)", "c"}, {"req.hdr(x-quote,3)", `"d\",e"`}, {"req.hdr(x-quote,4)", "f"}, {"req.hdr_cnt(x-quote)", "4"},
		{"req.hdr(x-empty)", ""}, {"req.fhdr(x-empty)", ""}, {"req.hdr_cnt(x-empty)", "1"}, {"req.hdr_val(x-empty)", "0"},
		{"req.hdr_cnt(x-emptyish)", "6"}, {"req.hdr(x-emptyish,1)", ""}, {"req.hdr(x-emptyish,3)", "a"}, {"req.hdr(x-emptyish,5)", "b"}, {"req.hdr(x-emptyish)", ""},
		{"req.hdr(user-agent)", "b)"}, {"req.fhdr(user-agent)", "Foo (a, b)"},
		{"req.hdr_val(x-num,1)", "12"}, {"hdr_val(x-num,2)", "34"}, {"req.hdr_val(x-num,3)", "0"}, {"req.hdr_val(nope)", none},
		{"req.hdr_ip(x-port)", "10.1.2.3"}, {"req.hdr_ip(x-b6)", none}, {"req.hdr_ip(x-zone)", none}, {"req.hdr_ip(x-empty)", none},
		{"req.hdr_ip(x-bad,1)", none}, {"req.hdr_ip(x-bad,2)", none}, {"req.hdr_ip(x-bad,3)", none}, {"req.hdr_ip(x-bad,4)", none}, {"req.hdr_ip(x-bad)", "1.2.3.4"},
		{"req.fhdr_cnt", "12"}, {"req.hdr_cnt", "30"}, {"req.hdr", "1.2.3.4"},
	})
	sc := fetchtest.Scope(t, expr.HTTPRequest)
	e := fetchtest.Env(t, fields, "")
	fetchtest.Hold(t, sc, e, true, "{ req.hdr(x-forwarded-for) 10.0.0.2 }", "{ req.hdr_ip(x-forwarded-for) 10.0.0.0/30 }", "{ hdr_val(x-num) 34 }", "{ hdr_sub(user-agent) oo }",
		"{ req.hdr(x-empty) -m found }", "{ req.hdr(x-forwarded-for,2) 10.0.0.2 }", "{ req.hdr_cnt(x-num) 3 }")
	fetchtest.Hold(t, sc, e, false, "{ req.hdr(x-forwarded-for) 10.0.0.3 }", "{ req.hdr(x-forwarded-for,1) 10.0.0.2 }", "{ req.hdr(nope) -m found }", "{ req.fhdr(x-forwarded-for) 10.0.0.2 }")
}

func TestFieldsAfterEdits(t *testing.T) {
	e := fetchtest.Env(t, get("/", "Host: a", "X-A: 1", "X-B: 2", "X-A: 3"), "")
	e.Req.DelAt(e.Req.Find("x-a", 0))
	e.Req.AddHeaderString("X-A", "4, 5")
	fetchtest.Run(t, fetchtest.Scope(t, expr.HTTPRequest), e, []fetchtest.Case{
		{"req.hdr(x-a,1)", "3"}, {"req.hdr(x-a)", "5"}, {"req.hdr_cnt(x-a)", "3"}, {"req.fhdr_cnt", "4"}, {"req.hdr_names", "host,x-b,x-a,x-a"},
		{"req.hdrs", "host: a\r\nx-b: 2\r\nx-a: 3\r\nx-a: 4, 5\r\n\r\n"},
	})
}

func TestLists(t *testing.T) {
	run(t, get("/", "Host: a", "X-Long: "+strings.Repeat("v", 240), "X-Longer: "+strings.Repeat("w", 2500), "Cookie: b=1; c=2; nameless; b=3"), []fetchtest.Case{
		{"req.hdr_names", "host,x-long,x-longer,cookie"}, {"req.hdr_names(;)", "host;x-long;x-longer;cookie"}, {"req.hdr_names(-+)", "host-x-long-x-longer-cookie"},
		{"req.cook_names", "b,c,b"}, {"req.cook_names(;)", "b;c;b"},
		{"req.hdrs_bin", "\x04host\x01a" + "\x06x-long\xf0\x00" + strings.Repeat("v", 240) + "\x08x-longer\xf4\x8d\x00" + strings.Repeat("w", 2500) + "\x06cookie\x17b=1; c=2; nameless; b=3\x00\x00"},
	})
	run(t, fetchtest.Lines("GET / HTTP/1.0"), []fetchtest.Case{{"req.hdr_names", ""}, {"req.hdrs", "\r\n"}, {"req.hdrs_bin,hex", "0000"}, {"req.cook_names", ""}, {"req.fhdr_cnt", "0"}})
}

// The expectations are what HAProxy 2.6 gives.
func TestCookies(t *testing.T) {
	request := get("/", "Host: a", `Cookie: a=1; b = two ;c="quo;ted"; a=3; d; e=; A=9, x=y; f="g"`, "Cookie: a=4;z=26")
	run(t, request, []fetchtest.Case{
		{"req.cook(a)", "4"}, {"cook(a)", "4"}, {"req.cook(A)", "9"}, {"req.cook(b)", "two"}, {"req.cook(c)", `"quo;ted"`}, {"req.cook(d)", none}, {"req.cook(e)", ""},
		{"req.cook(f)", `"g"`}, {"req.cook(x)", "y"}, {"req.cook(z)", "26"}, {"req.cook", "1"}, {"cookie", "1"}, {"cookie(z)", "26"},
		{"req.cook_cnt(a)", "3"}, {"cook_cnt(A)", "1"}, {"req.cook_cnt(d)", "0"}, {"req.cook_cnt", "10"},
		{"req.cook_val(a)", "4"}, {"cook_val(z)", "26"}, {"req.cook_val(b)", "0"}, {"req.cook_val(e)", "0"}, {"req.cook_val(d)", none},
	})
	run(t, get("/", "Host: a", "Cookie: =x; ;; a", `Cookie: a="x y`), []fetchtest.Case{{"req.cook(a)", `"x y`}, {"req.cook_cnt(a)", "1"}})
	run(t, get("/", "Host: a", "Cookie: "), []fetchtest.Case{{"req.cook", none}, {"req.cook_cnt", "0"}})
	sc := fetchtest.Scope(t, expr.HTTPRequest)
	e := fetchtest.Env(t, request, "")
	fetchtest.Hold(t, sc, e, true, "{ req.cook(a) 1 }", "{ cook(a) 3 }", "{ cook_val(a) gt 3 }", "{ cook(e) -m found }")
	fetchtest.Hold(t, sc, e, false, "{ req.cook(a) 26 }", "{ cook(d) -m found }")
}

// The expectations are what HAProxy 2.6 gives, but that an empty cookie is one in
// responses too.
func TestResponses(t *testing.T) {
	e := fetchtest.Env(t, get("/x?y", "Host: h", "Cookie: a=req", "Server: inreq"), fetchtest.Lines("HTTP/1.1 404 Nope", "Server: s/1, b", `X-L: 1,2, "3,4"`, "X-l: 10.0.0.1",
		"Set-Cookie: a=1; Path=/; Secure", "Set-Cookie: a=2, b=3; f=9", `set-cookie: c = "q;x" ; z`, "Set-Cookie: d", "Set-Cookie: e=", "Content-Length: 5"))
	e.Phase = expr.HTTPResponse
	sc := fetchtest.Scope(t, expr.HTTPResponse)
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"status", "404"}, {"txn.status", "404"}, {"res.ver", "1.1"}, {"resp_ver", "1.1"}, {"resp.ver", "1.1"}, {"res.body_size", "5"},
		{"res.hdr(server)", "b"}, {"shdr(server,1)", "s/1"}, {"res.fhdr(server)", "s/1, b"}, {"hdr(server)", "b"}, {"req.hdr(server)", "inreq"},
		{"res.hdr_cnt(x-l)", "4"}, {"shdr_cnt(x-l)", "4"}, {"res.fhdr_cnt(x-l)", "2"}, {"res.hdr(x-l,3)", `"3,4"`}, {"res.hdr_val(x-l,2)", "2"}, {"shdr_val(x-l,1)", "1"}, {"res.hdr_ip(x-l)", "10.0.0.1"}, {"shdr_ip(x-l)", "10.0.0.1"},
		{"res.hdr_names", "server,x-l,x-l,set-cookie,set-cookie,set-cookie,set-cookie,set-cookie,content-length"},
		{"res.cook(a)", "2"}, {"scook(a)", "2"}, {"res.cook(b)", "3"}, {"res.cook(c)", `"q;x"`}, {"res.cook(d)", none}, {"res.cook(e)", ""}, {"res.cook(f)", none}, {"res.cook(Path)", none},
		{"res.cook", "1"}, {"res.cook_cnt(a)", "2"}, {"scook_cnt(nope)", "0"}, {"res.cook_val(b)", "3"}, {"scook_val(a)", "2"}, {"res.cook_names", "a,a,b,c,e"},
		{"cookie(a)", "2"}, {"cook(a)", "req"}, {"set-cookie(a)", "2"}, {"path", "/x"}, {"method", "GET"}, {"http_first_req", "1"},
	})
	fetchtest.Hold(t, sc, e, true, "{ status 400:499 }", "{ res.cook(a) 1 }", "{ res.hdr(server) s/1 }", "{ res.hdr(x-l) -m found }")
	if got := fetchtest.Eval(t, sc, e, "res.hdrs"); !strings.HasPrefix(got, "server: s/1, b\r\nx-l: 1,2") || !strings.HasSuffix(got, "content-length: 5\r\n\r\n") {
		t.Errorf("res.hdrs gives %q", got)
	}
	if got := fetchtest.Eval(t, sc, e, "res.hdrs_bin"); !strings.HasPrefix(got, "\x06server\x06s/1, b\x03x-l") || !strings.HasSuffix(got, "\x015\x00\x00") {
		t.Errorf("res.hdrs_bin gives %q", got)
	}
}

func TestStatusInLogs(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	e.Phase = expr.Log
	sc := fetchtest.Scope(t, expr.Log)
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"status", none}, {"txn.status", none}, {"res.hdr(a)", none}, {"path", none}})
	e.Stream.Status = 503
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"status", "503"}, {"txn.status", "503"}})
	e = fetchtest.Env(t, "", fetchtest.Lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"))
	e.Phase, e.Stream.Status = expr.Log, 502 // the response was refused
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"status", "200"}, {"txn.status", "502"}, {"res.body_size", none}})
}
