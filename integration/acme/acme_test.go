// Package acme tests certificates that come by themselves with Pebble, a real
// ACME authority made for tests, which checks names for real.
package acme

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// pebble is the authority.
type pebble struct {
	directory, ca string
	http, https   string // the ports at which it looks for proof
	proc          *lab.Process
}

func newPebble(t *testing.T) *pebble {
	t.Helper()
	program, dns := lab.Need(t, "pebble"), lab.Need(t, "pebble-challtestsrv")
	dir := t.TempDir()
	p := &pebble{http: lab.Port(t), https: lab.Port(t), ca: filepath.Join(dir, "ca.pem")}
	listen, manage, resolver, control := lab.Port(t), lab.Port(t), lab.Port(t), lab.Port(t)
	p.directory = "https://127.0.0.1:" + listen + "/dir"
	_, stderr, code := lab.Run(t, lab.Need(t, "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
		"-keyout", filepath.Join(dir, "key.pem"), "-out", p.ca, "-subj", "/CN=pebble", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
	if code != 0 {
		t.Fatal(stderr)
	}
	lab.Write(t, filepath.Join(dir, "pebble.json"), fmt.Sprintf(`{"pebble": {
		"listenAddress": "127.0.0.1:%s", "managementListenAddress": "127.0.0.1:%s",
		"certificate": "%s", "privateKey": "%s/key.pem", "httpPort": %s, "tlsPort": %s
	}}`, listen, manage, p.ca, dir, p.http, p.https))
	server := lab.Start(t, dir, dns, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", "127.0.0.1:"+resolver,
		"-management", "127.0.0.1:"+control, "-http01", "", "-https01", "", "-tlsalpn01", "")
	lab.Listening(t, server, control)
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	p.proc = lab.Start(t, dir, program, "-strict", "-dnsserver", "127.0.0.1:"+resolver, "-config", "pebble.json")
	lab.Listening(t, p.proc, listen)
	return p
}

// config is a site whose certificate comes from the authority.
func (p *pebble) config(storage, more, names string) string {
	return `
[defaults]
mode = "http"
timeout = { connect = "2s", client = "5s", server = "5s" }
[acme.default]
directory = "` + p.directory + `"
ca-file = "` + p.ca + `"
storage = "` + storage + `"
` + more + `
[frontend.web]
bind = ["127.0.0.1:` + p.http + `", { address = "127.0.0.1:` + p.https + `", tls = { acme = [` + names + `] } }]
http-request = [{ do = "return", status = 200, content-type = "text/plain", string = "hello" }]
`
}

// certificate gives the names of the certificate that a client of a name gets,
// and who issued it; "" when the handshake fails.
func (p *pebble) certificate(name string) (names, issuer string) {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: time.Second}, Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}}
	c, err := d.Dial("tcp", "127.0.0.1:"+p.https)
	if err != nil {
		return "", ""
	}
	defer c.Close()
	leaf := c.(*tls.Conn).ConnectionState().PeerCertificates[0]
	return strings.Join(leaf.DNSNames, " "), leaf.Issuer.CommonName
}

func (p *pebble) obtained(t *testing.T, name string) {
	t.Helper()
	lab.Until(t, 60*time.Second, name+" has a certificate", func() bool {
		names, issuer := p.certificate(name)
		return names == name && strings.HasPrefix(issuer, "Pebble Intermediate CA")
	})
}

func TestChallenges(t *testing.T) {
	for way, other := range map[string]string{"HTTP-01": "tls-alpn-challenge = false", "TLS-ALPN-01": "http-challenge = false"} {
		t.Run(way, func(t *testing.T) {
			p := newPebble(t)
			f := lab.Fairlead(t, p.config(t.TempDir(), other, `"one.example.com", "two.example.com"`))
			p.obtained(t, "one.example.com")
			p.obtained(t, "two.example.com")
			if !strings.Contains(f.Output(), `msg="certificate obtained" name=one.example.com`) {
				t.Error("it is not logged")
			}
		})
	}
}

// What was obtained is used while the authority is down, after a restart too,
// and a site without a certificate does not take others down.
func TestAuthorityDown(t *testing.T) {
	p := newPebble(t)
	storage := t.TempDir()
	f := lab.Fairlead(t, p.config(storage, "", `"one.example.com"`))
	p.obtained(t, "one.example.com")
	p.proc.Kill(t)
	f.Kill(t)
	f = lab.Fairlead(t, p.config(storage, "", `"one.example.com", "new.example.com"`))
	p.obtained(t, "one.example.com")
	if names, _ := p.certificate("new.example.com"); names != "" {
		t.Errorf("a name without a certificate got that of %s", names)
	}
	if _, stderr, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.Socket()); code != 0 {
		t.Fatalf("reload: exit status %d\n%s", code, stderr)
	}
	p.obtained(t, "one.example.com")
}

// Keys and accounts are their owner's only.
func TestStorage(t *testing.T) {
	p := newPebble(t)
	storage := filepath.Join(t.TempDir(), "made")
	lab.Fairlead(t, p.config(storage, "", `"one.example.com"`))
	p.obtained(t, "one.example.com")
	out, _, _ := lab.Run(t, lab.Need(t, "find"), storage, "(", "-type", "f", "-o", "-type", "d", ")", "-perm", "/077")
	if out != "" {
		t.Errorf("others may read\n%s", out)
	}
}
