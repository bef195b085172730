package reply_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	_ "github.com/fairleadproxy/fairlead/modules/action/internal/language"
	_ "github.com/fairleadproxy/fairlead/modules/action/reply"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestContent(t *testing.T) {
	body := write(t, "from %[path]\n")
	page := write(t, "HTTP/1.1 503 Sorry\nContent-Type: text/css\nRetry-After: 5\nContent-Length: 99\nConnection: close\n\nsorry\n")
	for _, c := range []struct{ name, config, want string }{
		{"return", ``, "200 | "},
		{"return", `status = 204`, "204 | "},
		{"return", "content-type = \"text/plain\"\nstring = \"%[path]\"", "200 | type text/plain | %[path]"},
		{"return", "content-type = \"text/plain\"\nlf-string = \"%[method] %[path]\"", "200 | type text/plain | GET /a"},
		{"return", "status = 404\ncontent-type = \"text/plain\"\nfile = \"" + body + "\"", "404 | type text/plain | from %[path]\n"},
		{"return", "content-type = \"text/plain\"\nlf-file = \"" + body + "\"", "200 | type text/plain | from /a\n"},
		{"return", `errorfile = "` + page + `"`, "503 | type text/css | Retry-After: 5 | sorry\n"},
		{"return", "status = 503\ndefault-errorfiles = true", "503 | errorfile | "},
		{"return", "status = 304\nhdr = { ETag = \"%[src]\" }", "304 | ETag: 192.0.2.1 | "},
		{"return", `hdr = { B = "1", Set-Cookie = ["a=1", "b=%[method]"], A = "%[req.hdr(x-evil),url_dec]" }`,
			"200 | B: 1 | Set-Cookie: a=1 | Set-Cookie: b=GET | A: a%0D%0Ab | "},
		{"return", "hdr = { A = \"a\\r\\nb\" }", "200 | A: a  b | "},
		{"deny", ``, "403 | errorfile | denied | "},
		{"deny", `status = 429`, "429 | errorfile | denied | "},
		{"deny", `status = 451`, "451 | denied | "},
		{"deny", `status = 204`, "204 | denied | "},
		{"deny", "content-type = \"text/plain\"\nstring = \"no\"", "403 | denied | type text/plain | no"},
		{"deny", `errorfile = "` + page + `"`, "503 | denied | type text/css | Retry-After: 5 | sorry\n"},
		{"tarpit", ``, "500 | errorfile | denied | "},
	} {
		tx := actiontest.Tx(t, actiontest.Lines("GET /a?b HTTP/1.1", "Host: h", "X-Evil: a%0d%0ab"), "")
		tx.Reply = action.Reply{Status: 1, Close: true, ContentType: "old", Header: []action.Field{{Name: "old"}}, Body: []byte("old")}
		want := action.Answer
		if c.name == "tarpit" {
			want = action.Tarpit
		}
		for range 2 { // the second time on what the first has left
			if v := actiontest.Run(t, tx, expr.HTTPRequest, c.name, c.config); v != want {
				t.Errorf("%s %q: verdict %d", c.name, c.config, v)
			}
			if got := actiontest.Reply(&tx.Reply); got != c.want {
				t.Errorf("%s %q\ngot  %q\nwant %q", c.name, c.config, got, c.want)
			}
		}
	}
}

