package tls

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// echKey makes a key, and gives it and the list that clients are told.
func echKey(t *testing.T) (text string, list []byte) {
	t.Helper()
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

// echAuthority makes certificates for a name that everyone sees and one that is to
// be hidden, and a directory for keys.
func echAuthority(t *testing.T) (ca *authority, dir string) {
	t.Helper()
	ca = newAuthority(t)
	ca.issue("public.pem", false, "public.example.com")
	ca.issue("secret.pem", false, "secret.example.com")
	dir = filepath.Join(ca.dir, "ech")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return ca, dir
}

// A client that knows the key hides the name that it asks for; one with an old key
// is told the new one; keys change while the process runs.
func TestECH(t *testing.T) {
	ca, dir := echAuthority(t)
	first, known := echKey(t)
	second, later := echKey(t)
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

// With servers names are hidden too. A server that has another key tells it, and one
// more attempt goes by that; one that has none gets nothing.
func TestECHWithServers(t *testing.T) {
	ca, dir := echAuthority(t)
	first, known := echKey(t)
	old, unknown := echKey(t)
	lab.Write(t, filepath.Join(dir, "1.ech"), first)
	stale := filepath.Join(ca.dir, "old.pem")
	lab.Write(t, stale, old)
	hides, plain := lab.Port(t), lab.Port(t)
	lab.Fairlead(t, defaults+strings.ReplaceAll(`
[frontend.f]
bind = [
  { address = "127.0.0.1:`+hides+`", tls = { crt = ["DIR/public.pem", "DIR/secret.pem"], ech = "`+dir+`" } },
  { address = "127.0.0.1:`+plain+`", tls = { crt = ["DIR/public.pem", "DIR/secret.pem"] } },
]
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[ssl_fc_sni] %[ssl_fc_ech_status] %[ssl_fc_ech_outer_sni]" }]
`, "DIR", ca.dir))
	port := lab.Port(t)
	backends := ""
	for name, c := range map[string]struct{ to, tls string }{
		"known":    {hides, `verifyhost = "secret.example.com", ca-file = "AUTHORITY", ech = "ech=` + base64.StdEncoding.EncodeToString(known) + `"`},
		"sni":      {hides, `sni = "req.hdr(host)", ca-file = "AUTHORITY", ech = "` + base64.StdEncoding.EncodeToString(known) + `"`},
		"stale":    {hides, `verifyhost = "secret.example.com", ca-file = "AUTHORITY", ech = "` + stale + `"`},
		"unsafe":   {hides, `sni = "str(secret.example.com)", verify = "none", ech = "` + stale + `"`},
		"distrust": {hides, `verifyhost = "secret.example.com", ech = "` + base64.StdEncoding.EncodeToString(unknown) + `"`},
		"none":     {plain, `verifyhost = "secret.example.com", ca-file = "AUTHORITY", ech = "` + stale + `"`},
		"checked":  {hides, `verifyhost = "secret.example.com", ca-file = "AUTHORITY", ech = "` + stale + `"`},
	} {
		backends += "[backend." + name + "]\nservers = [{ address = \"127.0.0.1:" + c.to + "\", tls = { " + strings.ReplaceAll(c.tls, `"AUTHORITY"`, `"`+ca.file+`"`) + " } }]\n"
		if name == "checked" {
			backends += "check = { type = \"http\", interval = \"100ms\", rise = 1, fall = 1 }\n"
		}
	}
	f := lab.Fairlead(t, defaults+`
[frontend.web]
bind = "127.0.0.1:`+port+`"
use-backend = [{ backend = "%[path,field(2,/)]" }]
`+backends)
	get := func(name string) string {
		out, _, _ := lab.Run(t, lab.Need(t, "curl"), "-s", "-m", "20", "-w", "%{http_code}", "-H", "Host: secret.example.com", "-o", filepath.Join(ca.dir, "body"), "http://127.0.0.1:"+port+"/"+name)
		if out != "200" {
			return out
		}
		return read(t, filepath.Join(ca.dir, "body"))
	}
	const hidden = "secret.example.com SSL_ECH_STATUS_SUCCESS public.example.com"
	for name, want := range map[string]string{"known": hidden, "sni": hidden, "stale": hidden, "unsafe": hidden, "distrust": "503", "none": "503"} {
		for range 2 {
			if got := get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	lab.Until(t, 10*time.Second, "checks go by the keys that the server told", func() bool { return get("checked") == hidden })
	for _, want := range []string{"the server has other keys for ECH, which are used from now on", "the server has no keys for ECH"} {
		if !strings.Contains(f.Output(), want) {
			t.Errorf("nothing says %q\n%s", want, f.Output())
		}
	}
	if n := strings.Count(f.Output(), "the server has no keys for ECH"); n != 1 {
		t.Errorf("that a server has no keys is said %d times", n)
	}
	if n := strings.Count(f.Output(), "the server has other keys for ECH"); n != 3 { // of stale, unsafe and checked
		t.Errorf("other keys are taken %d times", n)
	}
	for ech, want := range map[string]string{
		`"AAAA"`:            "neither a list of ECH configurations in Base64 nor a file with one: AAAA: no such file",
		`"` + ca.file + `"`: ca.file + ": there is no block ECHCONFIG",
		`"` + stale + `", ssl-max-ver = "TLSv1.2"`: "ech needs TLS 1.3",
	} {
		file := filepath.Join(t.TempDir(), "lb.toml")
		lab.Write(t, file, defaults+"[frontend.f]\nbind = \":80\"\n[backend.b]\nservers = [{ address = \"a.example.com:443\", tls = { ech = "+ech+" } }]\n")
		if _, stderr, code := lab.Run(t, lab.Binary(t), "validate", "--config", file); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit status %d\n%s", ech, code, stderr)
		}
	}
}
