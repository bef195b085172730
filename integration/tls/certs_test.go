package tls

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// presented gives the common name of the certificate for a client, or the error.
func presented(port, name string, change func(*tls.Config)) string {
	c := &tls.Config{InsecureSkipVerify: true, ServerName: name}
	if change != nil {
		change(c)
	}
	conn, err := tls.Dial("tcp", "127.0.0.1:"+port, c)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	st := conn.ConnectionState()
	return fmt.Sprint(st.PeerCertificates[0].Subject.CommonName, " ", st.PeerCertificates[0].PublicKeyAlgorithm, " ", st.NegotiatedProtocol)
}

// onlyRSA is a client that cannot use ECDSA.
func onlyRSA(c *tls.Config) {
	c.MaxVersion = tls.VersionTLS12
	c.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
}

func TestCrtList(t *testing.T) {
	ca := newAuthority(t)
	for _, n := range []string{"first", "plain", "wild", "secure", "exact"} {
		ca.issue(n+".pem", false, n+".example.com")
	}
	ca.issue("bundle.pem.ecdsa", false, "bundle.example.com")
	ca.issue("bundle.pem.rsa", true, "bundle.example.com")
	key := ca.issue("store.pem", false, "store.example.com")
	client := ca.issue("client.pem", false, "client")
	list := filepath.Join(ca.dir, "sites.list")
	lab.Write(t, list, strings.ReplaceAll(`# the first serves whoever asks for nothing
DIR/first.pem *
DIR/plain.pem [alpn http/1.1]
DIR/wild.pem *.wild.example.com !not.wild.example.com
DIR/secure.pem [verify required ca-file CA ssl-min-ver TLSv1.3] secure.example.com
DIR/exact.pem [no-alpn ssl-max-ver TLSv1.2 curves P-256] exact.wild.example.com
DIR/bundle.pem
@web/shop shop.example.com
`, "DIR", ca.dir))
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	lab.Write(t, list, strings.ReplaceAll(string(text), "CA", ca.file))
	port, bundle := lab.Port(t), lab.Port(t)
	lab.Fairlead(t, defaults+`
[crt-store.web]
crt-base = "`+ca.dir+`"
load = [{ crt = "store.pem", key = "`+key+`", alias = "shop" }]
[frontend.list]
bind = { address = "127.0.0.1:`+port+`", tls = { crt-list = "`+list+`" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[ssl_c_used] %[ssl_c_s_dn(cn)]\n" }]
[frontend.bundle]
bind = { address = "127.0.0.1:`+bundle+`", tls = { crt = "`+ca.dir+`/bundle.pem", default-crt = "@web/store.pem" } }
`)
	for _, c := range []struct {
		port, name string
		change     func(*tls.Config)
		want       string
	}{
		{port, "", nil, "first.example.com ECDSA "},
		{port, "first.example.com", nil, "first.example.com ECDSA "},
		{port, "nobody.example.org", nil, "first.example.com ECDSA "},
		{port, "plain.example.com", func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }, "plain.example.com ECDSA http/1.1"},
		{port, "first.example.com", func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }, "first.example.com ECDSA h2"},
		{port, "a.wild.example.com", nil, "wild.example.com ECDSA "},
		{port, "not.wild.example.com", nil, "first.example.com ECDSA "},
		{port, "wild.example.com", nil, "first.example.com ECDSA "},
		{port, "exact.wild.example.com", func(c *tls.Config) { c.NextProtos = []string{"h2"} }, "exact.example.com ECDSA "},
		{port, "exact.wild.example.com", func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, "remote error: tls: protocol version not supported"},
		{port, "exact.wild.example.com", func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.X25519} }, "remote error: tls: handshake failure"},
		{port, "bundle.example.com", nil, "bundle.example.com ECDSA "},
		{port, "bundle.example.com", onlyRSA, "bundle.example.com RSA "},
		{port, "shop.example.com", nil, "store.example.com ECDSA "},
		{port, "store.example.com", nil, "first.example.com ECDSA "},
		{port, "secure.example.com", onlyRSA, "remote error: tls: protocol version not supported"},
		{bundle, "", nil, "bundle.example.com ECDSA "},
		{bundle, "", onlyRSA, "bundle.example.com RSA "},
		{bundle, "store.example.com", nil, "store.example.com ECDSA "},
	} {
		if got := presented(c.port, c.name, c.change); got != c.want {
			t.Errorf("%q: %q, want %q", c.name, got, c.want)
		}
	}
	// What a line says of clients holds for its names, and for no others.
	if out, code := curl(t, ca, port, "https://secure.example.com:"+port+"/"); code == 0 {
		t.Errorf("a client without a certificate is let in: %q", out)
	}
	if out, code := curl(t, ca, port, "--cert", client, "https://secure.example.com:"+port+"/"); code != 0 || out != "1 client\n" {
		t.Errorf("with a certificate: %q, exit status %d", out, code)
	}
	if out, code := curl(t, ca, port, "--cert", client, "https://plain.example.com:"+port+"/"); code != 0 || out != "0 \n" {
		t.Errorf("where none is asked for: %q, exit status %d", out, code)
	}
}

