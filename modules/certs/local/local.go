// Package local is the source of certificates called internal: an authority of
// one's own, for development and for networks that no other authority reaches.
//
//	[frontend.web]
//	bind = { address = ":8443", tls = { acme = ["localhost"], issuer = "internal" } }
//
// "fairlead trust" has the machine's programs trust its root. The root and an
// intermediate are kept with the certificates; whoever has their keys can pose as
// any name towards those who trust the root.
//
// It is safe for concurrent use, also by several processes with one storage.
package local

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/storage"
	"github.com/fairleadproxy/fairlead/core/trust"
	"github.com/fairleadproxy/fairlead/modules/certs/internal/managed"
)

func init() {
	module.Register(secure.Kind, "internal", module.Spec[Config, secure.Source]{
		Doc:      "Gives certificates of an authority of its own, for development",
		Defaults: func() Config { return Config{Name: "Fairlead", Lifetime: 12 * time.Hour} },
		New:      New,
	})
}

// Config is the configuration of the source.
type Config struct {
	// Name is what the names of the root and the intermediate begin with. Default "Fairlead".
	Name string `toml:"name"`
	// Lifetime is how long certificates are valid. They are renewed when a third of
	// it is left. Default 12h.
	Lifetime time.Duration `toml:"lifetime" min:"1m"`
	// Storage is where the authority and its certificates are kept: a directory, or a
	// storage module. Default: "/var/lib/fairlead", or the user's data directory.
	Storage storage.Choice `toml:"storage"`
}

// Source gives certificates.
type Source struct {
	*managed.Manager
	authority *authority
}

// New makes the source.
func New(ctx *module.Context, c Config) (secure.Source, error) {
	s := &Source{}
	var err error
	s.Manager, err = managed.New(ctx, managed.Options{
		Storage: c.Storage, KeyType: "p256",
		RenewalRatio: certmagic.DefaultRenewalWindowRatio,
		RenewalCheck: min(certmagic.DefaultRenewCheckInterval, c.Lifetime/30),
		Issuers:      func(*certmagic.Config) []certmagic.Issuer { return []certmagic.Issuer{s.authority} },
	})
	if err != nil {
		return nil, err
	}
	s.authority = &authority{storage: s.Storage(), name: c.Name, lifetime: c.Lifetime, now: ctx.Clock().Now}
	return s, nil
}

// Manage adds a name.
func (s *Source) Manage(name string, _, _ int) error {
	if name == "" {
		return errors.New(`there are no names: write acme = ["NAME"]`)
	}
	name, err := managed.Name(name)
	if err != nil {
		return err
	}
	s.Manager.Add(name)
	return nil
}

// Add adds a name while the source runs.
func (s *Source) Add(name string) error {
	name, err := managed.Name(name)
	if err != nil {
		return err
	}
	return s.Insert(name)
}

// Protocols are none: nothing has to be proven.
func (s *Source) Protocols() []string { return nil }

// Challenge answers nothing.
func (s *Source) Challenge(string, string) ([]byte, bool) { return nil, false }

// Root gives the root's certificate.
func (s *Source) Root() (trust.Root, error) {
	root, err := s.authority.root(context.Background())
	if err != nil {
		return trust.Root{}, err
	}
	return rootOf(root.cert), nil
}

// Read reads the root's certificate where it was written to a file.
func (*Source) Read(text []byte) (trust.Root, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return trust.Root{}, errors.New("there is no certificate in PEM")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err == nil && !c.IsCA {
		err = errors.New("the certificate is that of no authority")
	}
	if err != nil {
		return trust.Root{}, err
	}
	return rootOf(c), nil
}

func rootOf(c *x509.Certificate) trust.Root {
	return trust.Root{Name: c.Subject.CommonName, DER: c.Raw, PEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})}
}

var (
	_ secure.Keeper   = (*Source)(nil)
	_ secure.Editor   = (*Source)(nil)
	_ trust.Authority = (*Source)(nil)
)
