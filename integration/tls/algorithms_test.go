package tls

import (
	"crypto/tls"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// Signature algorithms have the names that they have in HAProxy and OpenSSL.
func TestSignatureNames(t *testing.T) {
	dir := t.TempDir()
	openssl := lab.Need(t, "openssl")
	run := func(args ...string) string {
		t.Helper()
		out, stderr, code := lab.Run(t, openssl, args...)
		if code != 0 {
			t.Fatalf("openssl %v: %s", args, stderr)
		}
		return out
	}
	ours, theirs := lab.Port(t), lab.Port(t)
	crts, lists, binds := "", "", ""
	kinds := map[string]string{ // how openssl makes the key, and signs
		"rsa256": "rsa:2048 -sha256", "rsa384": "rsa:2048 -sha384", "rsa512": "rsa:2048 -sha512", "pss": "rsa:2048 -sha256 -sigopt rsa_padding_mode:pss",
		"ecdsa256": "ec -pkeyopt ec_paramgen_curve:P-256 -sha256", "ecdsa384": "ec -pkeyopt ec_paramgen_curve:P-384 -sha384", "ed25519": "ed25519",
	}
	for name, how := range kinds {
		key, crt, crl := filepath.Join(dir, name+".pem.key"), filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".crl")
		run(append([]string{"req", "-x509", "-nodes", "-days", "1", "-keyout", key, "-out", crt, "-subj", "/CN=" + name + ".example.com", "-newkey"}, strings.Fields(how)...)...)
		crts += " crt " + crt
		binds += `"` + crt + `", `
		lab.Write(t, filepath.Join(dir, "index"), "")
		lab.Write(t, filepath.Join(dir, "number"), "01\n")
		lab.Write(t, filepath.Join(dir, "ca.cnf"), "[ca]\ndefault_ca=c\n[c]\ndatabase="+dir+"/index\ncrlnumber="+dir+"/number\ndefault_crl_days=1\n")
		digest := "sha256"
		if i := strings.Index(how, "-sha"); i >= 0 {
			digest = strings.Fields(how[i+1:])[0]
		}
		args := []string{"ca", "-config", filepath.Join(dir, "ca.cnf"), "-gencrl", "-keyfile", key, "-cert", crt, "-out", crl, "-md", digest}
		if name == "pss" {
			args = append(args, "-sigopt", "rsa_padding_mode:pss")
		}
		run(args...)
		lists += read(t, crl)
	}
	all := filepath.Join(dir, "all.crl")
	lab.Write(t, all, lists)
	lab.HAProxy(t, `
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend f
  bind 127.0.0.1:`+theirs+` ssl`+crts+`
  http-request return status 200 content-type text/plain lf-string "%[ssl_f_sig_alg] %[ssl_f_key_alg]"
`, theirs)
	f := lab.Fairlead(t, defaults+`
[frontend.f]
bind = { address = "127.0.0.1:`+ours+`", tls = { crt = [`+strings.TrimSuffix(binds, ", ")+`], verify = "optional", ca-file = "`+dir+`/rsa256.pem", crl-file = "`+all+`" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[ssl_f_sig_alg] %[ssl_f_key_alg]" }]
`)
	shown := command(t, f.Socket(), "show ssl crl-file "+all)
	for name := range kinds {
		client := &tls.Config{InsecureSkipVerify: true, ServerName: name + ".example.com"}
		if got, want := ask(client, ours), ask(client, theirs); got != want || got == "refused" {
			t.Errorf("%s: %q, HAProxy %q", name, got, want)
		}
		text := run("crl", "-in", filepath.Join(dir, name+".crl"), "-noout", "-text")
		_, long, _ := strings.Cut(text, "Signature Algorithm: ")
		long, _, _ = strings.Cut(long, "\n")
		long = strings.TrimSpace(long)
		if !strings.Contains(shown, "Signature Algorithm: "+long+"\nIssuer: /CN="+name) {
			t.Errorf("%s: OpenSSL says %q, not here:\n%s", name, long, shown)
		}
	}
}
