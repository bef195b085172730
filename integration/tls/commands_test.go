package tls

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/integration/lab"
)

// command sends a command to a socket.
func command(t *testing.T, socket, text string) string {
	t.Helper()
	answer, err := admin.Ask(socket, text, 20*time.Second)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return answer
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// only gives the PEM blocks of a kind.
func only(t *testing.T, file, kind string) string {
	t.Helper()
	out, rest := "", []byte(read(t, file))
	for {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return out
		}
		if b.Type == kind {
			out += string(pem.EncodeToMemory(b))
		}
	}
}

// both are a Fairlead and an HAProxy with the same files.
type both struct {
	dir, ours, theirs    string // the sockets
	single, list, ourDir string // our ports
	fairlead             *lab.Process
	a, b, other, ca      string
}

func newBoth(t *testing.T, ca *authority) *both {
	x := &both{dir: ca.dir, single: lab.Port(t), list: lab.Port(t), ourDir: lab.Port(t), ca: ca.file}
	x.a, x.b = ca.issue("a.pem", false, "a.example.com"), ca.issue("b.pem", false, "b.example.com")
	x.other = ca.issue("other.pem", false, "other.example.com")
	if err := os.Mkdir(filepath.Join(ca.dir, "dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	ca.issue("dir/d.pem", false, "d.example.com")
	lab.Write(t, filepath.Join(ca.dir, "crl.pem"), ca.revoked())
	lab.Write(t, filepath.Join(ca.dir, "sites.list"), strings.ReplaceAll("DIR/a.pem [alpn h2] a.example.com *.x.com !n.x.com\nDIR/b.pem\nDIR/b.pem [verify none]\n", "DIR", ca.dir))
	x.theirs = filepath.Join(t.TempDir(), "h.sock")
	first := lab.Port(t)
	lab.HAProxy(t, strings.ReplaceAll(`
global
  stats socket `+x.theirs+` level admin
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend f
  bind 127.0.0.1:`+first+` ssl crt DIR/a.pem ca-file DIR/ca.pem crl-file DIR/crl.pem verify optional
  bind 127.0.0.1:`+lab.Port(t)+` ssl crt-list DIR/sites.list
  bind 127.0.0.1:`+lab.Port(t)+` ssl crt DIR/dir
  http-request return status 200
`, "DIR", ca.dir), first)
	x.fairlead = lab.Fairlead(t, defaults+strings.ReplaceAll(`
[frontend.f]
bind = [
  { address = "127.0.0.1:`+x.single+`", tls = { crt = "DIR/a.pem", ca-file = "DIR/ca.pem", crl-file = "DIR/crl.pem", verify = "optional" } },
  { address = "127.0.0.1:`+x.list+`", tls = { crt-list = "DIR/sites.list" } },
  { address = "127.0.0.1:`+x.ourDir+`", tls = { crt = "DIR/dir" } },
]
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[ssl_c_s_dn(cn)]\n" }]
`, "DIR", ca.dir))
	x.ours = x.fairlead.Socket()
	return x
}

// revoked gives a revocation list of certificates.
func (a *authority) revoked(serials ...int64) string {
	a.t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
	for _, n := range serials {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(n), RevocationTime: time.Now()})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.cert, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
}

// HAProxy's commands do here what they do there, and say the same, for the same
// files in the same order. Where newer versions of HAProxy than Debian's say
// something else, that is what is said here, and it is left out.
func TestCommandsAsInHAProxy(t *testing.T) {
	lab.Need(t, "haproxy")
	ca := newAuthority(t)
	x := newBoth(t, ca)
	certificate, key := only(t, x.other, "CERTIFICATE"), only(t, x.other, "PRIVATE KEY")
	crl := ca.revoked(255, 4096)
	for _, text := range []string{
		"show ssl cert", "show ssl cert A", "show ssl cert none", "show ssl cert *", "show ssl cert *A",
		"new ssl cert", "new ssl cert A", "set ssl cert", "set ssl cert A", "commit ssl cert", "commit ssl cert A", "abort ssl cert", "abort ssl cert A", "del ssl cert", "del ssl cert A", "del ssl cert none",
		"set ssl cert none <<\n" + certificate, "set ssl cert A <<\ngarbage\n",
		// A certificate alone has no key; one that comes after it, does not have to fit.
		"set ssl cert A <<\n" + certificate, "show ssl cert", "show ssl cert *A", "commit ssl cert A", "commit ssl cert B", "abort ssl cert B", "del ssl cert A",
		"set ssl cert A.key <<\n" + only(t, x.b, "PRIVATE KEY"), "show ssl cert A",
		"abort ssl cert A", "show ssl cert", "show ssl cert A",
		"set ssl cert A <<\n" + certificate, "set ssl cert A.key <<\n" + key, "commit ssl cert A", "show ssl cert A", "show ssl cert", "commit ssl cert A",
		"set ssl cert A <<\n" + read(t, x.a), "commit ssl cert A", "show ssl cert A",
		// What is not used at first.
		"new ssl cert new.pem", "new ssl cert new.pem", "show ssl cert new.pem", "show ssl cert", "commit ssl cert new.pem", "add ssl crt-list LIST new.pem",
		"set ssl cert new.pem <<\n" + read(t, x.other), "show ssl cert *new.pem", "commit ssl cert new.pem", "show ssl cert new.pem",
		"show ssl crt-list", "show ssl crt-list LIST", "show ssl crt-list -n LIST", "show ssl crt-list DIR", "show ssl crt-list none", "show ssl crt-list -n",
		"add ssl crt-list", "add ssl crt-list LIST", "add ssl crt-list none new.pem", "add ssl crt-list LIST none.pem", "add ssl crt-list DIR new.pem",
		"add ssl crt-list LIST <<\nnew.pem\nnew.pem\n", "add ssl crt-list LIST <<\nnew.pem [alpn http/1.1] q.example.com\n", "show ssl crt-list -n LIST", "show ssl cert new.pem", "del ssl cert new.pem",
		"del ssl crt-list", "del ssl crt-list LIST", "del ssl crt-list LIST none.pem", "del ssl crt-list none new.pem", "del ssl crt-list LIST B", "del ssl crt-list LIST B:9", "del ssl crt-list LIST B:x",
		"del ssl crt-list LIST A", "del ssl crt-list LIST B:3", "del ssl crt-list LIST new.pem", "del ssl crt-list DIR new.pem", "show ssl crt-list -n LIST", "del ssl cert new.pem", "show ssl cert new.pem",
		// Authorities.
		"show ssl ca-file", "show ssl ca-file CA", "show ssl ca-file CA:1", "show ssl ca-file CA:2", "show ssl ca-file none", "show ssl ca-file CA:x",
		"set ssl ca-file", "set ssl ca-file none <<\n" + certificate, "set ssl ca-file CA <<\ngarbage\n", "abort ssl ca-file CA", "commit ssl ca-file CA",
		"set ssl ca-file CA <<\n" + certificate, "set ssl ca-file CA <<\n" + certificate + only(t, x.b, "CERTIFICATE"), "show ssl ca-file", "show ssl ca-file *CA", "commit ssl ca-file none", "abort ssl ca-file none",
		"commit ssl ca-file CA", "show ssl ca-file", "del ssl ca-file CA", "new ssl ca-file CA", "new ssl ca-file n.pem", "new ssl ca-file n.pem", "del ssl ca-file n.pem", "del ssl ca-file n.pem",
		"new ssl ca-file", "commit ssl ca-file", "abort ssl ca-file", "del ssl ca-file",
		// Revocation lists.
		"show ssl crl-file", "show ssl crl-file none", "show ssl crl-file CRL", "show ssl crl-file CRL:1", "show ssl crl-file CRL:x", "set ssl crl-file", "set ssl crl-file none <<\n" + crl, "set ssl crl-file CRL <<\ngarbage\n",
		"set ssl crl-file CRL <<\n" + crl, "show ssl crl-file", "show ssl crl-file *CRL", "commit ssl crl-file CRL", "show ssl crl-file CRL", "commit ssl crl-file CRL", "abort ssl crl-file CRL", "del ssl crl-file CRL",
		"new ssl crl-file x.crl", "show ssl crl-file x.crl", "show ssl crl-file", "del ssl crl-file x.crl", "del ssl crl-file x.crl", "new ssl crl-file", "abort ssl crl-file", "del ssl crl-file",
		"show ssl providers", "show tls-keys", "show tls-keys *", "set ssl tls-key x y", "set ssl ocsp-response", "set ssl ocsp-response !!!", "set ssl ocsp-response aaaa", "show ssl ocsp-response none",
	} {
		line := strings.NewReplacer("LIST", ca.dir+"/sites.list", "DIR", ca.dir+"/dir", "CRL", ca.dir+"/crl.pem", "CA", ca.file, " A", " "+x.a, " *A", " *"+x.a, " B", " "+x.b)
		first, rest, payload := strings.Cut(text, "\n")
		first = line.Replace(first)
		if payload {
			first += "\n" + strings.NewReplacer(" A", " "+x.a, " B", " "+x.b).Replace(rest)
		}
		got, want := plainly(command(t, x.ours, first)), plainly(command(t, x.theirs, first))
		if got != want {
			t.Errorf("%s\n%s\nHAProxy:\n%s", first, got, want)
		}
	}
}

// plainly leaves out what is not the same in all versions of HAProxy: quotes and
// ends of sentences, blanks, the authorities of the system, and where binds stand.
func plainly(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		line = strings.NewReplacer("'", "", "\x00", "", "[ ", "[", " ]", "]", ", IP Address:127.0.0.1", "", " or path does", " does").Replace(line)
		if line == "" || strings.HasPrefix(line, "@system-ca") || line == "# Certificate IDs" {
			continue
		}
		line = regexp.MustCompile(`^- .*:\d+$`).ReplaceAllString(line, "- BIND")
		line = regexp.MustCompile(`^unable to load certificate from file ([^ :]+).*`).ReplaceAllString(line, "unable to load certificate from file $1")
		out = append(out, strings.TrimRight(line, ".,"))
	}
	return strings.Join(out, "\n")
}

