package uri_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	_ "github.com/fairleadproxy/fairlead/modules/action/internal/language"
	_ "github.com/fairleadproxy/fairlead/modules/action/uri"
)

func TestRequestLine(t *testing.T) {
	value := func(s string) string { return "value = '" + s + "'" }
	replace := func(regex, s string) string { return "regex = '" + regex + "'\n" + value(s) }
	for _, c := range []struct{ name, config, line, want string }{
		{"set-method", value("PUT"), "GET /a", "PUT /a | Host: h"},
		{"set-method", value("A B"), "GET /a", "GET /a | Host: h"},
		{"set-method", value("%[req.hdr(none)]"), "GET /a", "GET /a | Host: h"},
		{"set-method", value("HEAD"), "GET /a", "GET /a | Host: h"},
		{"set-method", value("GET"), "HEAD /a", "HEAD /a | Host: h"},
		{"set-method", value("CONNECT"), "GET /a", "GET /a | Host: h"},

		{"set-path", value("/v2%[path]"), "GET /a?b=c", "GET /v2/a?b=c | Host: h"},
		{"set-path", value("%[path,url_dec]"), "GET /a%20b%0d%0aX:%00?q", "GET /a%20b%0D%0AX:%00?q | Host: h"},
		{"set-path", value("/a b\t"), "GET /a", "GET /a%20b%09 | Host: h"},
		{"set-path", value("noslash"), "GET /a?q", "GET /noslash?q | Host: h"},
		{"set-path", value(".evil.example"), "GET http://h/a?q", "GET http://h/.evil.example?q | Host: h"},
		{"set-path", value("%[req.hdr(none)]"), "GET /a?q", "GET /?q | Host: h"},
		{"set-path", value("/b"), "GET http://h?q", "GET http://h/b?q | Host: h"},
		{"set-path", value("/b"), "OPTIONS *", "OPTIONS /b | Host: h"},
		{"set-path", value("/b"), "CONNECT h:80", "CONNECT h:80 | Host: h"},

		{"set-pathq", value("/b?c"), "GET /a?q", "GET /b?c | Host: h"},
		{"set-pathq", value("/b"), "GET http://h/a?q", "GET http://h/b | Host: h"},
		{"set-pathq", value("?c"), "GET /a?q", "GET /?c | Host: h"},

		{"set-query", value("x=%[query]"), "GET /a?q", "GET /a?x=q | Host: h"},
		{"set-query", value("x y"), "GET /a", "GET /a?x%20y | Host: h"},
		{"set-query", value("%[req.hdr(none)]"), "GET /a?q", "GET /a? | Host: h"},
		{"set-query", value("%[req.hdr(none)]"), "GET /a", "GET /a | Host: h"},
		{"set-query", value("x"), "OPTIONS *", "OPTIONS * | Host: h"},
		{"set-query", value("x"), "CONNECT h:80", "CONNECT h:80 | Host: h"},

		{"set-uri", value("/b?c"), "GET http://h/a?q", "GET /b?c | Host: h"},
		{"set-uri", value("http://new.example/b"), "GET /a?q", "GET http://new.example/b | Host: new.example"},
		{"set-uri", value("http://h/b"), "GET /a?q", "GET http://h/b | Host: h"},
		{"set-uri", value("http://user@new.example/b"), "GET /a?q", "GET /a?q | Host: h"},
		{"set-uri", value("http://[2001:db8::1]:81/b"), "GET /a?q", "GET http://[2001:db8::1]:81/b | Host: [2001:db8::1]:81"},
		{"set-uri", value("http://new:port/b"), "GET /a?q", "GET /a?q | Host: h"},
		{"set-uri", value("*"), "OPTIONS /", "OPTIONS * | Host: h"},
		{"set-uri", value("neither"), "GET /a?q", "GET /a?q | Host: h"},
		{"set-uri", value("http:///b"), "GET /a?q", "GET /a?q | Host: h"},
		{"set-uri", value("%[req.hdr(none)]"), "GET /a?q", "GET /a?q | Host: h"},

		// The examples of the manual, section 4.4.
		{"replace-path", replace("(.*)", `/foo\1`), "GET /bar?q=1", "GET /foo/bar?q=1 | Host: h"},
		{"replace-path", replace("/foo/(.*)", `/\1`), "GET /foo/bar?q=1", "GET /bar?q=1 | Host: h"},
		{"replace-pathq", replace(`([^?]*)(\?(.*))?`, `\1/foo\2`), "GET /bar?q=1", "GET /bar/foo?q=1 | Host: h"},
		{"replace-uri", replace("^http://(.*)", `https://\1`), "GET http://h/a", "GET https://h/a | Host: h"},
		{"replace-uri", replace("([^/:]*://[^/]*)?(.*)", `\1/foo\2`), "GET /a", "GET /foo/a | Host: h"},

		{"replace-path", replace("^/x", "/y"), "GET /a", "GET /a | Host: h"},
		{"replace-path", replace("a", "b c"), "GET /a?a", "GET /b%20c?a | Host: h"},
		{"replace-path", replace(".*", "x"), "GET http://h/a", "GET http://h/x | Host: h"},
		{"replace-path", replace("80", "81"), "CONNECT h:80", "CONNECT h:80 | Host: h"},
		{"replace-uri", replace("^http://h/", "http://g/"), "GET http://h/", "GET http://g/ | Host: g"},
	} {
		tx := actiontest.Tx(t, c.line+" HTTP/1.1\r\nHost: h\r\n\r\n", "")
		actiontest.Run(t, tx, expr.HTTPRequest, c.name, c.config)
		got := string(tx.Req.Method()) + " " + string(tx.Req.Target()) + " | "
		host, _ := tx.Req.Header("host")
		if got += "Host: " + string(host); got != c.want {
			t.Errorf("%s %q on %q\ngot  %s\nwant %s", c.name, c.config, c.line, got, c.want)
		}
		actiontest.Reparse(t, tx.Req)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, config, want string }{
		{"set-path", "", "value"},
		{"set-path", `value = "%[nothing]"`, "value: "},
		{"set-uri", "value = \"/\"\nother = 1", "other"},
		{"replace-path", "regex = \"(\"\nvalue = \"x\"", "regex: "},
		{"replace-uri", "regex = \"a\"\nvalue = \"%[nothing]\"", "value: "},
	} {
		actiontest.Refused(t, expr.HTTPRequest, c.name, c.config, c.want)
	}
}

