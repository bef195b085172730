package lab

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Pebble is an ACME authority made for tests, which checks names for real.
type Pebble struct {
	Directory, CA string
	HTTP, HTTPS   string // the ports at which it looks for proof
	Proc          *Process

	dir, listen, resolver string
}

// PebbleOptions are what differs from one authority to another.
type PebbleOptions struct {
	// Resolver is the DNS server that it asks; "": one that sends all names to the loopback.
	Resolver string
	// Validity is how long certificates are valid; 0: Pebble's choice.
	Validity time.Duration
	// Env are settings of Pebble's own, such as "PEBBLE_WFE_NONCEREJECT=20".
	Env map[string]string
}

// NewPebble starts an authority.
func NewPebble(t testing.TB, o PebbleOptions) *Pebble {
	t.Helper()
	Need(t, "pebble")
	dir := t.TempDir()
	p := &Pebble{HTTP: Port(t), HTTPS: Port(t), CA: filepath.Join(dir, "ca.pem"), dir: dir, listen: Port(t), resolver: o.Resolver}
	p.Directory = "https://127.0.0.1:" + p.listen + "/dir"
	_, stderr, code := Run(t, Need(t, "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
		"-keyout", filepath.Join(dir, "key.pem"), "-out", p.CA, "-subj", "/CN=pebble", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
	if code != 0 {
		t.Fatal(stderr)
	}
	validity := ""
	if o.Validity > 0 {
		validity = fmt.Sprintf(`, "certificateValidityPeriod": %d`, int(o.Validity.Seconds()))
	}
	Write(t, filepath.Join(dir, "pebble.json"), fmt.Sprintf(`{"pebble": {
		"listenAddress": "127.0.0.1:%s", "managementListenAddress": "127.0.0.1:%s",
		"certificate": "%s", "privateKey": "%s/key.pem", "httpPort": %s, "tlsPort": %s%s
	}}`, p.listen, Port(t), p.CA, dir, p.HTTP, p.HTTPS, validity))
	if p.resolver == "" {
		p.resolver = "127.0.0.1:" + Port(t)
		control := Port(t)
		server := Start(t, dir, Need(t, "pebble-challtestsrv"), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", p.resolver,
			"-management", "127.0.0.1:"+control, "-http01", "", "-https01", "", "-tlsalpn01", "")
		Listening(t, server, control)
	}
	if tt, ok := t.(*testing.T); ok {
		tt.Setenv("PEBBLE_VA_NOSLEEP", "1")
		for k, v := range o.Env {
			tt.Setenv(k, v)
		}
	}
	p.Run(t)
	return p
}

// Run starts the authority again after its Proc was ended. It has forgotten
// everything. Its port may have been another's meanwhile: then it is tried again.
func (p *Pebble) Run(t testing.TB) {
	t.Helper()
	p.Proc = nil
	Until(t, 30*time.Second, "pebble listens", func() bool {
		if p.Proc == nil || p.Proc.ended() {
			p.Proc = Start(t, p.dir, Need(t, "pebble"), "-strict", "-dnsserver", p.resolver, "-config", "pebble.json")
		}
		c, err := net.Dial("tcp", "127.0.0.1:"+p.listen)
		if err != nil {
			return false
		}
		c.Close()
		return !p.Proc.ended()
	})
}

// Config is a site on the ports that the authority looks at, whose certificates
// come from it. storage and more are settings of the source, names those of the
// certificates, with quotes.
func (p *Pebble) Config(storage, more, names string) string {
	return `
[defaults]
mode = "http"
timeout = { connect = "20s", client = "60s", server = "60s" }
[acme.default]
directory = "` + p.Directory + `"
ca-file = "` + p.CA + `"
storage = ` + storage + `
` + more + `
[frontend.web]
bind = ["127.0.0.1:` + p.HTTP + `", { address = "127.0.0.1:` + p.HTTPS + `", tls = { acme = [` + names + `] } }]
http-request = [{ do = "return", status = 200, content-type = "text/plain", string = "hello" }]
`
}

// Leaf gives the certificate that a client of a name gets at a port of the
// loopback, nil when the handshake fails.
func Leaf(port, name string) *x509.Certificate {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: time.Minute}, Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}}
	c, err := d.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return nil
	}
	defer c.Close()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

// Obtained waits until clients of a name get a certificate of the authority for
// want, which may be a wildcard, and gives it.
func (p *Pebble) Obtained(t testing.TB, name, want string) (leaf *x509.Certificate) {
	t.Helper()
	Until(t, 60*time.Second, name+" has a certificate", func() bool {
		leaf = Leaf(p.HTTPS, name)
		return leaf != nil && strings.Join(leaf.DNSNames, " ") == want && strings.HasPrefix(leaf.Issuer.CommonName, "Pebble Intermediate CA")
	})
	return leaf
}
