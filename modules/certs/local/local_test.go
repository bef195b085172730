package local_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/certstest"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/modules/certs/local"
	_ "github.com/fairleadproxy/fairlead/modules/storage/file"
)

func TestLaws(t *testing.T) {
	certstest.Laws(t, "internal", `storage = "`+t.TempDir()+`"`)
}

// start runs a source until the test ends.
func start(t *testing.T, storage string, names ...string) *local.Source {
	t.Helper()
	s := moduletest.New(t, secure.Kind, "internal", `storage = "`+storage+`"`).(*local.Source)
	for _, n := range names {
		if err := s.Manage(n, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	ctx := module.NewContext(module.ContextOptions{})
	if err := s.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// chosen waits for a name's certificate, another than old.
func chosen(t *testing.T, s *local.Source, name string, old *x509.Certificate) *tls.Certificate {
	t.Helper()
	hello := &tls.ClientHelloInfo{
		ServerName: name, SupportedVersions: []uint16{tls.VersionTLS13}, SupportedCurves: []tls.CurveID{tls.X25519},
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256},
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := s.Choose(hello); err == nil && !c.Leaf.Equal(old) {
			return c
		}
	}
	t.Fatalf("there is no certificate for %s", name)
	return nil
}

// Who trusts the root trusts the certificates, for their names and for half a day.
func TestChain(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, "localhost", "*.dev.example")
	root, err := s.Root()
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(root.PEM)
	for name, asked := range map[string]string{"localhost": "localhost", "*.dev.example": "a.dev.example"} {
		c := chosen(t, s, asked, nil)
		between := x509.NewCertPool()
		for _, der := range c.Certificate[1:] {
			one, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			between.AddCert(one)
		}
		if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: trusted, Intermediates: between, DNSName: asked}); err != nil {
			t.Errorf("the certificate of %s: %v", name, err)
		}
		if life := time.Until(c.Leaf.NotAfter); life > 12*time.Hour || life < 11*time.Hour {
			t.Errorf("the certificate of %s is valid for %v, want 12h", name, life)
		}
	}
	if again, err := start(t, dir).Root(); err != nil || !bytes.Equal(again.DER, root.DER) {
		t.Errorf("another process has another root: %v", err)
	}
}

func TestRenew(t *testing.T) {
	s := start(t, t.TempDir(), "localhost")
	old := chosen(t, s, "localhost", nil).Leaf
	if err := s.Renew("localhost"); err != nil {
		t.Fatal(err)
	}
	chosen(t, s, "localhost", old)
	if list := s.Certificates(); len(list) != 1 || list[0].Name != "localhost" || list[0].Leaf == nil || list[0].Leaf.Equal(old) {
		t.Errorf("the source tells of %+v", list)
	}
	if err := s.Renew("other"); err == nil {
		t.Error("a name that is not there is renewed")
	}
}
