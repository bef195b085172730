package secure

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority signs certificates for tests.
type authority struct {
	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir(), key: newECDSA(t), n: 1}
	a.cert = a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, a.key.Public())
	return a
}

func newECDSA(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sign makes a certificate; the authority's own before it has one.
func (a *authority) sign(tmpl *x509.Certificate, public crypto.PublicKey) *x509.Certificate {
	a.t.Helper()
	parent := a.cert
	if parent == nil {
		parent = tmpl
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, public, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

// leaf makes a certificate for names; change alters the template.
func (a *authority) leaf(public crypto.PublicKey, change func(*x509.Certificate), names ...string) *x509.Certificate {
	a.n++
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(a.n), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if len(names) > 0 {
		tmpl.Subject.CommonName = names[0]
	}
	if change != nil {
		change(tmpl)
	}
	return a.sign(tmpl, public)
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func certPEM(c *x509.Certificate) string { return pemOf("CERTIFICATE", c.Raw) }

func keyPEM(t testing.TB, k crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("PRIVATE KEY", der)
}

// write makes a file in the authority's directory and gives its path.
func (a *authority) write(name, text string) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// issue writes a certificate with its key and gives the file.
func (a *authority) issue(file string, k crypto.Signer, names ...string) string {
	a.t.Helper()
	return a.write(file, certPEM(a.leaf(k.Public(), nil, names...))+keyPEM(a.t, k))
}

// load reads certificates that have to be right.
func load(t testing.TB, s *Store, files ...string) []*Pair {
	t.Helper()
	var list []Files
	for _, f := range files {
		list = append(list, Files{Crt: f})
	}
	var pairs []*Pair
	for _, r := range s.Load(list) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		pairs = append(pairs, r.Pair)
	}
	return pairs
}
