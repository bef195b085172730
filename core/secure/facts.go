package secure

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Certificates are those of a handshake.
type Certificates struct {
	// Peer are the certificates that the other side sent, its own first.
	Peer []*x509.Certificate
	// Own is the certificate that was sent to the other side, nil for none.
	Own *x509.Certificate
	// Root is the authority that the other side's certificate leads to, nil where
	// it was not verified.
	Root *x509.Certificate
}

// Shown reports whether the other side sent one.
func (c *Certificates) Shown() bool { return len(c.Peer) > 0 }

// CommonName is that of the certificate that the other side sent.
func (c *Certificates) CommonName() string {
	if len(c.Peer) == 0 {
		return ""
	}
	return c.Peer[0].Subject.CommonName
}

// OwnAlgorithms are those of the certificate that was sent to the other side.
func (c *Certificates) OwnAlgorithms() (key, signature string) {
	if c.Own == nil {
		return "", ""
	}
	return KeyName(c.Own.PublicKey), SignatureName(c.Own.SignatureAlgorithm, c.Own.Raw)
}

// CertificatesOf gives the certificates that are known of a connection, nil for none.
func CertificatesOf(t *session.TLS) *Certificates {
	if t == nil {
		return nil
	}
	c, _ := t.Certs.(*Certificates)
	return c
}

// Facts gives what is known of a connection from its state alone.
func Facts(st *tls.ConnectionState) *session.TLS {
	f := &struct {
		session.TLS
		certs Certificates
	}{}
	SetFacts(&f.TLS, &f.certs, st)
	return &f.TLS
}

// SetFacts notes what the state of a connection tells.
func SetFacts(t *session.TLS, c *Certificates, st *tls.ConnectionState) {
	t.Version, t.Cipher, t.CipherID = VersionName(st.Version), CipherName(st.CipherSuite), st.CipherSuite
	t.SNI, t.ALPN, t.Resumed = st.ServerName, st.NegotiatedProtocol, st.DidResume
	if st.ECHAccepted {
		t.ECH = session.ECHAccepted
	}
	t.Curve, t.Unique = CurveName(st.CurveID), st.TLSUnique
	c.Peer = st.PeerCertificates
	if len(st.VerifiedChains) > 0 {
		chain := st.VerifiedChains[0]
		c.Root = chain[len(chain)-1]
	}
	t.Certs = c
}

// Configured is a protocol.TLS that tells its settings.
type Configured interface {
	// TLSConfig gives the settings, which are not to be changed.
	TLSConfig() *tls.Config
}

// Config gives the settings for protocols that do TLS by themselves; nil for none.
func Config(t protocol.TLS) *tls.Config {
	if c, ok := t.(Configured); ok {
		return c.TLSConfig()
	}
	return nil
}

// Plain makes settings of those of crypto/tls, as tests of protocols do.
type Plain struct{ *tls.Config }

// Protocols are those that are agreed on by ALPN.
func (p Plain) Protocols() []string { return p.NextProtos }

// TLSConfig gives the settings.
func (p Plain) TLSConfig() *tls.Config { return p.Config }
