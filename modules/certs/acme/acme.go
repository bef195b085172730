// Package acme is the source of certificates that come by themselves, from an
// authority that speaks ACME (RFC 8555), such as Let's Encrypt. certmagic does
// the work: obtaining, renewing in time, trying again after failures, keeping
// what it has in a directory.
//
//	[acme.default]
//	contact = "admin@example.com"
//
//	[frontend.web]
//	bind = [":80", { address = ":443", tls = { acme = ["example.com"] } }]
//
// Names are proven by HTTP-01 and TLS-ALPN-01, which Fairlead's own listeners
// answer, or by DNS-01 with a provider. A running site does not depend on the authority: certificates that are
// there are used until they end, whatever becomes of it.
package acme

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/storage"
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
		Directory: certmagic.LetsEncryptProductionCA, KeyType: "p256", RenewalCheck: certmagic.DefaultRenewCheckInterval,
		RenewalRatio: certmagic.DefaultRenewalWindowRatio, DNSPropagationTimeout: 2 * time.Minute,
	}
}

// Config is the configuration of the source.
type Config struct {
	// Directory is the URL of the authority's directory. Default: Let's Encrypt's.
	Directory string `toml:"directory"`
	// Contact is the mail address for the account. Default: none.
	Contact string `toml:"contact"`
	// CAFile is a file with the certificates of authorities that the directory's
	// own is checked by, in PEM. Default: the system's.
	CAFile string `toml:"ca-file"`
	// Fallback are URLs of the directories of other authorities, which are asked
	// in turn when the first does not give a certificate. Default: none.
	Fallback []string `toml:"fallback"`
	// Storage is where accounts, keys and certificates are kept: a directory, or a
	// storage module such as { type = "valkey", address = "10.0.0.9:6379" }, which
	// several machines may share. Default: "/var/lib/fairlead", or the user's data directory.
	Storage storage.Choice `toml:"storage"`
	// RenewalCheck is how often certificates are looked through for those that are
	// to be renewed. Default 10m.
	RenewalCheck time.Duration `toml:"renewal-check" min:"1s"`
	// RenewalRatio is the part of a certificate's life, at its end, in which it is
	// renewed, where the authority names no time. Default 0.33.
	RenewalRatio float64 `toml:"renewal-ratio"`
	// PreferredChain is the name of the issuer of the chain to take, where the
	// authority offers several. Default: the authority's choice.
	PreferredChain string `toml:"preferred-chain"`

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
	// KeyType is the type of certificates' keys. Default "p256".
	KeyType string `toml:"key-type" enum:"ed25519|p256|p384|rsa2048|rsa4096|rsa8192"`
	// Profile is one of the authority's profiles. Default: the authority's choice.
	Profile string `toml:"profile"`
	// EABKeyID and EABMacKey bind the account to one that exists with the
	// authority. Default: none.
	EABKeyID  string `toml:"eab-key-id"`
	EABMacKey string `toml:"eab-mac-key"`
	// HTTPChallenge and TLSALPNChallenge are the ways to prove names. Default true.
	HTTPChallenge    *bool `toml:"http-challenge"`
	TLSALPNChallenge *bool `toml:"tls-alpn-challenge"`
}

// Source manages certificates.
type Source struct {
	ctx    *module.Context
	c      Config
	issuer certmagic.ACMEIssuer

	names       []string
	http, https int

	storage storage.Storage
	parts   module.Instances

	cache  *certmagic.Cache
	config *certmagic.Config
	live   *certmagic.ACMEIssuer
	end    sync.Once
}

// New makes the source.
func New(ctx *module.Context, c Config) (secure.Source, error) {
	s := &Source{ctx: ctx, c: c}
	for _, d := range append([]string{c.Directory}, c.Fallback...) {
		if u, err := url.Parse(d); err != nil || u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("directory %q is not an https URL", d)
		}
	}
	if c.RenewalRatio <= 0 || c.RenewalRatio >= 1 {
		return nil, fmt.Errorf("renewal-ratio %v is not between 0 and 1", c.RenewalRatio)
	}
	var err error
	off := func(on *bool) bool { return on != nil && !*on }
	s.issuer = certmagic.ACMEIssuer{
		CA: c.Directory, Email: c.Contact, Agreed: true, Profile: c.Profile, Logger: zap.NewNop(),
		DisableHTTPChallenge: off(c.HTTPChallenge), DisableTLSALPNChallenge: off(c.TLSALPNChallenge),
	}
	if s.issuer.DisableHTTPChallenge && s.issuer.DisableTLSALPNChallenge {
		return nil, errors.New("without http-challenge and tls-alpn-challenge there is no way to prove names")
	}
	if (c.EABKeyID == "") != (c.EABMacKey == "") {
		return nil, errors.New("eab-key-id and eab-mac-key belong together")
	}
	if c.EABKeyID != "" {
		s.issuer.ExternalAccount = &acme.EAB{KeyID: c.EABKeyID, MACKey: c.EABMacKey}
	}
	if c.PreferredChain != "" {
		s.issuer.PreferredChains = certmagic.ChainPreference{AnyCommonName: []string{c.PreferredChain}}
	}
	if c.Storage.Module.IsZero() {
		c.Storage.Module.Type = "file"
	}
	if s.storage, err = part(s, storage.Kind, &c.Storage.Module); err != nil {
		return nil, err
	}
	if !c.DNS.IsZero() {
		if s.issuer.DNS01Solver, err = s.solver(); err != nil {
			return nil, err
		}
	}
	if c.CAFile != "" {
		if s.issuer.TrustedRoots, err = secure.Pool(c.CAFile); err != nil {
			return nil, fmt.Errorf("ca-file: %w", err)
		}
	}
	return s, nil
}

