package acme

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// matches checks an answer with a pattern that it has to match as a whole.
func matches(t *testing.T, command, answer, pattern string) {
	t.Helper()
	if !regexp.MustCompile(`^(?s:` + pattern + `)$`).MatchString(answer) {
		t.Errorf("%s:\n%s\nwant\n%s", command, answer, pattern)
	}
}

// The certificates of files and those that come by themselves are listed with
// their ends, and names are added and taken away while the process runs.
func TestCommands(t *testing.T) {
	p := lab.NewPebble(t, lab.PebbleOptions{})
	site := filepath.Join(t.TempDir(), "site.pem")
	_, stderr, code := lab.Run(t, lab.Need(t, "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9",
		"-keyout", site, "-out", site+".part", "-subj", "/CN=site", "-addext", "subjectAltName=DNS:site.example.com")
	if code != 0 {
		t.Fatal(stderr)
	}
	joined(t, site, site+".part")
	config := replaced(t, p.Config(quoted(t.TempDir()), "", `"one.example.com"`), "tls = {", `tls = { crt = "`+site+`",`)
	f := lab.Fairlead(t, config)
	p.Obtained(t, "one.example.com", "one.example.com")

	show := func(command, pattern string) {
		t.Helper()
		matches(t, command, ask(t, f, command), pattern)
	}
	date, left := `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, `\d+d \d+h\d\dm\d\ds`
	show("show ssl cert", "# filename\n"+site+"\none.example.com")
	show("show ssl cert "+site, "Filename: "+site+"\nStatus: Used\nSerial: [0-9A-F]+\nnotBefore: .* GMT\nnotAfter: .* GMT\n"+
		"Subject Alternative Name: DNS:site.example.com\nAlgorithm: RSA2048\nSHA1 FingerPrint: [0-9A-F]{40}\nSubject: /CN=site\nIssuer: /CN=site\nOCSP Response Key: ?")
	show("show ssl cert one.example.com", `Filename: one.example.com\n.*Algorithm: EC256\n.*Issuer: /CN=Pebble Intermediate CA .*Section: default`)
	show("show ssl cert none", `Can't display the certificate: Not found or the certificate is a bundle!`)
	show("acme status", "# certificate\tsection\tstate\texpiration date \\(UTC\\)\texpires in\tscheduled date \\(UTC\\)\tscheduled in\n"+
		"one.example.com\tdefault\tScheduled\t"+date+"\t"+left+"\t"+date+"\t"+left)
	show("acme renew none", `no certificate for "none" comes by itself`)

	show("acme add *.example.com", `.*has to be proven by DNS.*`)
	show("acme add two.example.com other", `there is no issuer "other": say one of default`)
	show("acme add two.example.com", ``)
	p.Obtained(t, "two.example.com", "two.example.com")
	show("acme status", `.*\ntwo.example.com\tdefault\tScheduled\t.*`)
	show("acme del two.example.com", ``)
	if leaf := lab.Leaf(p.HTTPS, "two.example.com"); leaf != nil && strings.Contains(strings.Join(leaf.DNSNames, " "), "two") {
		t.Error("the certificate is used after its name was taken away")
	}
	show("acme status", `[^\n]*\none.example.com\t[^\n]*`)

	out, stderr, code := lab.Run(t, lab.Binary(t), "certs", "--socket", f.Socket())
	if code != 0 {
		t.Fatal(stderr)
	}
	matches(t, "fairlead certs", out, "name +source +issued by +ends \\(UTC\\) +ends in +state\n"+
		site+" +file +site +"+date+" +8d 23h.* +in use\n"+
		"one.example.com +acme.default +Pebble Intermediate CA [0-9a-f]+ +"+date+" +"+left+" +in use\n")
}
