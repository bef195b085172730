package secure

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ocsp"
)

// Pair is a certificate with its chain and its key. It is kept as bytes, so that
// a hundred thousand fit into memory; what handshakes use is made of them when
// it is first needed, and dropped again when others are needed more.
type Pair struct {
	file  string
	names []string // the common name and the alternative ones, in lower case
	chain [][]byte // DER; all but the first are shared with other pairs
	key   *key
	scts  [][]byte

	issuer  []byte   // DER, nil when it is unknown
	servers []string // the responders for its state of revocation (OCSP)
	serial  *big.Int

	shelf  *shelf
	staple atomic.Pointer[staple]
	whole  atomic.Pointer[tls.Certificate]
	recent atomic.Bool
	next   atomic.Pointer[Pair] // what replaced it
}

// key is a private key, which several certificates may share.
type key struct {
	der  []byte
	kind Algorithm
}

// Algorithm is the kind of a key.
type Algorithm uint8

// The kinds of keys, those that clients are given first coming first.
const (
	ECDSA Algorithm = iota
	Ed25519
	RSA
)

// File gives the name of the file that the certificate was read from.
func (p *Pair) File() string { return p.file }

// Names gives the names that the certificate is for, in lower case.
func (p *Pair) Names() []string { return p.names }

// Chain gives the certificate and those above it, in DER.
func (p *Pair) Chain() [][]byte { return p.chain }

// Key gives the private key in DER.
func (p *Pair) Key() []byte { return p.key.der }

// KeyType gives the type of the PEM block that Key goes into.
func (p *Pair) KeyType() string { return keyType(p.key.der) }

// Algorithm gives the kind of the key.
func (p *Pair) Algorithm() Algorithm { return p.key.kind }

// Certificate gives what handshakes use.
func (p *Pair) Certificate() (*tls.Certificate, error) {
	if c := p.whole.Load(); c != nil {
		if c.OCSPStaple != nil && p.response() == nil {
			p.restaple()
			return p.Certificate()
		}
		if !p.recent.Load() {
			p.recent.Store(true)
		}
		return c, nil
	}
	c, err := p.parse()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.file, err)
	}
	if p.whole.CompareAndSwap(nil, c) {
		p.shelf.put(p)
	}
	return c, nil
}

func (p *Pair) parse() (*tls.Certificate, error) {
	leaf, err := x509.ParseCertificate(p.chain[0])
	if err != nil {
		return nil, err
	}
	signer, err := parseKey(p.key.der)
	if err != nil {
		return nil, err
	}
	c := &tls.Certificate{Certificate: p.chain, PrivateKey: signer, Leaf: leaf, SignedCertificateTimestamps: p.scts, OCSPStaple: p.response()}
	return c, nil
}

// ForServer gives what shows the certificate, or what came in its place, to servers
// that ask for one (tls.Config.GetClientCertificate). sigalgs are the algorithms to
// sign with, nil for all.
func (p *Pair) ForServer(sigalgs []tls.SignatureScheme) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		c, err := p.Latest().Certificate()
		if err != nil {
			return nil, err
		}
		own := *c
		own.SupportedSignatureAlgorithms = sigalgs
		if asked.SupportsCertificate(&own) != nil {
			return &tls.Certificate{}, nil // none, and the server decides
		}
		return &own, nil
	}
}

// staple is an OCSP response that clients are given until it expires.
type staple struct {
	der   []byte
	until time.Time // zero: for ever
}

// setStaple replaces the response, nil for none.
func (p *Pair) setStaple(der []byte, res *ocsp.Response) {
	if der == nil {
		p.staple.Store(nil)
	} else {
		p.staple.Store(&staple{der, res.NextUpdate})
	}
	p.restaple()
}

// restaple gives clients the response that there is now.
func (p *Pair) restaple() {
	if c := p.whole.Load(); c != nil {
		fresh := *c
		fresh.OCSPStaple = p.response()
		p.whole.CompareAndSwap(c, &fresh)
	}
}

// response gives the response, which it forgets once it has expired; nil for none.
func (p *Pair) response() []byte {
	s := p.staple.Load()
	switch {
	case s == nil:
		return nil
	case !s.until.IsZero() && p.shelf.now().After(s.until):
		p.staple.CompareAndSwap(s, nil)
		return nil
	}
	return s.der
}

// shelf holds the pairs that are parsed, as many as are of use at once. The one
// to go is found by a hand that passes over those used since it came by last.
type shelf struct {
	mu   sync.Mutex
	size int
	now  func() time.Time
	ring []*Pair
	hand int
}

// shelfSize is how many certificates stay parsed, at some 10 kB each.
const shelfSize = 4096

func (s *shelf) put(p *Pair) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ring) < s.size {
		s.ring = append(s.ring, p)
		return
	}
	for range 2 * len(s.ring) {
		if !s.ring[s.hand].recent.Swap(false) {
			break
		}
		s.hand = (s.hand + 1) % len(s.ring)
	}
	s.ring[s.hand].whole.Store(nil)
	s.ring[s.hand] = p
	s.hand = (s.hand + 1) % len(s.ring)
}
