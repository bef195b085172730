package http_test

import (
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
	_ "github.com/fairleadproxy/fairlead/modules/converter/hash"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/http"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

const none = fetchtest.None

// run checks cases on a request, in http-request rules.
func run(t *testing.T, request string, cases []fetchtest.Case) {
	t.Helper()
	fetchtest.Run(t, fetchtest.Scope(t, expr.HTTPRequest), fetchtest.Env(t, request, ""), cases)
}

func get(target string, fields ...string) string {
	return fetchtest.Lines(append([]string{"GET " + target + " HTTP/1.1"}, fields...)...)
}

// The expectations are what HAProxy 2.6 gives, where nothing else is said.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		target, host                              string
		path, pathq, query, base, baseq, ip, port string
	}{
		{"/path/to?a=1&b=2", "Www.Example.com:8080", "/path/to", "/path/to?a=1&b=2", "a=1&b=2", "Www.Example.com:8080/path/to", "Www.Example.com:8080/path/to?a=1&b=2", none, none},
		{"/", "a", "/", "/", none, "a/", "a/", none, none},
		{"/?", "a", "/", "/?", "", "a/", "a/?", none, none},
		{"//x//y?a?b", "a", "//x//y", "//x//y?a?b", "a?b", "a//x//y", "a//x//y?a?b", none, none},
		{"/http://b/?c", "a", "/http://b/", "/http://b/?c", "c", "a/http://b/", "a/http://b/?c", none, none},
		{"http://1.2.3.4:8081/p;k=v?x=y", "1.2.3.4:8081", "/p;k=v", "/p;k=v?x=y", "x=y", "1.2.3.4:8081/p;k=v", "1.2.3.4:8081/p;k=v?x=y", "1.2.3.4", "8081"},
		{"http://example.com", "example.com", none, none, none, "example.com", "example.com", none, "80"}, // HAProxy gives no port for a name
		{"*", "example.com", none, none, none, "example.com", "example.com", none, none},
		{"http://[2001:db8::7]/?q", "[2001:db8::7]", "/", "/?q", "q", "[2001:db8::7]/", "[2001:db8::7]/?q", "2001:db8::7", "80"}, // nor an IPv6 address
	} {
		run(t, get(c.target, "Host: "+c.host), []fetchtest.Case{
			{"url", c.target}, {"path", c.path}, {"pathq", c.pathq}, {"query", c.query}, {"base", c.base}, {"baseq", c.baseq}, {"url_ip", c.ip}, {"url_port", c.port},
		})
	}
	run(t, get("/a?b=c", "Host: h"), []fetchtest.Case{{"query(with_qm)", "?b=c"}})
	run(t, get("/a?", "Host: h"), []fetchtest.Case{{"query(with_qm)", ""}})
	run(t, get("/a", "Host: h"), []fetchtest.Case{{"query(with_qm)", none}})
	run(t, fetchtest.Lines("GET / HTTP/1.0"), []fetchtest.Case{{"base", "/"}, {"url", "/"}})
}

// base32 is base,sdbm(1) by the manual, and url32 the same of baseq.
func TestHashes(t *testing.T) {
	sc := fetchtest.Scope(t, expr.HTTPRequest)
	e := fetchtest.Env(t, get("/path/to?a=1", "Host: Www.Example.com:8080"), "")
	fetchtest.Run(t, sc, fetchtest.Env(t, get("http://example.com", "Host: example.com"), ""), []fetchtest.Case{{"base32", "576961343"}, {"url32", "576961343"}}) // as HAProxy
	for short, long := range map[string]string{"base32": "base,sdbm(1)", "url32": "baseq,sdbm(1)"} {
		if a, b := fetchtest.Eval(t, sc, e, short), fetchtest.Eval(t, sc, e, long); a != b {
			t.Errorf("%s is %s, but %s %s", short, a, long, b)
		}
	}
}

func TestStartLine(t *testing.T) {
	run(t, fetchtest.Lines("OPTIONS /x HTTP/1.1", "Host: a"), []fetchtest.Case{{"method", "OPTIONS"}, {"req.ver", "1.1"}, {"req_ver", "1.1"}, {"http_first_req", "1"}, {"unique-id", none}})
	run(t, fetchtest.Lines("GET /x HTTP/1.0"), []fetchtest.Case{{"req.ver", "1.0"}})
	e := fetchtest.Env(t, get("/", "Host: a"), "")
	e.Conn.Requests, e.Stream.UniqueID = 2, "7F000001:1"
	sc := fetchtest.Scope(t, expr.HTTPRequest)
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"http_first_req", "0"}, {"unique-id", "7F000001:1"}})
	fetchtest.Hold(t, sc, e, true, "METH_GET", "{ method POST GET }", "HTTP_1.1", "HTTP_URL_SLASH", "!HTTP_URL_STAR", "!HTTP_CONTENT", "{ path_beg / }", "{ hdr(host) a }")
}

