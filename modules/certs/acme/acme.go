// Package acme is the source of certificates that come by themselves, from an
// authority that speaks ACME (RFC 8555), such as Let's Encrypt. certmagic does
// the work: obtaining, renewing in time, trying again after failures.
//
//	[acme.default]
//	contact = "admin@example.com"
//
//	[frontend.web]
//	bind = [":80", { address = ":443", tls = { acme = ["example.com"] } }]
//
// Names are proven by HTTP-01 and TLS-ALPN-01, which Fairlead's own listeners
// answer, or by DNS-01 with a provider. A running site does not depend on the
// authority: certificates that are there are used until they end, whatever becomes
// of it.
package acme

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/storage"
	"github.com/fairleadproxy/fairlead/modules/certs/internal/managed"
)

func init() {
	module.Register(secure.Kind, "acme", module.Spec[Config, secure.Source]{
		Doc:      "Gets and renews certificates from an authority that speaks ACME",
		Defaults: defaults,
		New:      New,
	})
}

func defaults() Config {
	return Config{
		Authority: Authority{Directory: certmagic.LetsEncryptProductionCA},
		KeyType:   "p256", RenewalCheck: certmagic.DefaultRenewCheckInterval,
		RenewalRatio: certmagic.DefaultRenewalWindowRatio, DNSPropagationTimeout: 2 * time.Minute,
	}
}

// Config is the configuration of the source.
type Config struct {
	Authority
	// Fallback are other authorities, which are asked in turn when the first does not
	// give a certificate: URLs of their directories, or tables with the settings
	// from directory to eab-mac-key. Default: none.
	Fallback tree.OneOrMany[Authority] `toml:"fallback"`
	// Storage is where accounts, keys and certificates are kept: a directory, or a
	// storage module such as { type = "valkey", address = "10.0.0.9:6379" }, which
	// several machines may share. Default: "/var/lib/fairlead", or the user's data directory.
	Storage storage.Choice `toml:"storage"`
	// KeyType is the type of certificates' keys. Default "p256".
	KeyType string `toml:"key-type" enum:"ed25519|p256|p384|rsa2048|rsa4096|rsa8192"`
	// RenewalCheck is how often certificates are looked through for those that are
	// to be renewed. Default 10m.
	RenewalCheck time.Duration `toml:"renewal-check" min:"1s"`
	// RenewalRatio is the part of a certificate's life, at its end, in which it is
	// renewed, where the authority names no time. Default 0.33.
	RenewalRatio float64 `toml:"renewal-ratio"`

	// OnDemand gets certificates for names that no bind lists, at the first
	// handshake. Default: none.
	OnDemand *OnDemand `toml:"on-demand"`

	// HTTPChallenge and TLSALPNChallenge are the ways to prove names. Default true.
	HTTPChallenge    *bool `toml:"http-challenge"`
	TLSALPNChallenge *bool `toml:"tls-alpn-challenge"`
	// DNS is the provider that proves names by records in their zones (DNS-01), such
	// as { type = "rfc2136", server = "10.0.0.53:53" }: the only way for names such as
	// "*.example.com". Other ways are then not used. Default: none.
	DNS tree.Module `toml:"dns" module:"type"`
	// DNSResolvers are the servers that are asked for zones, and whether records have
	// come to be known. Default: the system's.
	DNSResolvers []string `toml:"dns-resolvers"`
	// DNSPropagationDelay is how long records take to become known, before which
	// nobody is asked. Default 0.
	DNSPropagationDelay time.Duration `toml:"dns-propagation-delay"`
	// DNSPropagationTimeout is how long to wait until they are known. Default 2m.
	DNSPropagationTimeout time.Duration `toml:"dns-propagation-timeout"`
}

// Source manages certificates.
type Source struct {
	*managed.Manager
	c           Config
	solver      *certmagic.DNS01Solver
	http, https int
	live        *certmagic.ACMEIssuer // the first, which answers challenges
}

// onDemand is a source that gets names that nobody listed, too.
type onDemand struct {
	*Source
	*demand
}

// New makes the source.
func New(ctx *module.Context, c Config) (secure.Source, error) {
	s := &Source{c: c}
	errs := []error{s.c.check("")}
	for i := range s.c.Fallback {
		errs = append(errs, s.c.Fallback[i].check(fmt.Sprintf("fallback[%d].", i)))
	}
	if s.off(c.HTTPChallenge) && s.off(c.TLSALPNChallenge) && c.DNS.IsZero() {
		errs = append(errs, errors.New("without http-challenge, tls-alpn-challenge and dns there is no way to prove names"))
	}
	o := managed.Options{
		Storage: c.Storage, RenewalCheck: c.RenewalCheck, RenewalRatio: c.RenewalRatio, KeyType: c.KeyType,
		Issuers: s.issuers,
	}
	var d *demand
	if c.OnDemand != nil {
		var err error
		if d, err = newDemand(ctx, c.OnDemand); err != nil {
			errs = append(errs, err)
		} else {
			o.Renewable = d.renewable
		}
	}
	var err error
	if s.Manager, err = managed.New(ctx, o); err == nil && !c.DNS.IsZero() {
		s.solver, err = s.newSolver()
	}
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	if d == nil {
		return s, nil
	}
	d.certs = s.Manager
	return onDemand{s, d}, nil
}

func (s *Source) off(way *bool) bool { return way != nil && !*way }

// Manage adds a name.
func (s *Source) Manage(name string, http, https int) error {
	if http != 0 {
		s.http = http
	}
	if https != 0 {
		s.https = https
	}
	if name == "" {
		if s.c.OnDemand == nil {
			return errors.New(`there are no names: write acme = ["NAME"] here, or on-demand = { ask = "URL" } in the section of the issuer`)
		}
		return nil
	}
	name, err := s.provable(name)
	if err != nil {
		return err
	}
	s.Manager.Add(name)
	return nil
}

// provable gives a name as certificates have it. The error says why no authority can
// give one.
func (s *Source) provable(name string) (string, error) {
	name, err := managed.Name(name)
	switch {
	case err != nil:
		return "", err
	case strings.HasPrefix(name, "*.") && s.solver == nil:
		return "", fmt.Errorf("a certificate for %s has to be proven by DNS: write dns = { type = \"...\" } in the section of its issuer", name)
	case !certifiable(name) && !slices.ContainsFunc(s.authorities(), func(a *Authority) bool { return !a.public() }):
		return "", fmt.Errorf("no public authority gives certificates for %s: write issuer = \"internal\" on the bind, or directory = \"URL\" of an authority of your own in the section of its issuer", name)
	}
	return name, nil
}

// certifiable reports whether authorities of the internet give certificates for a name.
func certifiable(name string) bool {
	if !certmagic.SubjectQualifiesForPublicCert(name) {
		return false
	}
	_, err := netip.ParseAddr(name)
	return err == nil || strings.Contains(name, ".") && !strings.Contains(name, "_")
}

// Add adds a name while the source runs.
func (s *Source) Add(name string) error {
	name, err := s.provable(name)
	if err != nil {
		return err
	}
	return s.Insert(name)
}

// Protocols are those of TLS-ALPN-01.
func (s *Source) Protocols() []string { return []string{acmez.ACMETLS1Protocol} }

var (
	_ secure.Keeper   = (*Source)(nil)
	_ secure.Editor   = (*Source)(nil)
	_ secure.Obtainer = onDemand{}
	_ secure.Keeper   = onDemand{}
)
