package secure

import (
	"crypto/x509"
	"encoding/pem"
	"sync"
	"time"
)

// Revoked are the revocation lists of authorities (crl-file). As in HAProxy, there
// has to be one for every authority of a chain. It may be used by all at once.
type Revoked struct {
	lists map[string][]*revocations // by the DER of the issuer's name
	all   []*x509.RevocationList    // in the order of the file
}

// revocations are one authority's.
type revocations struct {
	list    *x509.RevocationList
	at      map[string]time.Time // by serial number
	trusted sync.Map             // the DER of certificates whose key signed the list
}

// parseRevoked reads revocation lists in PEM.
func parseRevoked(text []byte) (*Revoked, error) {
	r := &Revoked{lists: map[string][]*revocations{}}
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		if b.Type != "X509 CRL" {
			continue
		}
		l, err := x509.ParseRevocationList(b.Bytes)
		if err != nil {
			return nil, err
		}
		one := &revocations{list: l, at: make(map[string]time.Time, len(l.RevokedCertificateEntries))}
		for _, e := range l.RevokedCertificateEntries {
			one.at[string(e.SerialNumber.Bytes())] = e.RevocationTime
		}
		r.lists[string(l.RawIssuer)] = append(r.lists[string(l.RawIssuer)], one)
		r.all = append(r.all, l)
	}
	if len(r.all) == 0 {
		return nil, errNoList
	}
	return r, nil
}

// check refuses certificates of which no chain is free of what is revoked.
func (r *Revoked) check(chains [][]*x509.Certificate, now time.Time) error {
	var first error
	for _, chain := range chains {
		err := r.chain(chain, now)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func (r *Revoked) chain(chain []*x509.Certificate, now time.Time) error {
	for depth, c := range chain {
		if depth == len(chain)-1 && depth > 0 {
			break // the authority itself
		}
		issuer := chain[min(depth+1, len(chain)-1)]
		l := r.of(issuer)
		switch {
		case l == nil:
			return &revokedError{errCodeNoCRL, depth, c.Subject.String(), now}
		case !l.list.NextUpdate.IsZero() && now.After(l.list.NextUpdate):
			return &revokedError{errCodeCRLExpired, depth, c.Subject.String(), l.list.NextUpdate}
		}
		if at, ok := l.at[string(c.SerialNumber.Bytes())]; ok {
			return &revokedError{errCodeRevoked, depth, c.Subject.String(), at}
		}
	}
	return nil
}

// of gives the list that an authority signed.
func (r *Revoked) of(issuer *x509.Certificate) *revocations {
	for _, l := range r.lists[string(issuer.RawSubject)] {
		if _, ok := l.trusted.Load(string(issuer.Raw)); ok {
			return l
		}
		if l.list.CheckSignatureFrom(issuer) == nil {
			l.trusted.Store(string(issuer.Raw), true)
			return l
		}
	}
	return nil
}
