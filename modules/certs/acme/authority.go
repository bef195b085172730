package acme

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"

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

// check finds what is wrong, and reads the file.
func (a *Authority) check() (err error) {
	if u, err := url.Parse(a.Directory); err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("directory %q is not an https URL", a.Directory)
	}
	if (a.EABKeyID == "") != (a.EABMacKey == "") {
		return errors.New("eab-key-id and eab-mac-key belong together")
	}
	if a.CAFile != "" {
		if a.roots, err = secure.Pool(a.CAFile); err != nil {
			return fmt.Errorf("ca-file: %w", err)
		}
	}
	return nil
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
