package secure

import (
	"crypto/tls"
	"crypto/x509"
	"sync/atomic"
)

// Trust says which certificates of the other side are taken. Files are named, not
// read: what is in them may be replaced while handshakes go by it.
type Trust struct {
	// CAFile and CAVerifyFile are files of authorities, those of the second being
	// ones that clients are not told of. "" for none; of both, for the system's.
	CAFile, CAVerifyFile string
	// CRLFile is a file of revocation lists, "" for none.
	CRLFile string
	// Auth says of clients whether they have to show a certificate.
	Auth tls.ClientAuthType
	// NoCANames tells clients of none of the authorities.
	NoCANames bool
	// IgnoreCrt and IgnoreCA are the errors to pass over, see Peers.
	IgnoreCrt, IgnoreCA Codes
}

// names reports whether t needs a file.
func (t *Trust) names(file string) bool {
	return t != nil && (t.CAFile == file || t.CAVerifyFile == file || t.CRLFile == file)
}

// Settings makes those of a bind, whose checks of clients are those of t; nil for
// none. The files have to be read already.
func (s *Store) Settings(c *tls.Config, t *Trust, sigalgs []tls.SignatureScheme) *Settings {
	out := &Settings{Config: c, Sigalgs: sigalgs, trust: t}
	if t == nil || t.Auth == tls.NoClientCert {
		return out
	}
	c.ClientAuth, c.ClientCAs = t.Auth, s.pool(t.CAFile, t.CAVerifyFile)
	p := &Peers{
		Roots: c.ClientCAs, Revoked: s.crls.files[t.CRLFile], Usage: x509.ExtKeyUsageClientAuth, Now: s.now,
		IgnoreCrt: t.IgnoreCrt, IgnoreCA: t.IgnoreCA,
	}
	if p.Revoked == nil && !p.Lenient() && t.CAVerifyFile == "" && !t.NoCANames {
		return out // crypto/tls does that well by itself
	}
	// The authorities that clients are told of are not those of the check.
	c.ClientCAs = nil
	if !t.NoCANames && t.CAFile != "" {
		c.ClientCAs = s.pool(t.CAFile)
	}
	c.ClientAuth = tls.RequestClientCert
	if t.Auth == tls.RequireAndVerifyClientCert {
		c.ClientAuth = tls.RequireAnyClientCert
	}
	c.VerifyConnection = p.Client
	out.Peers = p
	return out
}

// renew makes settings anew of what is in their files now.
func (s *Store) renew(old *Settings) *Settings {
	return s.Settings(old.Config.Clone(), old.trust, old.Sigalgs)
}

// Servers check the certificates of servers, by files that may be replaced. They
// may be used by all at once.
type Servers struct {
	trust *Trust
	peers atomic.Pointer[Peers]
}

// Servers makes the checks of a server's certificates by t.
func (s *Store) Servers(t *Trust) *Servers {
	v := &Servers{trust: t}
	s.load(v)
	s.servers = append(s.servers, v)
	return v
}

func (s *Store) load(v *Servers) {
	v.peers.Store(&Peers{Roots: s.pool(v.trust.CAFile), Revoked: s.crls.files[v.trust.CRLFile], Usage: x509.ExtKeyUsageServerAuth, Now: s.now})
}

// Roots gives the authorities that there are now, nil for the system's.
func (v *Servers) Roots() *x509.CertPool { return v.peers.Load().Roots }

// Check checks the certificate of a server, which has to be for a name: host, or
// the one of the handshake if that is "".
func (v *Servers) Check(st tls.ConnectionState, host string) error {
	return v.peers.Load().Server(st, host)
}