func TestAllocations(t *testing.T) {
	text := []byte(actiontest.Lines("GET /path?query HTTP/1.1", "Host: h"))
	tx := actiontest.Tx(t, string(text), "")
	again := actiontest.Again(tx.Req, text)
	for _, name := range []string{"set-path", "set-pathq", "set-query", "set-uri"} {
		actiontest.NoAllocations(t, tx, expr.HTTPRequest, again, name, `value = "/a b%[path]"`)
	}
	actiontest.NoAllocations(t, tx, expr.HTTPRequest, again, "set-method", `value = "PUT"`)
	actiontest.NoAllocations(t, tx, expr.HTTPRequest, again, "replace-path", "regex = \"^/x\"\nvalue = \"b\"")
}

// Whatever a client sends, the head that leaves is one that can be read, with
// the same fields.
func FuzzTargets(f *testing.F) {
	f.Add("/a%0d%0a?b", "/")
	f.Add("http://h/%20?b=%0a#c", "x y")
	f.Add("*", "")
	f.Fuzz(func(t *testing.T, target, value string) {
		head := "GET " + target + " HTTP/1.1\r\nHost: h\r\nX-Value: " + value + "\r\n\r\n"
		for _, c := range [][2]string{
			{"set-path", `value = "%[path,url_dec]%[req.hdr(x-value),url_dec]"`}, {"set-pathq", `value = "%[req.hdr(x-value),url_dec]"`},
			{"set-query", `value = "%[query,url_dec]"`}, {"set-uri", `value = "%[req.hdr(x-value),url_dec]"`},
			{"set-method", `value = "%[req.hdr(x-value),url_dec]"`}, {"replace-path", "regex = \"(.*)\"\nvalue = '\\1%[req.hdr(x-value),url_dec]'"},
		} {
			tx := actiontest.TryTx(head)
			if tx == nil {
				return
			}
			actiontest.Run(t, tx, expr.HTTPRequest, c[0], c[1])
			actiontest.Reparse(t, tx.Req)
		}
	})
}