// Manage adds a name.
func (s *Source) Manage(name string, http, https int) error {
	if strings.HasPrefix(name, "*.") && s.issuer.DNS01Solver == nil {
		return fmt.Errorf("a certificate for %s has to be proven by DNS: write dns = { type = \"...\" } in the section of its issuer", name)
	}
	s.names = append(s.names, name)
	if http != 0 {
		s.http = http
	}
	if https != 0 {
		s.https = https
	}
	return nil
}

// Prepare sets certmagic up and checks that the storage can be used.
func (s *Source) Prepare(ctx *module.Context) error {
	if err := s.parts.Prepare(ctx); err != nil {
		return err
	}
	s.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert:   func(certmagic.Certificate) (*certmagic.Config, error) { return s.config, nil },
		RenewCheckInterval: s.c.RenewalCheck,
		Logger:             zap.NewNop(),
	})
	s.config = certmagic.New(s.cache, certmagic.Config{
		Storage:            kept{s.storage},
		RenewalWindowRatio: s.c.RenewalRatio,
		KeySource:          certmagic.StandardKeyGenerator{KeyType: certmagic.KeyType(s.c.KeyType)},
		OnEvent:            s.event,
		Logger:             zap.NewNop(),
	})
	issuer := s.issuer
	issuer.AltHTTPPort, issuer.AltTLSALPNPort = s.http, s.https
	issuer.DisableHTTPChallenge = issuer.DisableHTTPChallenge || s.http == 0
	s.live = certmagic.NewACMEIssuer(s.config, issuer)
	s.config.Issuers = []certmagic.Issuer{s.live}
	for _, other := range s.c.Fallback {
		issuer.CA = other
		s.config.Issuers = append(s.config.Issuers, certmagic.NewACMEIssuer(s.config, issuer))
	}
	return nil
}

// Start gets what is missing in the background, and renews.
func (s *Source) Start(ctx *module.Context) error {
	if err := s.parts.Start(ctx); err != nil {
		return err
	}
	s.ctx.Go("acme", func(ctx context.Context) {
		if err := s.config.ManageAsync(ctx, s.names); err != nil {
			s.ctx.Log().Error("cannot manage certificates", "names", s.names, "error", err)
		}
	})
	return nil
}

// Stop ends what runs in the background.
func (s *Source) Stop(ctx context.Context) error {
	s.end.Do(s.cache.Stop)
	return s.parts.Stop(ctx)
}

// event logs what becomes of certificates.
func (s *Source) event(_ context.Context, name string, data map[string]any) error {
	switch name {
	case "cert_obtained":
		s.ctx.Log().Info("certificate obtained", "name", data["identifier"], "renewal", data["renewal"])
	case "cert_failed":
		s.ctx.Log().Error("certificate not obtained", "name", data["identifier"], "error", data["error"])
	}
	return nil
}

// Choose gives the certificate for a client or an authority's question.
func (s *Source) Choose(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return s.config.GetCertificate(h)
}

// Protocols are those of TLS-ALPN-01.
func (s *Source) Protocols() []string { return []string{acmez.ACMETLS1Protocol} }

// Challenge answers HTTP-01.
func (s *Source) Challenge(host, path string) ([]byte, bool) {
	if s.live == nil {
		return nil, false
	}
	r := &http.Request{Method: http.MethodGet, Host: host, URL: &url.URL{Path: path}, Header: http.Header{}}
	var w answer
	if !s.live.HandleHTTPChallenge(&w, r) {
		return nil, false
	}
	return w.body.Bytes(), true
}

// answer collects a response.
type answer struct {
	header http.Header
	body   bytes.Buffer
}

func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (a *answer) WriteHeader(int)             {}
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
