package secure

import (
	"fmt"
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	lines, errs := parseList("l", []byte(`# comment
default.pem.rsa *
  cert2.pem [alpn h2,http/1.1]   # to the end of the line

certW.pem *.domain.tld !secure.domain.tld
certS.pem [curves X25519:P-256 ciphers ECDHE-ECDSA-AES256-GCM-SHA384 no-alpn] secure.domain.tld
foo.crt [ key bar.pem ocsp-update on ] foo.bar.com
`))
	want := []string{
		"2:1 default.pem.rsa [] [*]",
		"3:3 cert2.pem [{alpn h2,http/1.1 14}] []",
		"5:1 certW.pem [] [*.domain.tld !secure.domain.tld]",
		"6:1 certS.pem [{curves X25519:P-256 12} {ciphers ECDHE-ECDSA-AES256-GCM-SHA384 32} {no-alpn  70}] [secure.domain.tld]",
		"7:1 foo.crt [{key bar.pem 11} {ocsp-update on 23}] [foo.bar.com]",
	}
	var got []string
	for _, l := range lines {
		got = append(got, fmt.Sprintf("%d:%d %s %v %v", l.Number, l.Col, l.Crt, l.Options, l.Filters))
	}
	if len(errs) > 0 || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%v\n%s", errs, strings.Join(got, "\n"))
	}
	_, errs = parseList("l", []byte("[x] a\na.pem [alpn h2\na.pem [alpn]\na.pem !b.example.com\na.pem *a.example.com\na.pem a.*.com\na.pem !\n"))
	for i, w := range []string{
		`l:1:1: the line begins with "[": write the certificate's file first`,
		"l:2:7: the bracket is not closed: write ] behind the options",
		"l:3:8: alpn needs a value",
		`l:4:7: "!b.example.com" takes nothing away: the line has no wildcard such as *.example.com`,
		`l:5:7: "*a.example.com" is no filter: write a name, *.NAME, !NAME or *`,
		`l:6:7: "a.*.com" is no filter: write a name, *.NAME, !NAME or *`,
		`l:7:7: "!" is no filter: write a name, *.NAME, !NAME or *`,
	} {
		if i >= len(errs) || errs[i].Error() != w {
			t.Errorf("error %d of %v, want %s", i, errs, w)
		}
	}
}

func FuzzList(f *testing.F) {
	f.Add("a.pem [alpn h2 verify required] *.b !c.b # x\n")
	f.Add("a.pem [")
	f.Fuzz(func(t *testing.T, text string) {
		lines, errs := parseList("l", []byte(text))
		if n := strings.Count(text, "\n") + 1; len(lines)+len(errs) > n {
			t.Errorf("%d lines and %d errors of %d lines", len(lines), len(errs), n)
		}
		for _, l := range lines {
			if l.Crt == "" || strings.ContainsAny(l.Crt, " \t[]") {
				t.Errorf("certificate %q", l.Crt)
			}
		}
	})
}