func TestParameters(t *testing.T) {
	run(t, get("/path/to?novalue&a=1&b=2;c=3&A=x&a=9&empty=&n=12x", "Host: a"), []fetchtest.Case{
		{"url_param(a)", "1"}, {"urlp(a)", "1"}, {"urlp(c)", "3"}, {"urlp(A)", "x"}, {"urlp(A,,i)", "1"}, {"urlp(C,?,i)", "3"}, {"urlp(B)", none},
		{"url_param", "1"}, {"urlp(empty)", ""}, {"urlp(novalue)", none}, {"urlp(nope)", none},
		{"urlp_val(a)", "1"}, {"urlp_val(n)", "12"}, {"urlp_val(empty)", "0"}, {"urlp_val(A)", "0"}, {"urlp_val(nope)", none},
	})
	run(t, get("/index;jsessionid=12;x=y?z=1", "Host: a"), []fetchtest.Case{
		{"urlp(jsessionid,;)", "12"}, {"urlp(x,;)", "y?z=1"}, {"urlp(,;)", "12"}, {"urlp(z)", "1"}, {"urlp(z,;)", none}, {"urlp(jsessionid)", none},
	})
	run(t, get("/p?a=1?b=2&c", "Host: a"), []fetchtest.Case{{"urlp(a)", "1"}, {"urlp(b)", "2"}, {"urlp(c)", none}})
	run(t, get("/p", "Host: a"), []fetchtest.Case{{"urlp", none}, {"urlp_val", none}})

	sc := fetchtest.Scope(t, expr.HTTPRequest)
	e := fetchtest.Env(t, get("/p?a=1&b=2&a=3", "Host: a"), "")
	fetchtest.Hold(t, sc, e, true, "{ urlp(a) 3 }", "{ urlp 2 }", "{ urlp_val(a) gt 2 }", "{ urlp(b) -m found }")
	fetchtest.Hold(t, sc, e, false, "{ urlp(a) 2 }", "{ urlp_val(a) gt 3 }", "{ urlp(c) -m found }")
}

func TestBody(t *testing.T) {
	run(t, fetchtest.Lines("POST /b HTTP/1.1", "Host: a", "Content-Length: 24")+"a=b;c=d&x=y?e=2&C=4&e=%2", []fetchtest.Case{
		{"req.body", "a=b;c=d&x=y?e=2&C=4&e=%2"}, {"req.body_len", "24"}, {"req.body_size", "24"},
		{"req.body_param(a)", "b"}, {"req.body_param(c)", "d"}, {"req.body_param(C)", "4"}, {"req.body_param(C,i)", "d"}, {"req.body_param", "b"}, {"req.body_param(x)", "y?e=2"},
		{"req.body_param(e)", "%2"}, {"req.body_param(nope)", none},
	})
	run(t, fetchtest.Lines("POST /b HTTP/1.1", "Host: a", "Content-Length: 24")+"a=b", []fetchtest.Case{{"req.body_len", "3"}, {"req.body_size", "24"}})
	run(t, fetchtest.Lines("POST /b HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")+"a=b&c=d", []fetchtest.Case{{"req.body_size", "7"}, {"req.body_param(c)", "d"}})
	run(t, get("/", "Host: a"), []fetchtest.Case{{"req.body", ""}, {"req.body_len", "0"}, {"req.body_size", "0"}, {"req.body_param", none}})
	if _, err := expr.ParseExpr(fetchtest.Scope(t, expr.HTTPResponse), "req.body"); err == nil {
		t.Error("req.body is accepted in responses")
	}
}

func TestCaptures(t *testing.T) {
	e := fetchtest.Env(t, get("http://a/b?c", "Host: a"), fetchtest.Lines("HTTP/1.0 200 OK"))
	sc := fetchtest.Scope(t, expr.HTTPResponse)
	fromRequest := []fetchtest.Case{{"capture.req.method", "GET"}, {"capture.req.uri", "/b?c"}, {"capture.req.ver", "HTTP/1.1"}, {"capture.res.ver", "HTTP/1.0"}}
	fetchtest.Run(t, sc, e, fromRequest)
	e.Stream.RequestLine = []byte("PUT /kept?x HTTP/1.0")
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"capture.req.method", "PUT"}, {"capture.req.uri", "/kept?x"}, {"capture.req.ver", "HTTP/1.0"},
		{"capture.req.hdr(0)", none}, {"capture.res.hdr(0)", none},
	})
	e.Req, e.Res = nil, nil // as in logs
	e.Stream.CapturedReq, e.Stream.CapturedRes = [][]byte{[]byte("one"), nil, []byte("three")}, [][]byte{[]byte("r")}
	fetchtest.Run(t, sc.In(expr.Log), e, []fetchtest.Case{
		{"capture.req.uri", "/kept?x"}, {"capture.req.hdr(0)", "one"}, {"capture.req.hdr(1)", none}, {"capture.req.hdr(2)", "three"}, {"capture.req.hdr(3)", none},
		{"capture.req.hdr(-1)", none}, {"capture.res.hdr(0)", "r"}, {"capture.res.ver", none},
	})
	e.Stream.RequestLine = []byte("garbage")
	fetchtest.Run(t, sc.In(expr.Log), e, []fetchtest.Case{{"capture.req.method", none}, {"capture.req.uri", none}, {"capture.req.ver", none}})
	e.Stream.RequestLine = []byte("OPTIONS * HTTP/1.1")
	fetchtest.Run(t, sc.In(expr.Log), e, []fetchtest.Case{{"capture.req.method", "OPTIONS"}, {"capture.req.uri", none}})
}

func TestArgumentsThatAreRefused(t *testing.T) {
	sc := fetchtest.Scope(t, expr.HTTPRequest)
	for text, part := range map[string]string{
		"query(x)": "with_qm", "urlp(a,??)": "one character", "urlp(a,,x)": "ignore case", "req.body_param(a,x)": "ignore case", "req.hdr(a,b)": "integer", "req.hdr(a,1,2)": "2 arguments",
		"capture.req.hdr": "lacks", "http_auth": "lacks", "status": "http-response", "res.hdr(a)": "cannot be used", "path(1)": "no arguments",
	} {
		if _, err := expr.ParseExpr(sc, text); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want something about %q", text, err, part)
		}
	}
	if _, err := expr.ParseExpr(sc.In(expr.TCPConnection), "path"); err == nil {
		t.Error("path is accepted before there is a request")
	}
}
