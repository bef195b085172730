package secure

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

func TestReadKinds(t *testing.T) {
	a := newAuthority(t)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, rsaKey := newECDSA(t), newRSA(t)
	sec1, err := x509.MarshalECPrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	ecCert, rsaCert := certPEM(a.leaf(ecKey.Public(), nil, "a.example.com")), certPEM(a.leaf(rsaKey.Public(), nil, "a.example.com"))
	a.write("beside.pem.key", keyPEM(t, ecKey))
	for name, c := range map[string]struct {
		text string
		kind Algorithm
	}{
		"ecdsa.pem":  {ecCert + keyPEM(t, ecKey), ECDSA},
		"sec1.pem":   {pemOf("EC PARAMETERS", []byte{6, 1, 1}) + pemOf("EC PRIVATE KEY", sec1) + ecCert, ECDSA},
		"rsa.pem":    {rsaCert + keyPEM(t, rsaKey), RSA},
		"pkcs1.pem":  {rsaCert + pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), RSA},
		"ed.pem":     {certPEM(a.leaf(edKey.Public(), nil, "a.example.com")) + keyPEM(t, edKey), Ed25519},
		"beside.pem": {ecCert, ECDSA},
	} {
		p := load(t, NewStore(time.Now), a.write(name, c.text))[0]
		if p.Algorithm() != c.kind || !slices.Equal(p.Names(), []string{"a.example.com"}) {
			t.Errorf("%s: kind %d, names %v", name, p.Algorithm(), p.Names())
		}
		if whole, err := p.Certificate(); err != nil || whole.Leaf == nil || whole.PrivateKey == nil {
			t.Errorf("%s: %+v, %v", name, whole, err)
		}
	}
}

// What is wrong is named with the file, and with what to do about it.
func TestReadErrors(t *testing.T) {
	a := newAuthority(t)
	k, other := newECDSA(t), newECDSA(t)
	good := certPEM(a.leaf(k.Public(), nil, "a"))
	rsaKey := newRSA(t)
	for name, c := range map[string]struct{ text, want string }{
		"empty.pem":     {"", "the file is empty"},
		"garbage.pem":   {"nothing", "no certificate in PEM"},
		"der.pem":       {string(a.cert.Raw), "openssl x509 -inform der"},
		"nokey.pem":     {good, "there is no private key in the file, and no " + a.dir + "/nokey.pem.key"},
		"mixed.pem":     {good + keyPEM(t, other), "the private key is not the certificate's"},
		"rsa.pem":       {good + keyPEM(t, rsaKey), "the private key is not the certificate's"},
		"encrypted.pem": {good + pemOf("ENCRYPTED PRIVATE KEY", []byte{1}), "is encrypted: write it without a passphrase"},
		"legacy.pem":    {good + "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n", "is encrypted"},
		"brokenkey.pem": {good + pemOf("PRIVATE KEY", []byte("x")), "the private key"},
		"broken.pem":    {pemOf("CERTIFICATE", []byte("x")) + keyPEM(t, k), "the certificate: malformed"},
		"chain.pem":     {good + pemOf("CERTIFICATE", []byte("x")) + keyPEM(t, k), "a certificate of the chain: malformed"},
	} {
		path := a.write(name, c.text)
		r := NewStore(time.Now).Load([]Files{{Crt: path}})[0]
		if r.Err == nil || !strings.Contains(r.Err.Error(), c.want) || !strings.HasPrefix(r.Err.Error(), path) {
			t.Errorf("%s: %v", name, r.Err)
		}
	}
	if _, err := NewStore(time.Now).Expand(a.dir + "/none.pem"); err == nil || !strings.Contains(err.Error(), "none.pem: no such file") {
		t.Error(err)
	}
}

func TestWarnings(t *testing.T) {
	a := newAuthority(t)
	k := newECDSA(t)
	other := newAuthority(t)
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		chain  string
		want   string
	}{
		"good":      {nil, "", ""},
		"withroot":  {nil, certPEM(a.cert), ""},
		"expired":   {func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, "", "expired on "},
		"early":     {func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }, "", "not valid before "},
		"nochain":   {func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca/i.crt"} }, "", "the intermediate certificate of \"CN=test authority\" is missing"},
		"unrelated": {nil, certPEM(other.leaf(k.Public(), nil, "z")), "the chain is broken"},
	} {
		path := a.write(name+".pem", certPEM(a.leaf(k.Public(), c.change, "a"))+c.chain+keyPEM(t, k))
		r := NewStore(time.Now).Load([]Files{{Crt: path}})[0]
		if got := strings.Join(r.Warnings, "; "); r.Err != nil || (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %v, warnings %q", name, r.Err, got)
		}
	}
}

