package tls

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// signing writes the authority's certificate with its key, which openssl encrypts as
// the arguments say.
func (a *authority) signing(file string, openssl ...string) string {
	a.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if len(openssl) > 0 {
		plain := filepath.Join(a.dir, "plain.key")
		lab.Write(a.t, plain, key)
		out, stderr, code := lab.Run(a.t, lab.Need(a.t, "openssl"), append(openssl, "-in", plain, "-passout", "pass:secret")...)
		if code != 0 {
			a.t.Fatal(stderr)
		}
		key = out
	}
	own, err := os.ReadFile(a.file)
	if err != nil {
		a.t.Fatal(err)
	}
	path := filepath.Join(a.dir, file)
	lab.Write(a.t, path, string(own)+key)
	return path
}

// Clients get a certificate for any name, which the authority signed, and the same
// again while it is kept; names that there is one for keep theirs. HAProxy does so too.
func TestGenerateCertificates(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	sign, plain := ca.signing("sign.pem", "pkcs8", "-topk8"), ca.signing("unlocked.pem")
	ours, strict, alone := lab.Port(t), lab.Port(t), lab.Port(t)
	lab.Fairlead(t, "tune.ssl.ssl-ctx-cache-size = 2\n"+defaults+fmt.Sprintf(`
[frontend.web]
bind = [
  { address = "127.0.0.1:%s", tls = { crt = "%s", generate-certificates = true, ca-sign-file = "%s", ca-sign-pass = "secret" } },
  { address = "127.0.0.1:%[4]s", tls = { crt = "%[2]s", strict-sni = true, generate-certificates = true, ca-sign-file = "%[3]s", ca-sign-pass = "secret" } },
  { address = "127.0.0.1:%[5]s", tls = { generate-certificates = true, ca-sign-file = "%[3]s", ca-sign-pass = "secret" } },
]
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%%[ssl_f_s_dn(CN)]\n" }]
`, ours, site, sign, strict, alone))
	leaf := func(port, name string) (*x509.Certificate, error) {
		roots := x509.NewCertPool()
		roots.AddCert(ca.cert)
		c, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: roots, ServerName: name, InsecureSkipVerify: name == ""})
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0], nil
	}
	haproxy := lab.Port(t)
	lab.HAProxy(t, fmt.Sprintf(`
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:%s ssl crt %s generate-certificates ca-sign-file %s
  http-request return status 200
`, haproxy, site, plain), haproxy)
	ports := map[string]string{"ours": ours, "strict": strict, "alone": alone, "haproxy": haproxy}
	for which, port := range ports {
		var first *x509.Certificate
		for _, name := range []string{"a.example.org", "a.example.org", "b.example.org"} {
			c, err := leaf(port, name)
			if err != nil {
				t.Errorf("%s: %s: %v", which, name, err)
				continue
			}
			if c.Subject.CommonName != name {
				t.Errorf("%s: %s: %v", which, name, c.Subject)
			}
			if first != nil && first.Equal(c) != (name == "a.example.org") {
				t.Errorf("%s: %s: a certificate that is kept is another", which, name)
			}
			if first == nil {
				first = c
			}
		}
		if c, err := leaf(port, "site.example.com"); which != "alone" && (err != nil || c.SerialNumber.Int64() != 2) {
			t.Errorf("%s: a name with a certificate: %v, %v", which, c, err)
		}
		_, err := leaf(port, "")
		if (err == nil) != (which == "ours" || which == "haproxy") {
			t.Errorf("%s: no name: %v", which, err)
		}
	}
	first, err := leaf(ours, "a.example.org")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"c.example.org", "d.example.org", "a.example.org"} {
		c, err := leaf(ours, name)
		if err != nil {
			t.Fatal(err)
		}
		if c.Equal(first) {
			t.Errorf("%s: the certificate was kept beyond ssl-ctx-cache-size", name)
		}
	}
	if out, code := curl(t, ca, ours, "https://long."+strings.Repeat("x", 60)+".example.org:"+ours+"/"); code != 0 {
		t.Errorf("a name that is too long for a common name: %q, exit status %d", out, code)
	}
}

