package header_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	_ "github.com/fairleadproxy/fairlead/modules/action/header"
	_ "github.com/fairleadproxy/fairlead/modules/action/internal/language"
)

func TestHeaders(t *testing.T) {
	for _, c := range []struct{ name, config, fields, want string }{
		{"set-header", "name = \"X-A\"\nvalue = \"%[src]-%[req.hdr(x-a)]\"", "x-a: 1\r\nX-B: b\r\nX-A: 2", "X-B: b | X-A: 192.0.2.1-2"},
		{"set-header", "name = \"X-A\"\nvalue = \"%[req.hdr(none)]\"", "X-B: b", "X-B: b | X-A: "},
		{"add-header", "name = \"X-A\"\nvalue = \"2\"", "X-A: 1\r\nX-B: b", "X-A: 1 | X-B: b | X-A: 2"},
		{"set-header", "name = \"X-A\"\nvalue = \"a\\r\\nX-Evil: 1\\u0000\"", "X-B: b", "X-B: b | X-A: a  X-Evil: 1 "},
		{"set-header", "name = \"X-A\"\nvalue = \"%[req.hdr(x-b),url_dec]\"", "X-B: a%0d%0aX-Evil:%201", "X-B: a%0d%0aX-Evil:%201 | X-A: a%0D%0AX-Evil: 1"},
		{"del-header", `name = "X-A"`, "X-A: 1\r\nX-AB: 2\r\nx-a: 3", "X-AB: 2"},
		{"del-header", "name = \"X-\"\nmatch = \"beg\"", "X-A: 1\r\nA-X-: 2\r\nx-b: 3", "A-X-: 2"},
		{"del-header", "name = \"-a\"\nmatch = \"end\"", "X-A: 1\r\nX-AB: 2\r\nA: 3", "X-AB: 2 | A: 3"},
		{"del-header", "name = \"oO\"\nmatch = \"sub\"", "X-Foo: 1\r\nX-Fo: 2\r\nfoot: 3", "X-Fo: 2"},
		{"del-header", "name = \"^x-.$\"\nmatch = \"reg\"", "X-A: 1\r\nx-b: 2\r\nX-AB: 3", "X-AB: 3"},
		{"del-header", "name = \"ent\"\nmatch = \"sub\"", "Content-Length: 0\r\nContent-Type: a\r\nX-A: 1", "Content-Length: 0 | X-A: 1"},
		// The examples of the manual, section 4.4.
		{"replace-header", "name = \"Cookie\"\nregex = \"foo=([^;]*);(.*)\"\nvalue = '\\1;ip=%[src];\\2'",
			"Cookie: foo=foobar; expires=Tue, 14-Jun-2016 01:40:45 GMT;", "Cookie: foobar;ip=192.0.2.1; expires=Tue, 14-Jun-2016 01:40:45 GMT;"},
		{"replace-header", "name = \"User-Agent\"\nregex = \"curl\"\nvalue = \"foo\"", "User-Agent: curl/7.47.0", "User-Agent: foo"},
		{"replace-value", "name = \"X-Forwarded-For\"\nregex = '^192\\.168\\.(.*)$'\nvalue = '172.16.\\1'",
			"X-Forwarded-For: 192.168.10.1, 192.168.13.24, 10.0.0.37", "X-Forwarded-For: 172.16.10.1, 172.16.13.24, 10.0.0.37"},
		{"replace-value", "name = \"Cache-Control\"\nregex = \"^public$\"\nvalue = \"private\"", "Cache-control: max-age=3600, public", "Cache-control: max-age=3600, private"},
		{"replace-header", "name = \"X-A\"\nregex = \"a+\"\nvalue = '<\\0>\\9\\\\'", "X-A: xaay\r\nX-B: a\r\nX-A: b\r\nX-A: aaa", "X-A: <aa>\\ | X-B: a | X-A: b | X-A: <aaa>\\"},
		{"replace-value", "name = \"X-A\"\nregex = \"A\"\nvalue = \"z\"", "X-A: a,,b", "X-A: a,,b"},
		{"replace-value", "name = \"X-A\"\nregex = \"^$\"\nvalue = \"z\"", "X-A: a,,b", "X-A: a,z,b"},
	} {
		tx := actiontest.Tx(t, "GET / HTTP/1.1\r\nHost: h\r\n"+c.fields+"\r\n\r\n", "")
		actiontest.Run(t, tx, expr.HTTPRequest, c.name, c.config)
		if got, want := actiontest.Head(tx.Req), "GET / HTTP/1.1 | Host: h | "+c.want; got != want {
			t.Errorf("%s %q on %q\ngot  %s\nwant %s", c.name, c.config, c.fields, got, want)
		}
	}
}

