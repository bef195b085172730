package normalize_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	_ "github.com/fairleadproxy/fairlead/modules/action/internal/language"
	_ "github.com/fairleadproxy/fairlead/modules/action/normalize"
)

// The cases are those of the manual, section 4.4 "normalize-uri", and some more
// that HAProxy 2.6 was asked about.
var cases = []struct{ normalizer, target, want string }{
	{"fragment-encode", "/#foo", "/%23foo"},
	{"fragment-encode", "/?a#b#", "/?a%23b%23"},
	{"fragment-strip", "/#foo", "/"},
	{"fragment-strip", "/a?b#foo", "/a?b"},

	{"path-strip-dot", "/.", "/"},
	{"path-strip-dot", "/./bar/", "/bar/"},
	{"path-strip-dot", "/a/./a", "/a/a"},
	{"path-strip-dot", "/.well-known/", "/.well-known/"},
	{"path-strip-dot", "/./.?a/./b", "/?a/./b"},

	{"path-strip-dotdot", "/foo/../", "/"},
	{"path-strip-dotdot", "/foo/..", "/"},
	{"path-strip-dotdot", "/foo/../bar/", "/bar/"},
	{"path-strip-dotdot", "/foo/bar/../", "/foo/"},
	{"path-strip-dotdot", "/../bar/", "/../bar/"},
	{"path-strip-dotdot", "/bar/../../", "/../"},
	{"path-strip-dotdot", "/..", "/../"},
	{"path-strip-dotdot", "/foo//../", "/foo/"},
	{"path-strip-dotdot", "/foo/%2E%2E/", "/foo/%2E%2E/"},
	{"path-strip-dotdot", "/a/../?b/../c", "/?b/../c"},
	{"path-strip-dotdot full", "/../bar/", "/bar/"},
	{"path-strip-dotdot full", "/bar/../../", "/"},
	{"path-strip-dotdot full", "/../..", "/"},

	{"path-merge-slashes", "//", "/"},
	{"path-merge-slashes", "/foo//bar", "/foo/bar"},
	{"path-merge-slashes", "/foo///bar//?a//b", "/foo/bar/?a//b"},

	{"percent-decode-unreserved", "/%61dmin", "/admin"},
	{"percent-decode-unreserved", "/foo%3Fbar=baz", "/foo%3Fbar=baz"},
	{"percent-decode-unreserved", "/%%36%36", "/%66"},
	{"percent-decode-unreserved", "/%ZZ", "/%ZZ"},
	{"percent-decode-unreserved", "/%41%7A%39%2d%2E%5f%7e?%61", "/Az9-._~?a"},
	{"percent-decode-unreserved", "/%00%20%2f%7f%80", "/%00%20%2f%7f%80"},
	{"percent-decode-unreserved strict", "/%%36%36", "400"},
	{"percent-decode-unreserved strict", "/%ZZ", "400"},
	{"percent-decode-unreserved strict", "/a?%4", "400"},
	{"percent-decode-unreserved strict", "/%61", "/a"},

	{"percent-to-uppercase", "/%6f", "/%6F"},
	{"percent-to-uppercase", "/%zz", "/%zz"},
	{"percent-to-uppercase", "/a%2fb?c%3d", "/a%2Fb?c%3D"},
	{"percent-to-uppercase strict", "/%zz", "400"},

	{"query-sort-by-name", "/?c=3&a=1&b=2", "/?a=1&b=2&c=3"},
	{"query-sort-by-name", "/?aaa=3&a=1&aa=2", "/?a=1&aa=2&aaa=3"},
	{"query-sort-by-name", "/?a=3&b=4&a=1&b=5&a=2", "/?a=3&a=1&a=2&b=4&b=5"},
	{"query-sort-by-name", "/?b&&a&", "/?&a&b"},
	{"query-sort-by-name", "/?", "/?"},
	{"query-sort-by-name", "/b/a", "/b/a"},

	{"path-merge-slashes", "http://h//a", "http://h/a"},
	{"path-merge-slashes", "http://h", "http://h"},
	{"path-strip-dotdot full", "http://h/../a", "http://h/a"},
}