// What is committed holds for the handshakes that follow, and no connection ends;
// what does not fit changes nothing; a reload forgets all of it.
func TestChangedWhileRunning(t *testing.T) {
	ca := newAuthority(t)
	x := newBoth(t, ca)
	say := func(text, want string) {
		t.Helper()
		if got := command(t, x.ours, text); !strings.HasSuffix(got, want) {
			t.Errorf("%s\n%s\nwant %s", text, got, want)
		}
	}
	shows := func(port, name, want string) {
		t.Helper()
		if got := presented(port, name, nil); got != want+" ECDSA " {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
	kept, err := tls.Dial("tcp", "127.0.0.1:"+x.single, &tls.Config{InsecureSkipVerify: true, ServerName: "a.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	say("set ssl cert "+x.a+" <<\n"+only(t, x.other, "CERTIFICATE")+only(t, x.b, "PRIVATE KEY"), "Transaction created for certificate "+x.a+"!")
	shows(x.single, "", "a.example.com")
	say("commit ssl cert "+x.a, "Can't commit "+x.a+"!")
	shows(x.single, "", "a.example.com")
	say("set ssl cert "+x.a+" <<%END%\n\n"+read(t, x.other)+"\n%END%\n", "Transaction updated for certificate "+x.a+"!")
	say("commit ssl cert "+x.a, "Success!")
	shows(x.single, "", "other.example.com")
	shows(x.list, "deep.x.com", "other.example.com") // by the filters of its line
	if _, err := kept.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")); err != nil {
		t.Error(err)
	}
	if n, err := kept.Read(make([]byte, 12)); n != 12 {
		t.Errorf("a connection that was there before ended: %v", err)
	}

	// A new one is in use once it is in a list, for its own names.
	fresh := ca.issue("fresh.part", false, "fresh.example.com")
	say("new ssl cert fresh.pem", "!")
	say("set ssl cert fresh.pem <<\n"+read(t, fresh), "!")
	say("commit ssl cert fresh.pem", "Success!")
	shows(x.list, "fresh.example.com", "other.example.com")
	say("add ssl crt-list "+ca.dir+"/sites.list <<\nfresh.pem [alpn http/1.1] fresh.example.com\n", "Success!")
	shows(x.list, "fresh.example.com", "fresh.example.com")
	if got := presented(x.list, "fresh.example.com", func(c *tls.Config) { c.NextProtos = []string{"h2"} }); !strings.Contains(got, "no application protocol") {
		t.Errorf("the line's settings do not hold: %s", got)
	}
	say("add ssl crt-list "+ca.dir+"/sites.list <<\nfresh.pem [curves X25518]\n", `unknown curve "X25518"; did you mean "X25519"?`)
	say("del ssl crt-list "+ca.dir+"/sites.list fresh.pem", "!")
	shows(x.list, "fresh.example.com", "other.example.com")
	say("del ssl cert fresh.pem", "Certificate 'fresh.pem' deleted!")

	// Clients are checked by the authorities and lists of the moment.
	client := ca.issue("client.pem", false, "client")
	serial := ca.n
	lets := func(want bool) {
		t.Helper()
		if out, code := curl(t, ca, x.single, "-k", "--cert", client, "https://a.example.com:"+x.single+"/"); (code == 0 && out == "client\n") != want {
			t.Errorf("a client with a certificate: %q, exit status %d", out, code)
		}
	}
	lets(true)
	say("set ssl crl-file "+ca.dir+"/crl.pem <<\n"+ca.revoked(serial), "!")
	lets(true)
	say("commit ssl crl-file "+ca.dir+"/crl.pem", "Success!")
	lets(false)
	say("set ssl crl-file "+ca.dir+"/crl.pem <<\n"+ca.revoked(), "!")
	say("commit ssl crl-file "+ca.dir+"/crl.pem", "Success!")
	lets(true)
	stranger := newAuthority(t)
	say("set ssl ca-file "+ca.file+" <<\n"+read(t, stranger.file), "!")
	say("commit ssl ca-file "+ca.file, "Success!")
	lets(false)
	say("add ssl ca-file "+ca.file+" <<\n"+read(t, filepath.Join(ca.dir, "other.pem")), "!")
	say("abort ssl ca-file "+ca.file, "!")

	say("show ssl sni -f none", "Couldn't find the specified frontend!")
	if got := command(t, x.ours, "show ssl sni -f f"); !regexp.MustCompile(`(?m)^f/lb\.toml:\d+\t\*\.x\.com\t!n\.x\.com\tecdsa\t`+x.a+`\t.* GMT\t.* GMT$`).MatchString(got) || strings.Count(got, "\t*\t") != 3 {
		t.Errorf("show ssl sni:\n%s", got)
	}
	if got := command(t, x.ours, "show ssl sni -A"); strings.Count(got, "\n") != 0 {
		t.Errorf("nothing is over:\n%s", got)
	}
	if got := command(t, x.ours, "show ssl sni -A -t 2h"); strings.Count(got, "\n") == 0 {
		t.Errorf("all is over in two hours:\n%s", got)
	}
	saved := command(t, x.ours, "dump ssl cert "+x.a)
	lab.Write(t, filepath.Join(ca.dir, "saved.pem"), saved)
	if _, err := tls.X509KeyPair([]byte(saved), []byte(saved)); err != nil {
		t.Errorf("what is dumped is of no use: %v\n%s", err, saved)
	}
	say("reload", "--")
	shows(x.single, "", "a.example.com")
	lets(true)
}
