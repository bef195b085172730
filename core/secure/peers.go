package secure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"
)

// Pool reads the certificates of authorities.
func Pool(files ...string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, unreadable(err)
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: there is no certificate in PEM in the file", file)
		}
	}
	return pool, nil
}

// Peers says which certificates of the other side are taken, where crypto/tls by
// itself does not say enough: those that a list revokes are not, and some errors
// may be passed over. It does not change and may be used by all at once.
type Peers struct {
	// Roots are the authorities; nil for the system's.
	Roots *x509.CertPool
	// Revoked are the revocation lists; nil for none.
	Revoked *Revoked
	// Usage is what the certificates have to be for.
	Usage x509.ExtKeyUsage
	// IgnoreCrt and IgnoreCA are the errors to pass over of the certificate itself
	// and of those above it.
	IgnoreCrt, IgnoreCA Codes
	// Now gives the time.
	Now func() time.Time
}

// Verdict is what the check of a certificate found: OpenSSL's numbers of errors
// that were passed over, 0 for none.
type Verdict struct {
	Crt, CA, CADepth int
}

// Last gives the last error as OpenSSL counts, for a chain of so many certificates that
// the other side sent: a lone one without its issuer has the signature's error, too.
func (v *Verdict) Last(sent int) int {
	const noIssuer, noSignature = 20, 21
	switch {
	case v.Crt == noIssuer && sent == 1:
		return noSignature
	case v.Crt != 0:
		return v.Crt
	}
	return v.CA
}

// Lenient reports whether errors may be passed over.
func (p *Peers) Lenient() bool { return p != nil && (p.IgnoreCrt != nil || p.IgnoreCA != nil) }

// Client checks the certificates of a client, for tls.Config.VerifyConnection.
func (p *Peers) Client(st tls.ConnectionState) error {
	_, err := p.Check(st.PeerCertificates, "")
	return err
}

// Server checks the certificate of a server, which has to be for a name: host, or
// the one of the handshake if that is "".
func (p *Peers) Server(st tls.ConnectionState, host string) error {
	if host == "" {
		host = st.ServerName
	}
	if host == "" {
		return errNoName
	}
	_, err := p.Check(st.PeerCertificates, host)
	return err
}

var errNoName = errors.New("there is no name to check the server's certificate by")

// Check checks a chain that the other side sent; an empty one is right.
func (p *Peers) Check(sent []*x509.Certificate, name string) (Verdict, error) {
	var v Verdict
	if len(sent) == 0 {
		return v, nil
	}
	o := x509.VerifyOptions{
		Roots: p.Roots, DNSName: name, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{p.Usage}, CurrentTime: p.Now(),
	}
	for _, c := range sent[1:] {
		o.Intermediates.AddCert(c)
	}
	for {
		chains, err := sent[0].Verify(o)
		if err == nil && p.Revoked != nil {
			err = p.Revoked.check(chains, o.CurrentTime)
		}
		if err == nil {
			return v, nil
		}
		code, depth := codeOf(err, sent)
		if !p.passes(&v, code, depth) {
			return v, &VerifyError{code, depth, err}
		}
		late := expired(err)
		if late == nil {
			return v, nil // what else may be wrong cannot be found out
		}
		o.CurrentTime = late.NotBefore.Add(late.NotAfter.Sub(late.NotBefore) / 2)
	}
}

// passes notes an error and reports whether it may be passed over.
func (p *Peers) passes(v *Verdict, code, depth int) bool {
	if depth > 0 {
		if v.CA == 0 {
			v.CA, v.CADepth = code, depth
		}
		return p.IgnoreCA.has(code)
	}
	if v.Crt == 0 {
		v.Crt = code
	}
	return p.IgnoreCrt.has(code)
}

// VerifyError is why a certificate is refused.
type VerifyError struct {
	// Code is OpenSSL's number of the error, and Depth where in the chain it is.
	Code, Depth int
	Err         error
}

func (e *VerifyError) Error() string { return e.Err.Error() }
func (e *VerifyError) Unwrap() error { return e.Err }

// expired gives the certificate that is out of its time, nil if the error is another.
func expired(err error) *x509.Certificate {
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return invalid.Cert
	}
	return nil
}
