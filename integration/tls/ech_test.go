package tls

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A client that knows the key hides the name that it asks for; one with an old key
// is told the new one; keys change while the process runs.
func TestECH(t *testing.T) {
	ca := newAuthority(t)
	ca.issue("public.pem", false, "public.example.com")
	ca.issue("secret.pem", false, "secret.example.com")
	dir := filepath.Join(ca.dir, "ech")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	make := func() (text string, list []byte) {
		out, stderr, code := lab.Run(t, lab.Binary(t), "ech", "--public-name", "public.example.com")
		if code != 0 {
			t.Fatal(stderr)
		}
		rest := []byte(out)
		for b, next := pem.Decode(rest); b != nil; b, next = pem.Decode(next) {
			if b.Type == "ECHCONFIG" {
				list = b.Bytes
			}
		}
		return out, list
	}
	first, known := make()
	second, later := make()
	lab.Write(t, filepath.Join(dir, "1.ech"), first)
	port := lab.Port(t)
	f := lab.Fairlead(t, defaults+`
[frontend.f]
bind = { address = "127.0.0.1:`+port+`", name = "web", tls = { crt = ["`+ca.dir+`/public.pem", "`+ca.dir+`/secret.pem"], ech = "`+dir+`" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[ssl_fc_sni] %[ssl_fc_ech_status] %[ssl_fc_ech_outer_sni]" }]
`)
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	client := func(list []byte) *tls.Config {
		return &tls.Config{RootCAs: pool, ServerName: "secret.example.com", EncryptedClientHelloConfigList: list}
	}
	asks := func(list []byte, want string) {
		t.Helper()
		if got := ask(client(list), port); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	const hidden = "secret.example.com SSL_ECH_STATUS_SUCCESS public.example.com"
	asks(known, hidden)
	asks(nil, "secret.example.com SSL_ECH_STATUS_NOT_TRIED ")
	_, err := tls.Dial("tcp", "127.0.0.1:"+port, client(later))
	var rejected *tls.ECHRejectionError
	if !errors.As(err, &rejected) || string(rejected.RetryConfigList) != string(known) {
		t.Errorf("a client with an old key: %v", err)
	}
	say := func(text, want string) {
		t.Helper()
		if got := command(t, f.Socket(), text); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	say("experimental-mode on; show ssl ech", "ECH entry: 0 public_name: public.example.com age: ")
	say("add ssl ech f/web <<\n"+second, "added a new ECH config to f/web")
	asks(later, hidden)
	asks(known, hidden)
	say("set ssl ech f/web <<\n"+second, "set new ECH configs for f/web")
	asks(later, hidden)
	if _, err := tls.Dial("tcp", "127.0.0.1:"+port, client(known)); !errors.As(err, &rejected) {
		t.Errorf("a key that was taken away: %v", err)
	}
	say("set ssl ech f/web <<\ngarbage\n", "error adding provided PEM ECH value: there is no X25519 key")
	say("del ssl ech f/none", "unable to locate referenced name")
	say("del ssl ech f/web", "deleted all ECH configs from f/web")
	if _, err := tls.Dial("tcp", "127.0.0.1:"+port, client(later)); err == nil {
		t.Error("a key is used after all were taken away")
	}
	lab.Write(t, filepath.Join(dir, "2.ech"), strings.Replace(second, "ECHCONFIG", "OTHER", 2))
	_, stderr, code := lab.Run(t, lab.Binary(t), "validate", "--config", f.Config())
	if code != 2 || !strings.Contains(stderr, "lb.toml:") || !strings.Contains(stderr, dir+"/2.ech: there is no block ECHCONFIG") {
		t.Errorf("exit status %d: %s", code, stderr)
	}
}
