package secure

import (
	"container/list"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// Forger makes certificates for the names that clients ask for, signed by an
// authority (generate-certificates), and keeps those that were asked for last. It is
// safe for concurrent use.
type Forger struct {
	authority *x509.Certificate
	signer    crypto.Signer
	own       *ecdsa.PrivateKey // of all certificates
	now       func() time.Time

	mu     sync.Mutex
	size   int
	kept   map[string]*list.Element // of forged, by name
	recent list.List                // the last used first
}

// forged is a certificate that is made when it is first needed.
type forged struct {
	name string
	made time.Time
	once sync.Once
	cert *tls.Certificate
	err  error
}

// forgedFor is how long the certificates are valid.
const forgedFor = 365 * 24 * time.Hour

// Forger reads the certificate and the key of an authority. pass is the passphrase
// of the key, size how many certificates are kept.
func (s *Store) Forger(file, pass string, size int) (*Forger, error) {
	unlock := &Unlocker{Ask: func(string) (string, error) { return pass, nil }}
	if pass == "" {
		unlock = nil
	}
	chain, der, err := readPEM(file, unlock)
	switch {
	case err != nil:
	case len(chain) == 0:
		err = errNoCertificate
	case der == nil:
		err = errors.New("there is no private key in PEM in the file: add that of the authority")
	}
	if err != nil {
		return nil, about(file, err)
	}
	f := &Forger{now: s.now, size: size, kept: map[string]*list.Element{}}
	if f.authority, err = x509.ParseCertificate(chain[0]); err != nil {
		return nil, about(file, err)
	}
	if f.signer, err = parseKey(der); err != nil {
		return nil, about(file, err)
	}
	switch {
	case !same(f.authority.PublicKey, f.signer.Public()):
		return nil, about(file, errMismatch)
	case !f.authority.IsCA:
		return nil, about(file, errors.New("the certificate is not that of an authority: it may not sign others"))
	}
	f.own, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return f, err
}

// Certificate gives the certificate for a name.
func (f *Forger) Certificate(name string) (*tls.Certificate, error) {
	one := f.entry(name)
	one.once.Do(func() { one.cert, one.err = f.make(name) })
	return one.cert, one.err
}

// entry gives the place of a name's certificate.
func (f *Forger) entry(name string) *forged {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, last := f.now(), f.recent.Back()
	if e := f.kept[name]; e != nil {
		if one := e.Value.(*forged); now.Sub(one.made) < forgedFor/2 {
			f.recent.MoveToFront(e)
			return one
		}
		last = e // its time will be over
	} else if f.recent.Len() < f.size {
		last = nil
	}
	if last != nil {
		delete(f.kept, f.recent.Remove(last).(*forged).name)
	}
	one := &forged{name: name, made: now}
	f.kept[name] = f.recent.PushFront(one)
	return one
}

// make signs a certificate.
func (f *Forger) make(name string) (*tls.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := f.now()
	template := &x509.Certificate{
		SerialNumber: serial, DNSNames: []string{name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(forgedFor),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	if len(name) <= maxCommonName {
		template.Subject = pkix.Name{CommonName: name}
	}
	if f.authority.NotAfter.Before(template.NotAfter) {
		template.NotAfter = f.authority.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, template, f.authority, &f.own.PublicKey, f.signer)
	if err != nil {
		return nil, fmt.Errorf("no certificate is made for %q: %w", name, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, f.authority.Raw}, PrivateKey: f.own, Leaf: leaf}, nil
}

// maxCommonName is the longest common name, in bytes (RFC 5280 appendix A.1).
const maxCommonName = 64