func TestStaples(t *testing.T) {
	a := newAuthority(t)
	k := newECDSA(t)
	leaf := a.leaf(k.Public(), nil, "a")
	path := a.write("a.pem", certPEM(leaf)+certPEM(a.cert)+keyPEM(t, k))
	response := func(status int, next time.Time) []byte {
		der, err := ocsp.CreateResponse(a.cert, a.cert, ocsp.Response{
			Status: status, SerialNumber: leaf.SerialNumber, ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: next, RevokedAt: time.Now().Add(-time.Hour),
		}, a.key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for name, c := range map[string]struct {
		der  []byte
		want string
	}{
		"good":    {response(ocsp.Good, time.Now().Add(time.Hour)), ""},
		"late":    {response(ocsp.Good, time.Now().Add(-time.Minute)), "it expired at"},
		"revoked": {response(ocsp.Revoked, time.Now().Add(time.Hour)), "it says that the certificate was revoked"},
		"garbage": {[]byte("x"), "is left out"},
	} {
		a.write("a.pem.ocsp", string(c.der))
		r := NewStore(time.Now).Load([]Files{{Crt: path}})[0]
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		whole, err := r.Pair.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		warnings := strings.Join(r.Warnings, "; ")
		if (c.want == "") != (warnings == "") || !strings.Contains(warnings, c.want) || (len(whole.OCSPStaple) > 0) != (c.want == "") {
			t.Errorf("%s: %d bytes, warnings %q", name, len(whole.OCSPStaple), warnings)
		}
	}
	// Clients get none once its time is over.
	a.write("a.pem.ocsp", string(response(ocsp.Good, time.Now().Add(time.Hour))))
	now := time.Now()
	r := NewStore(func() time.Time { return now }).Load([]Files{{Crt: path}})[0]
	for _, later := range []time.Duration{0, 2 * time.Hour} {
		now = time.Now().Add(later)
		whole, err := r.Pair.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		if (whole.OCSPStaple != nil) != (later == 0) {
			t.Errorf("after %v: %d bytes", later, len(whole.OCSPStaple))
		}
	}
}

// What was parsed goes when others are needed more, and comes again.
func TestShelf(t *testing.T) {
	a := newAuthority(t)
	k := newECDSA(t)
	s := NewStore(time.Now)
	s.shelf.size = 2
	var files []string
	for _, n := range []string{"a", "b", "c"} {
		files = append(files, a.issue(n+".pem", k, n))
	}
	pairs := load(t, s, files...)
	for range 3 {
		for _, p := range pairs {
			if _, err := p.Certificate(); err != nil {
				t.Fatal(err)
			}
		}
	}
	kept := 0
	for _, p := range pairs {
		if p.whole.Load() != nil {
			kept++
		}
	}
	if kept != 2 {
		t.Errorf("%d are kept", kept)
	}
}

func TestExpand(t *testing.T) {
	a := newAuthority(t)
	for _, f := range []string{"b.pem", "a.crt", "a.crt.key", ".hidden", "a.crt.ocsp", "x.pem.rsa", "x.pem.ecdsa"} {
		a.write(f, "")
	}
	s := NewStore(time.Now)
	s.Base = a.dir
	s.Declare(Files{Crt: "/x/site.crt", Key: "/x/site.key", Alone: true}, "@web/site", "@web/site.crt")
	for name, want := range map[string]string{
		"":           "a.crt b.pem x.pem.ecdsa x.pem.rsa",
		"b.pem":      "b.pem",
		"x.pem":      "x.pem.ecdsa x.pem.rsa",
		"@web/site":  "site.crt",
		"@web/sites": `no section [crt-store.NAME] loads "@web/sites"`,
	} {
		if name == "" {
			name = a.dir
		}
		list, err := s.Expand(name)
		var got []string
		for _, f := range list {
			got = append(got, f.Crt[strings.LastIndex(f.Crt, "/")+1:])
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: %q, want %q", name, g, want)
		}
	}
}
