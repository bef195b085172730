package acme

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/mail"
	"net/url"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// Authority is who gives certificates.
type Authority struct {
	// Directory is the URL of the authority's directory. Default: Let's Encrypt's.
	Directory string `toml:"directory,short"`
	// Contact is the mail address for the account. Default: none; for fallback, the
	// first authority's.
	Contact string `toml:"contact"`
	// CAFile is a file with the certificates of authorities that the directory's
	// own is checked by, in PEM. Default: the system's.
	CAFile string `toml:"ca-file"`
	// PreferredChain is the name of the issuer of the chain to take, where the
	// authority offers several. Default: the authority's choice.
	PreferredChain string `toml:"preferred-chain"`
	// Profile is one of the authority's profiles. Default: the authority's choice.
	Profile string `toml:"profile"`
	// EABKeyID and EABMacKey bind the account to one that exists with the
	// authority. Default: none.
	EABKeyID  string `toml:"eab-key-id"`
	EABMacKey string `toml:"eab-mac-key"`

	roots *x509.CertPool
}

// check finds what is wrong with the authority at a place, such as "fallback[0].",
// and reads its file.
func (a *Authority) check(at string) error {
	var errs []error
	wrong := func(field, format string, args ...any) {
		errs = append(errs, module.Wrong(at+field, format, args...))
	}
	if u, err := url.Parse(a.Directory); err != nil || u.Scheme != "https" || u.Host == "" {
		wrong("directory", "%q is not an https URL", a.Directory)
	}
	if a.Contact != "" {
		if m, err := mail.ParseAddress(a.Contact); err != nil || m.Address != a.Contact {
			wrong("contact", `%q is not a mail address such as "admin@example.org"`, a.Contact)
		}
	}
	switch _, err := base64.RawURLEncoding.DecodeString(a.EABMacKey); {
	case a.EABMacKey == "" && a.EABKeyID != "":
		wrong("eab-key-id", "eab-mac-key is missing: the two belong together")
	case a.EABMacKey != "" && a.EABKeyID == "":
		wrong("eab-mac-key", "eab-key-id is missing: the two belong together")
	case err != nil:
		wrong("eab-mac-key", "the key is not in Base64 for URLs, without padding, as authorities give it")
	}
	if a.CAFile != "" {
		var err error
		if a.roots, err = secure.Pool(a.CAFile); err != nil {
			wrong("ca-file", "%w", err)
		}
	}
	return errors.Join(errs...)
}

// public reports whether the authority is known to give certificates for the
// internet's names only.
func (a *Authority) public() bool {
	switch a.Directory {
	case certmagic.LetsEncryptProductionCA, certmagic.LetsEncryptStagingCA, certmagic.ZeroSSLProductionCA, certmagic.GoogleTrustProductionCA, certmagic.GoogleTrustStagingCA:
		return true
	}
	return false
}

// authorities gives all, the first to be asked first.
func (s *Source) authorities() []*Authority {
	list := []*Authority{&s.c.Authority}
	for i := range s.c.Fallback {
		list = append(list, &s.c.Fallback[i])
	}
	return list
}

// issuers gives the authorities as certmagic wants them.
func (s *Source) issuers(config *certmagic.Config) []certmagic.Issuer {
	var list []certmagic.Issuer
	for _, a := range s.authorities() {
		i := certmagic.NewACMEIssuer(config, s.issuer(a))
		if s.live == nil {
			s.live = i
		}
		list = append(list, i)
	}
	return list
}

func (s *Source) issuer(a *Authority) certmagic.ACMEIssuer {
	i := certmagic.ACMEIssuer{
		CA: a.Directory, Email: a.Contact, Agreed: true, Profile: a.Profile, TrustedRoots: a.roots, Logger: zap.NewNop(),
		DisableHTTPChallenge: s.off(s.c.HTTPChallenge) || s.http == 0, DisableTLSALPNChallenge: s.off(s.c.TLSALPNChallenge),
		AltHTTPPort: s.http, AltTLSALPNPort: s.https,
	}
	if i.Email == "" {
		i.Email = s.c.Contact
	}
	if s.solver != nil {
		i.DNS01Solver = s.solver
	}
	if a.EABKeyID != "" {
		i.ExternalAccount = &acme.EAB{KeyID: a.EABKeyID, MACKey: a.EABMacKey}
	}
	if a.PreferredChain != "" {
		i.PreferredChains = certmagic.ChainPreference{AnyCommonName: []string{a.PreferredChain}}
	}
	return i
}