// All that is wrong with files and names is told at once, with its place; what is
// only odd is a warning.
func TestValidate(t *testing.T) {
	ca := newAuthority(t)
	ca.issue("good.pem", false, "a")
	old := ca.expire("old.pem")
	lab.Write(t, filepath.Join(ca.dir, "empty.pem"), "")
	list := filepath.Join(ca.dir, "sites.list")
	lab.Write(t, list, strings.ReplaceAll(`DIR/good.pem
DIR/gone.pem
DIR/good.pem [curves X25518]
  DIR/empty.pem
DIR/good.pem [alpn h2
DIR/good.pem [verfy none]
`, "DIR", ca.dir))
	file := filepath.Join(t.TempDir(), "lb.toml")
	lab.Write(t, file, strings.ReplaceAll(`[defaults]
timeout = { connect = "5s", client = "30s", server = "30s" }
[crt-store.web]
load = "DIR/good.pem"
[frontend.a]
bind = [
  { address = ":443", tls = { crt-list = "LIST", ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES129-GCM-SHA256" } },
  { address = ":444", tls = { crt = "@web/god.pem", sigalgs = ["ECDSA+SHA257"], allow-0rtt = true } },
  { address = ":445", tls = { crt = "OLD", ciphers = "DHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", npn = "http/1.1", ciphersuites = "TLS_AES_128_GCM_SHA256" } },
  { address = ":446", tls = { crt = "DIR/good.pem", tls-ticket-keys = "DIR/empty.pem", crl-file = "DIR/good.pem", client-sigalgs = "ECDSA+SHA256", ssl-min-ver = "TLSv1.3", ssl-max-ver = "TLSv1.2" } },
]
`, "DIR", ca.dir))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lab.Write(t, file, strings.NewReplacer("LIST", list, "OLD", old).Replace(string(text)))
	_, stderr, code := lab.Run(t, lab.Binary(t), "validate", "--config", file)
	if code != 2 {
		t.Errorf("exit status %d", code)
	}
	for _, want := range []string{
		"error: " + list + ":2:1: " + ca.dir + "/gone.pem: no such file or directory",
		"error: " + list + `:3:` + fmt.Sprint(len(ca.dir)+12) + `: unknown curve "X25518"; did you mean "X25519"?`,
		"error: " + list + ":4:3: " + ca.dir + "/empty.pem: the file is empty",
		"error: " + list + ":5:", "the bracket is not closed",
		"error: " + list + ":6:", `unknown option "verfy"; did you mean "verify"?`,
		`lb.toml:7:`, `unknown cipher "ECDHE-RSA-AES129-GCM-SHA256"; did you mean "ECDHE-RSA-AES128-GCM-SHA256"?`,
		`lb.toml:8:`, `no section [crt-store.NAME] loads "@web/god.pem"`, `unknown signature algorithm "ECDSA+SHA257"; did you mean "ECDSA+SHA256"?`,
		"allow-0rtt cannot be: Go's TLS takes no early data",
		"old.pem: the certificate expired on ", "Go's TLS has no DHE-RSA-AES128-GCM-SHA256: left out", "npn is ignored",
		"TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256 stays on",
		"empty.pem: there are fewer than 3 keys", "good.pem: there is no revocation list in PEM", "client-sigalgs is ignored",
		"ssl-min-ver TLSv1.3 is later than ssl-max-ver TLSv1.2",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	for _, line := range strings.Split(stderr, "\n") {
		if strings.Contains(line, "error: ") && (strings.Contains(line, "expired on") || strings.Contains(line, "ignored") || strings.Contains(line, "stays on")) {
			t.Errorf("not a warning: %s", line)
		}
	}
	if t.Failed() {
		t.Log(stderr)
	}
}