// Keys are unlocked by a program that is asked once for each passphrase, and files
// beside the certificate's are read as is asked for.
func TestFilesOfCertificates(t *testing.T) {
	ca := newAuthority(t)
	root := lab.Need(t, "openssl")
	parts := func(file string) (cert, key string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cert, rest, _ := strings.Cut(string(text), "-----BEGIN PRIVATE")
		return cert, "-----BEGIN PRIVATE" + rest
	}
	asked := filepath.Join(ca.dir, "asked")
	program := filepath.Join(ca.dir, "pass")
	lab.Write(t, program, "#!/bin/sh\necho \"$@\" >> "+asked+"\necho secret\n")
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, how := range []string{
		"pkcs8 -topk8", "pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA1", "pkcs8 -topk8 -v2 des3 -v2prf hmacWithSHA512", "ec -aes256", "pkcs8 -topk8 -scrypt",
	} {
		file := fmt.Sprintf("locked%d.pem", i)
		cert, key := parts(ca.issue(file, false, fmt.Sprintf("locked%d.example.com", i)))
		lab.Write(t, filepath.Join(ca.dir, "plain.key"), key)
		out, stderr, code := lab.Run(t, root, append(strings.Fields(how), "-in", filepath.Join(ca.dir, "plain.key"), "-passout", "pass:secret")...)
		if code != 0 {
			t.Fatalf("%s: %s", how, stderr)
		}
		lab.Write(t, filepath.Join(ca.dir, file), cert+out)
	}
	// Between the leaf and the root there is one more.
	sub := ca.intermediate("sub.pem")
	cert, key := parts(sub.issue("leaf.pem", false, "leaf.example.com"))
	lab.Write(t, filepath.Join(ca.dir, "leaf.crt"), cert)
	lab.Write(t, filepath.Join(ca.dir, "leaf.key"), key)
	lab.Write(t, filepath.Join(ca.dir, "leaf.ocsp"), "nonsense")
	chains := filepath.Join(ca.dir, "chains")
	if err := os.Mkdir(chains, 0o700); err != nil {
		t.Fatal(err)
	}
	between, _ := parts(filepath.Join(ca.dir, "sub.pem"))
	top, err := os.ReadFile(ca.file)
	if err != nil {
		t.Fatal(err)
	}
	lab.Write(t, filepath.Join(chains, "sub"), between+string(top))

	validate := func(global, crt string) (string, int) {
		file := filepath.Join(t.TempDir(), "lb.toml")
		lab.Write(t, file, "[global]\n"+global+"\n[frontend.a]\nbind = { address = \":443\", tls = { crt = ["+crt+"] } }\n")
		_, stderr, code := lab.Run(t, lab.Binary(t), "validate", "--config", file)
		return stderr, code
	}
	quoted := func(names ...string) string {
		for i, n := range names {
			names[i] = `"` + filepath.Join(ca.dir, n) + `"`
		}
		return strings.Join(names, ", ")
	}
	cmd := `ssl-passphrase-cmd = ["` + program + `", "one"]`
	if out, code := validate(cmd, quoted("locked0.pem", "locked1.pem", "locked2.pem", "locked3.pem")); code != 0 {
		t.Errorf("encrypted keys: exit status %d\n%s", code, out)
	}
	if b, err := os.ReadFile(asked); err != nil || strings.Count(string(b), "\n") != 1 || !strings.HasSuffix(string(b), ".pem one\n") {
		t.Errorf("the program was called with %q, %v", b, err)
	}
	for _, c := range []struct{ global, crt, want string }{
		{"", quoted("locked0.pem"), "the private key is encrypted"},
		{cmd, quoted("locked4.pem"), "encrypted in a way that is not known"},
		{`ssl-passphrase-cmd = ["/bin/echo"]`, quoted("locked0.pem"), "the passphrase is not that of the private key"},
		{`ssl-passphrase-cmd = ["/bin/false"]`, quoted("locked3.pem"), "ssl-passphrase-cmd gives no passphrase: exit status 1"},
		{"", quoted("leaf.crt"), "there is no private key in the file, and no " + ca.dir + "/leaf.crt.key"},
		{"ssl-load-extra-del-ext = true\nssl-load-extra-files = \"ocsp\"", quoted("leaf.crt"), "there is no private key in the file"},
		{`issuers-chain-path = "/nowhere"`, quoted("leaf.crt"), "/nowhere: no such file or directory"},
	} {
		if out, code := validate(c.global, c.crt); code != 2 || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit status %d, want %q\n%s", c.global, code, c.want, out)
		}
	}
	if out, code := validate("ssl-load-extra-del-ext = true", quoted("leaf.crt")); code != 0 || !strings.Contains(out, "OCSP response is left out") {
		t.Errorf("exit status %d\n%s", code, out)
	}
	if out, code := validate("ssl-load-extra-del-ext = true\nssl-load-extra-files = \"key\"", quoted("leaf.crt")); code != 0 || strings.Contains(out, "OCSP") {
		t.Errorf("exit status %d\n%s", code, out)
	}
	port := lab.Port(t)
	for _, c := range []struct {
		global string
		want   int
	}{{"", 1}, {`issuers-chain-path = "` + chains + `"`, 3}, {"ssl-skip-self-issued-ca = true\n" + `issuers-chain-path = "` + chains + `"`, 2}} {
		f := lab.Fairlead(t, "ssl-load-extra-del-ext = true\nssl-load-extra-files = \"key\"\n"+c.global+defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = { crt = "`+ca.dir+`/leaf.crt" } }
http-request = [{ do = "return", status = 200 }]
`)
		conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(conn.ConnectionState().PeerCertificates); n != c.want {
			t.Errorf("%s: the client gets %d certificates, want %d", c.global, n, c.want)
		}
		conn.Close()
		if _, code := curl(t, ca, port, "https://leaf.example.com:"+port+"/"); (code == 0) != (c.want > 1) {
			t.Errorf("%s: curl's exit status %d", c.global, code)
		}
		f.Kill(t)
	}
}

// intermediate makes an authority that another one vouches for.
func (a *authority) intermediate(file string) *authority {
	a.t.Helper()
	path := a.make(file, false, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
	}, "intermediate")
	pair, err := tls.LoadX509KeyPair(path, path)
	if err != nil {
		a.t.Fatal(err)
	}
	return &authority{t: a.t, dir: a.dir, cert: pair.Leaf, key: pair.PrivateKey.(*ecdsa.PrivateKey), file: path, n: 100}
}