// Rules of responses change the response, and leave the request as it was.
func TestResponse(t *testing.T) {
	for _, p := range []expr.Phase{expr.HTTPResponse, expr.HTTPAfterResponse} {
		tx := actiontest.Tx(t, actiontest.Lines("GET / HTTP/1.1", "Host: h"), actiontest.Lines("HTTP/1.1 200 OK", "Host: odd", "X-A: 1"))
		actiontest.Run(t, tx, p, "set-header", "name = \"X-Status\"\nvalue = \"%[status]\"")
		actiontest.Run(t, tx, p, "set-header", "name = \"Host\"\nvalue = \"b\"")
		actiontest.Run(t, tx, p, "del-header", `name = "X-A"`)
		if got := actiontest.Head(tx.Res); got != "HTTP/1.1 200 OK | X-Status: 200 | Host: b" {
			t.Errorf("%s: %s", p, got)
		}
		if tx.Req.Edited() {
			t.Errorf("%s: the request was changed", p)
		}
	}
}

// A target in absolute form names the same host as the field (RFC 9112 section 3.2.2).
func TestHost(t *testing.T) {
	for _, c := range []struct{ target, name, config, want string }{
		{"http://h/a?b", "set-header", "name = \"host\"\nvalue = \"new:81\"", "GET http://new:81/a?b HTTP/1.1 | host: new:81"},
		{"http://h", "set-header", "name = \"Host\"\nvalue = \"new\"", "GET http://new HTTP/1.1 | Host: new"},
		{"http://h/a?b", "replace-header", "name = \"Host\"\nregex = \"h\"\nvalue = \"g\"", "GET http://g/a?b HTTP/1.1 | Host: g"},
		{"/a", "set-header", "name = \"Host\"\nvalue = \"new\"", "GET /a HTTP/1.1 | Host: new"},
		{"http://h/a", "set-header", "name = \"X-A\"\nvalue = \"new\"", "GET http://h/a HTTP/1.1 | Host: h | X-A: new"},
	} {
		tx := actiontest.Tx(t, "GET "+c.target+" HTTP/1.1\r\nHost: h\r\n\r\n", "")
		actiontest.Run(t, tx, expr.HTTPRequest, c.name, c.config)
		if got := actiontest.Head(tx.Req); got != c.want {
			t.Errorf("%s %q on %s: %s", c.name, c.config, c.target, got)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, config, want string }{
		{"set-header", "name = \"a b\"\nvalue = \"x\"", "not the name of a header field"},
		{"set-header", "name = \"Content-length\"\nvalue = \"x\"", "says where the message ends"},
		{"add-header", "name = \"Transfer-Encoding\"\nvalue = \"chunked\"", "says where the message ends"},
		{"add-header", "name = \"host\"\nvalue = \"x\"", "set-header"},
		{"set-header", "name = \"A\"\nvalue = \"%[nothing]\"", "value: "},
		{"del-header", `name = "content-length"`, "says where the message ends"},
		{"del-header", "name = \"\"\nmatch = \"beg\"", "every field"},
		{"del-header", "name = \"(\"\nmatch = \"reg\"", "name: "},
		{"replace-value", "name = \"A\"\nregex = \"(\"\nvalue = \"x\"", "regex: "},
		{"replace-value", "name = \"Content-Length\"\nregex = \"1\"\nvalue = \"2\"", "says where the message ends"},
	} {
		actiontest.Refused(t, expr.HTTPRequest, c.name, c.config, c.want)
	}
}

func TestAllocations(t *testing.T) {
	text := []byte(actiontest.Lines("GET /path HTTP/1.1", "Host: h", "X-A: 1", "X-B: 2"))
	tx := actiontest.Tx(t, string(text), "")
	again := actiontest.Again(tx.Req, text)
	for _, c := range [][2]string{
		{"set-header", "name = \"X-A\"\nvalue = \"%[src]:%[path]\""}, {"add-header", "name = \"X-A\"\nvalue = \"b\""},
		{"del-header", `name = "X-A"`}, {"del-header", "name = \"^x\"\nmatch = \"reg\""}, {"del-header", "name = \"x\"\nmatch = \"sub\""},
		{"replace-header", "name = \"X-A\"\nregex = \"^z\"\nvalue = \"b\""}, {"replace-value", "name = \"X-A\"\nregex = \"^z\"\nvalue = \"b\""},
	} {
		actiontest.NoAllocations(t, tx, expr.HTTPRequest, again, c[0], c[1])
	}
}