func config(normalizer string) string {
	for _, option := range []string{"full", "strict"} {
		if n := len(normalizer) - len(option) - 1; n > 0 && normalizer[n+1:] == option {
			return "normalizer = \"" + normalizer[:n] + "\"\n" + option + " = true"
		}
	}
	return "normalizer = \"" + normalizer + "\""
}

func TestNormalizers(t *testing.T) {
	for _, c := range cases {
		tx := actiontest.Tx(t, actiontest.Lines("GET / HTTP/1.1", "Host: h"), "")
		tx.Req.SetTarget([]byte(c.target)) // which need not be one that the parser takes
		got := ""
		switch actiontest.Run(t, tx, expr.HTTPRequest, "normalize-uri", config(c.normalizer)) {
		case action.Continue:
			got = string(tx.Req.Target())
		case action.Answer:
			if got = "400"; tx.Reply.Status != 400 || !tx.Reply.Errorfile || !tx.Reply.Denied {
				t.Errorf("the reply is %+v", tx.Reply)
			}
		}
		if got != c.want {
			t.Errorf("%s on %s gives %s, want %s", c.normalizer, c.target, got, c.want)
		}
	}
}

// A request in normal form leaves as it came.
func TestUnchanged(t *testing.T) {
	for _, line := range []string{"GET /a?b", "OPTIONS *", "CONNECT h:80"} {
		tx := actiontest.Tx(t, line+" HTTP/1.1\r\nHost: h\r\n\r\n", "")
		for _, c := range cases {
			actiontest.Run(t, tx, expr.HTTPRequest, "normalize-uri", config(c.normalizer))
		}
		if tx.Req.Edited() {
			t.Errorf("%s was changed: %s", line, actiontest.Head(tx.Req))
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range [][2]string{
		{"", "normalizer"},
		{`normalizer = "path-merge-slash"`, "path-merge-slashes"},
		{"normalizer = \"path-strip-dot\"\nfull = true", "full belongs to path-strip-dotdot"},
		{"normalizer = \"path-strip-dot\"\nstrict = true", "strict belongs to"},
	} {
		actiontest.Refused(t, expr.HTTPRequest, "normalize-uri", c[0], c[1])
	}
}

func TestAllocations(t *testing.T) {
	text := []byte(actiontest.Lines("GET /a/.//../%61?b&a&c=%2f HTTP/1.1", "Host: h"))
	tx := actiontest.Tx(t, string(text), "")
	for _, c := range cases {
		actiontest.NoAllocations(t, tx, expr.HTTPRequest, actiontest.Again(tx.Req, text), "normalize-uri", config(c.normalizer))
	}
}

func TestConformance(t *testing.T) {
	moduletest.Run(t, action.Kind, "normalize-uri", config("path-merge-slashes"), config("percent-to-uppercase strict"))
}

// Whatever a client sends, what leaves can be read, and a normalizer has nothing
// to do after itself, but for decoding, which may make new triplets, and sorting,
// which takes one "&" off the end.
func FuzzNormalizers(f *testing.F) {
	for _, c := range cases {
		f.Add(c.target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		for _, n := range []string{"fragment-encode", "fragment-strip", "path-merge-slashes", "path-strip-dot", "path-strip-dotdot", "path-strip-dotdot full", "percent-to-uppercase", "percent-decode-unreserved", "query-sort-by-name"} {
			tx := actiontest.TryTx("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n")
			if tx == nil {
				return
			}
			actiontest.Run(t, tx, expr.HTTPRequest, "normalize-uri", config(n))
			actiontest.Reparse(t, tx.Req)
			if n == "percent-decode-unreserved" || n == "query-sort-by-name" {
				continue
			}
			once := string(tx.Req.Target())
			actiontest.Run(t, tx, expr.HTTPRequest, "normalize-uri", config(n))
			if again := string(tx.Req.Target()); again != once {
				t.Errorf("%s on %q gives %q and then %q", n, target, once, again)
			}
		}
	})
}
