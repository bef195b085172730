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
// answer. A running site does not depend on the authority: certificates that are
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
	"os"
	"path/filepath"
	"sync"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
)

func init() {
	module.Register(secure.Kind, "acme", module.Spec[Config, secure.Source]{
		Doc:      "Gets and renews certificates from an authority that speaks ACME",
		Defaults: func() Config { return Config{Directory: certmagic.LetsEncryptProductionCA, KeyType: "p256"} },
		New:      New,
	})
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
	// Storage is the directory for accounts, keys and certificates; only its
	// owner reads it. Default: "/var/lib/fairlead", or the user's data directory.
	Storage string `toml:"storage"`
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

	cache  *certmagic.Cache
	config *certmagic.Config
	live   *certmagic.ACMEIssuer
	end    sync.Once
}

// New makes the source.
func New(ctx *module.Context, c Config) (secure.Source, error) {
	s := &Source{ctx: ctx, c: c}
	u, err := url.Parse(c.Directory)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("directory %q is not an https URL", c.Directory)
	}
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
	if c.CAFile != "" {
		if s.issuer.TrustedRoots, err = secure.Pool(c.CAFile); err != nil {
			return nil, fmt.Errorf("ca-file: %w", err)
		}
	}
	return s, nil
}

// storage gives the directory to keep things in.
func (s *Source) storage() string {
	switch {
	case s.c.Storage != "":
		return s.c.Storage
	case os.Getenv("STATE_DIRECTORY") != "":
		return os.Getenv("STATE_DIRECTORY")
	case os.Getuid() == 0:
		return "/var/lib/fairlead"
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "fairlead-certificates"
	}
	return filepath.Join(home, ".local", "share", "fairlead")
}

// Manage adds names.
func (s *Source) Manage(names []string, http, https int) {
	s.names = append(s.names, names...)
	if http != 0 {
		s.http = http
	}
	if https != 0 {
		s.https = https
	}
}

// Prepare sets certmagic up and checks that the storage can be used.
func (s *Source) Prepare(*module.Context) error {
	dir := s.storage()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("acme storage: %w", err)
	}
	s.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return s.config, nil },
		Logger:           zap.NewNop(),
	})
	s.config = certmagic.New(s.cache, certmagic.Config{
		Storage:   &certmagic.FileStorage{Path: dir},
		KeySource: certmagic.StandardKeyGenerator{KeyType: certmagic.KeyType(s.c.KeyType)},
		OnEvent:   s.event,
		Logger:    zap.NewNop(),
	})
	issuer := s.issuer
	issuer.AltHTTPPort, issuer.AltTLSALPNPort = s.http, s.https
	issuer.DisableHTTPChallenge = issuer.DisableHTTPChallenge || s.http == 0
	s.live = certmagic.NewACMEIssuer(s.config, issuer)
	s.config.Issuers = []certmagic.Issuer{s.live}
	return nil
}

// Start gets what is missing in the background, and renews.
func (s *Source) Start(*module.Context) error {
	s.ctx.Go("acme", func(ctx context.Context) {
		if err := s.config.ManageAsync(ctx, s.names); err != nil {
			s.ctx.Log().Error("cannot manage certificates", "names", s.names, "error", err)
		}
	})
	return nil
}

// Stop ends what runs in the background.
func (s *Source) Stop(context.Context) error {
	s.end.Do(s.cache.Stop)
	return nil
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
