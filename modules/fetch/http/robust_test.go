package http_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	"github.com/fairleadproxy/fairlead/core/session"
)

var arguments = map[string]string{"http_auth": "(list)", "http_auth_group": "(list)", "capture.req.hdr": "(0)", "capture.res.hdr": "(0)"}

func TestNoPanicsOnLittle(t *testing.T) {
	if n := fetchtest.Bare(t, arguments); n < 1000 {
		t.Errorf("only %d evaluations", n)
	}
}

func TestAllocations(t *testing.T) {
	e := fetchtest.Env(t, get("/path?a=1&b=2", "Host: Www.Example.com", "X-Forwarded-For: 10.0.0.1, 10.0.0.2", "Cookie: a=1; b=2", "Authorization: "+basic("in:pa:ss")),
		fetchtest.Lines("HTTP/1.1 200 OK", "Set-Cookie: a=1"))
	e.Stream.RequestLine = []byte("GET / HTTP/1.1")
	sc := authScope(t).In(expr.HTTPResponse)
	fetchtest.NoAllocations(t, sc, e, "method", "path", "pathq", "url", "query", "base", "base32", "url32", "req.ver", "req.hdr(host)", "req.hdr(x-forwarded-for,-1)", "req.fhdr(host)",
		"req.hdr_ip(x-forwarded-for,1)", "req.hdr_cnt(x-forwarded-for)", "req.cook(b)", "url_param(b)", "urlp_val(b)", "req.hdr_names", "req.hdrs", "req.hdrs_bin", "http_auth(list)",
		"http_auth_user", "http_auth_type", "res.cook(a)", "status", "capture.req.uri", "http_first_req")
}

// FuzzFetches evaluates every fetch on any request and response.
func FuzzFetches(f *testing.F) {
	f.Add(fields, fetchtest.Lines("HTTP/1.1 200 OK", "Set-Cookie: a=1, b=2; c"))
	f.Add(get("http://[::1]:80/a;b=c?d=e", "Host: [::1]:80", `Cookie: a="b; c=d`, "Authorization: "+basic("a:b")), fetchtest.Lines("HTTP/1.0 404 x"))
	f.Add(get("*", "Host: a"), "")
	r := module.Default()
	type use struct {
		name string
		x    *expr.Expr
	}
	var uses []use
	for _, name := range expr.FetchKind.Names(r) {
		rec, err := expr.FetchKind.Record(r, name)
		if err != nil {
			f.Fatal(err)
		}
		texts := []string{name + arguments[name]}
		if arguments[name] == "" && len(rec.Args) > 0 {
			texts = append(texts, name+"(a)")
		}
		if len(rec.Args) > 1 && rec.Args[1].Type == expr.ArgInt {
			texts = append(texts, name+"(a,-2)", name+"(a,2)")
		}
		for p := range expr.Log + 1 {
			if !rec.Phases.Has(p) {
				continue
			}
			for _, text := range texts {
				x, err := expr.ParseExpr(fetchtest.Scope(f, p), text)
				if err == nil {
					uses = append(uses, use{text, x})
				}
			}
			break
		}
	}
	f.Fuzz(func(t *testing.T, request, response string) {
		c := &session.Conn{}
		e := &expr.Env{Phase: expr.HTTPRequest, Conn: c, Stream: &session.Stream{Conn: c}}
		var req, res httpmsg.Message
		p := http1.Parser{Limits: http1.Limits{MaxFields: 101}}
		if n, err := p.Request(&req, []byte(request)); n > 0 && err == nil {
			e.Req, e.ReqBody = &req, []byte(request[n:])
		}
		p.Next()
		if n, err := p.Response(&res, []byte(response)); n > 0 && err == nil {
			e.Res = &res
		}
		for _, u := range uses {
			var s expr.Sample
			if u.x.Eval(e, &s) && s.Type == expr.Any {
				t.Errorf("%s gives a value without a type", u.name)
			}
			e.Recycle()
		}
	})
}