// A response that is denied was not a good one: 502 (HAProxy manual section 4.4 "deny").
func TestResponse(t *testing.T) {
	for _, c := range [][3]string{
		{"deny", ``, "502 | errorfile | denied | "}, {"deny", `status = 500`, "500 | errorfile | denied | "},
		{"return", ``, "200 | "}, {"redirect", `location = "/%[status]"`, "302 | location: /200 | cache-control: no-cache | "},
	} {
		tx := actiontest.Tx(t, actiontest.Lines("GET /a HTTP/1.1", "Host: h"), actiontest.Lines("HTTP/1.1 200 OK"))
		actiontest.Run(t, tx, expr.HTTPResponse, c[0], c[1])
		if got := actiontest.Reply(&tx.Reply); got != c[2] {
			t.Errorf("%s %q gives %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestRedirect(t *testing.T) {
	for _, c := range []struct{ target, config, want string }{
		{"/a?b", `scheme = "https"`, "302 https://h/a?b"},
		{"/a?b", "scheme = \"https\"\ncode = 301\ndrop-query = true", "301 https://h/a"},
		{"http://h/a?b", `scheme = "https"`, "302 https://h/a?b"},
		{"http://h", `scheme = "https"`, "302 https://h/"},
		{"http://h?b", `scheme = "https"`, "302 https://h/?b"},
		{"*", `scheme = "https"`, "302 https://h/"},
		{"/a?b", `prefix = "https://p.example.com"`, "302 https://p.example.com/a?b"},
		{"/a?b", "prefix = \"/\"\nset-cookie = \"SEEN=1\"", "302 /a?b SEEN=1; path=/;"},
		{"//evil.example/a", `prefix = "/"`, "302 /evil.example/a"},
		{"///evil.example/a", `prefix = "/"`, "302 /evil.example/a"},
		{"/article/x?b", "prefix = \"/\"\ndrop-query = true\nappend-slash = true\ncode = 301", "301 /article/x/"},
		{"/article/?b", "prefix = \"/\"\nappend-slash = true", "302 /article/?b"},
		{"/article?b", "prefix = \"/\"\nappend-slash = true", "302 /article/?b"},
		{"/a?b", "location = \"/\"\nclear-cookie = \"USERID=\"", "302 / USERID=; path=/; Max-Age=0;"},
		{"/a?b", "location = \"/x\"\nset-cookie-fmt = \"P=%[path]\"", "302 /x P=/a; path=/;"},
		{"/a?b", `location = "http://www.%[req.hdr(host)]%[pathq]"`, "302 http://www.h/a?b"},
		{"/a?b", "location = \"/x\"\nkeep-query = true", "302 /x?b"},
		{"/a?b", "location = \"/x?y\"\nkeep-query = true", "302 /x?y&b"},
		{"/a", "location = \"/x?y\"\nkeep-query = true", "302 /x?y"},
		{"/a", `location = "%[req.hdr(none)]"`, "302 "},
		{"/a", "location = \"%[req.hdr(none)]\"\nignore-empty = true", "none"},
		{"/a?b%0d%0ac", `location = "/%[query,url_dec]"`, "302 /b%0D%0Ac"},
	} {
		tx := actiontest.Tx(t, "GET "+c.target+" HTTP/1.1\r\nHost: h\r\n\r\n", "")
		got := "none"
		if actiontest.Run(t, tx, expr.HTTPRequest, "redirect", c.config) == action.Answer {
			got = strings.Fields(actiontest.Reply(&tx.Reply))[0]
			for _, h := range tx.Reply.Header {
				if h.Name != "cache-control" {
					got += " " + string(h.Value)
				}
			}
		}
		if got != c.want {
			t.Errorf("%q on %s\ngot  %s\nwant %s", c.config, c.target, got, c.want)
		}
	}
}

func TestAuth(t *testing.T) {
	for _, c := range []struct{ target, backend, config, want string }{
		{"/", "web", ``, `401 | errorfile | www-authenticate: Basic realm="web" | `},
		{"/", "app", ``, `401 | errorfile | www-authenticate: Basic realm="app" | `},
		{"http://h/", "web", `realm = '100% a "b\'`, `401 | errorfile | www-authenticate: Basic realm="100% a \"b\\" | `},
	} {
		tx := actiontest.Tx(t, "GET "+c.target+" HTTP/1.1\r\nHost: h\r\n\r\n", "")
		tx.Stream.Backend = c.backend
		if v := actiontest.Run(t, tx, expr.HTTPRequest, "auth", c.config); v != action.Answer {
			t.Errorf("verdict %d", v)
		}
		if got := actiontest.Reply(&tx.Reply); got != c.want {
			t.Errorf("%q\ngot  %s\nwant %s", c.config, got, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	bad := func(text string) string { return `errorfile = "` + write(t, text) + `"` }
	for _, c := range []struct{ name, config, want string }{
		{"return", `string = "x"`, "content-type is missing"},
		{"return", `content-type = "text/plain"`, "without a body"},
		{"return", "content-type = \"text/plain\\r\\nX: y\"\nstring = \"a\"", "control characters"},
		{"return", "content-type = \"text/plain\"\nstring = \"a\"\nfile = \"b\"", "string and file exclude each other"},
		{"return", "status = 204\ncontent-type = \"text/plain\"\nstring = \"a\"", "has no body: leave out string"},
		{"return", "status = 199", "200"},
		{"return", "status = 418\ndefault-errorfiles = true", "no error responses for status 418"},
		{"return", `hdr = { "a b" = "x" }`, "not the name of a header field"},
		{"return", `hdr = { Content-Length = "1" }`, "is set by itself"},
		{"return", "default-errorfiles = true\nhdr = { A = \"1\" }", "hdr has no meaning"},
		{"return", `hdr = { A = "%[nothing]" }`, "hdr.A: "},
		{"return", "content-type = \"text/plain\"\nfile = \"/no/such/file\"", "file: "},
		{"return", "content-type = \"text/plain\"\nlf-string = \"%[nothing]\"", "lf-string: "},
		{"return", bad("HTTP/1.1 200 OK\nA"), "errorfile: "},
		{"return", bad("hello\n\n"), "errorfile: "},
		{"return", bad("HTTP/1.1 100 Continue\n\n"), "write 200 or more"},
		{"return", bad("HTTP/1.1 304 Not Modified\n\nbody"), "has no body"},
		{"return", bad("HTTP/1.1 200 OK\n\nx") + "\nstatus = 404", "a status of its own"},
		{"redirect", ``, "one of location, prefix and scheme"},
		{"redirect", "location = \"/\"\nscheme = \"https\"", "one of location, prefix and scheme"},
		{"redirect", "location = \"/\"\ncode = 200", "no redirection"},
		{"redirect", "location = \"/\"\ndrop-query = true", "belong to prefix and scheme"},
		{"redirect", "prefix = \"/\"\nkeep-query = true", "belongs to location"},
		{"redirect", "location = \"/\"\nset-cookie = \"a\"\nclear-cookie = \"a\"", "exclude each other"},
		{"redirect", "location = \"/\"\nset-cookie = \"a\\nb\"", "control characters"},
		{"redirect", `location = "%[nothing]"`, "location: "},
		{"redirect", "location = \"/\"\nset-cookie-fmt = \"%[nothing]\"", "set-cookie-fmt: "},
		{"auth", "realm = \"a\\nb\"", "control characters"},
	} {
		actiontest.Refused(t, expr.HTTPRequest, c.name, c.config, c.want)
	}
	actiontest.Refused(t, expr.HTTPResponse, "redirect", `prefix = "/"`, "by location only")
}

func TestAllocations(t *testing.T) {
	text := []byte(actiontest.Lines("GET /a?b HTTP/1.1", "Host: h"))
	tx := actiontest.Tx(t, string(text), "")
	again := actiontest.Again(tx.Req, text)
	for _, c := range [][2]string{
		{"return", "content-type = \"text/plain\"\nlf-string = \"%[path]\"\nhdr = { A = \"%[src]\" }"}, {"deny", ``}, {"tarpit", ``}, {"auth", ``},
		{"redirect", "scheme = \"https\"\nset-cookie = \"a\""}, {"redirect", "location = \"%[path]\"\nset-cookie-fmt = \"a=%[path]\"\nkeep-query = true"},
	} {
		actiontest.NoAllocations(t, tx, expr.HTTPRequest, again, c[0], c[1])
	}
}

func FuzzErrorfile(f *testing.F) {
	f.Add("HTTP/1.1 503 Sorry\r\nContent-Type: text/css\r\nA: b\r\n\r\nsorry\n")
	f.Add("HTTP/1.0 200\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		sc := actiontest.Scope(t, expr.HTTPRequest)
		sc.ReadFile = func(string) ([]byte, error) { return []byte(text), nil }
		a, err := actiontest.Make(t, sc, "return", `errorfile = "x"`)
		if err != nil {
			return
		}
		tx := actiontest.Tx(t, actiontest.Lines("GET / HTTP/1.1", "Host: h"), "")
		a.Run(tx)
		if tx.Reply.Status < 200 || tx.Reply.Status > 999 {
			t.Errorf("status %d", tx.Reply.Status)
		}
		for _, h := range tx.Reply.Header {
			if !action.Token(h.Name) || strings.ContainsAny(string(h.Value), "\r\n\x00") {
				t.Errorf("field %q: %q", h.Name, h.Value)
			}
		}
	})
}
