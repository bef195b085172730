package secure

import (
	"container/heap"
	"context"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"
)

// CertID identifies a certificate to its responder (RFC 6960 section 4.1.1).
type CertID struct {
	Hash              pkix.AlgorithmIdentifier
	NameHash, KeyHash []byte
	Serial            *big.Int
}

var oidSHA1 = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}

// Stapled is a certificate with the OCSP response that clients are given.
type Stapled struct {
	Path     string
	ID       CertID
	Key      string // the ID in DER, in hexadecimal digits
	DER      []byte
	Response *ocsp.Response
}

// id gives the identity of a certificate, false where its issuer is not known.
func (p *Pair) id() (id CertID, key string, ok bool) {
	if p.issuer == nil {
		return id, "", false
	}
	issuer, err := x509.ParseCertificate(p.issuer)
	if err != nil {
		return id, "", false
	}
	var public struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(issuer.RawSubjectPublicKeyInfo, &public); err != nil {
		return id, "", false
	}
	name, bits := sha1.Sum(issuer.RawSubject), sha1.Sum(public.Key.RightAlign())
	id = CertID{pkix.AlgorithmIdentifier{Algorithm: oidSHA1, Parameters: asn1.NullRawValue}, name[:], bits[:], p.serial}
	der, err := asn1.Marshal(id)
	return id, hex.EncodeToString(der), err == nil
}

// stapled gives the response of a certificate, false for none.
func (p *Pair) stapled() (Stapled, bool) {
	der := p.response()
	if der == nil {
		return Stapled{}, false
	}
	id, key, ok := p.id()
	if !ok {
		return Stapled{}, false
	}
	issuer, err := x509.ParseCertificate(p.issuer)
	if err != nil {
		return Stapled{}, false
	}
	res, err := ocsp.ParseResponse(der, issuer)
	return Stapled{p.file, id, key, der, res}, err == nil
}

// StapleID gives the identity in hexadecimal digits of a certificate that has an
// OCSP response, "" for others.
func (p *Pair) StapleID() string {
	if s, ok := p.stapled(); ok {
		return s.Key
	}
	return ""
}

// Stapled lists the OCSP responses, one for each certificate. A name is that of a
// certificate's file, or its identity; "" for all.
func (s *Store) Stapled(name string) []Stapled {
	var list []Stapled
	seen := map[string]bool{}
	for _, p := range s.Pairs() {
		one, ok := p.stapled()
		if ok && !seen[one.Key] && (name == "" || name == one.Path || strings.EqualFold(name, one.Key)) {
			seen[one.Key] = true
			list = append(list, one)
		}
	}
	return list
}

// SetStaple gives clients an OCSP response, in Base64, with the certificate that it
// is about.
func (s *Store) SetStaple(text string) error {
	if strings.TrimSpace(text) == "" {
		return says("'set ssl ocsp-response' expects response in base64 encoding.")
	}
	der, err := unbase64([]byte(text))
	if err != nil {
		return says("'set ssl ocsp-response' received invalid base64 encoded response.")
	}
	res, err := ocsp.ParseResponse(der, nil)
	if err != nil {
		return says("Unable to parse OCSP response.")
	}
	err = says("OCSP single response: Certificate ID does not match any certificate or issuer.")
	for _, p := range s.Pairs() {
		if p.serial.Cmp(res.SerialNumber) != 0 {
			continue
		}
		leaf, parseErr := x509.ParseCertificate(p.chain[0])
		if parseErr != nil {
			continue
		}
		fresh, judged := p.judge(der, leaf, s.now())
		if judged != nil {
			err = says("The OCSP response of %s is refused: %v.", p.file, judged)
			continue
		}
		p.setStaple(der, fresh)
		if s.updater != nil {
			s.updater.Kept.put(p.chain[0], der)
		}
		err = nil
	}
	return err
}

// updated reports whether the OCSP response of a certificate is kept up to date.
func (s *Store) updated(name string) bool {
	if s.updater == nil {
		return false
	}
	for f, r := range s.loaded {
		if r.file == name && f.Update {
			return true
		}
	}
	return false
}

// Follow has the store's certificates updated by u, too, when that is asked for.
func (s *Store) Follow(u *Updater) { s.updater = u }

// UpdateStaple fetches the OCSP response of a certificate, and waits for it.
func (s *Store) UpdateStaple(name string) (Stapled, error) {
	s.edit.Lock()
	list := s.named(name)
	s.edit.Unlock()
	if len(list) == 0 || list[0].Pair == nil || s.updater == nil {
		return Stapled{}, says("Unknown certificate! 'update ssl ocsp-response' expects an already known certificate file name.")
	}
	if err := s.updater.now(list[0].Pair); err != nil {
		return Stapled{}, fmt.Errorf("the OCSP response of %s is not updated: %w", name, err)
	}
	one, _ := list[0].Pair.stapled()
	return one, nil
}

// now fetches a response at once.
func (u *Updater) now(p *Pair) error {
	res, err := u.update(context.Background(), p)
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, d := range u.all {
		if d.pair.Latest() == p {
			u.told(d, p, res, err)
		}
	}
	heap.Init(&u.waiting)
	return err
}

// Update is how fetching the OCSP response of a certificate went.
type Update struct {
	Key, Path      string
	Next, Last     time.Time // Last is zero for never
	Good, Failures int
	Err            error // of the last fetch, nil for none
}

// Updates lists the certificates whose OCSP responses are fetched, the next first.
func (s *Store) Updates() []Update {
	if s.updater == nil {
		return nil
	}
	u := s.updater
	u.mu.Lock()
	defer u.mu.Unlock()
	var list []Update
	for _, d := range u.all {
		_, key, _ := d.pair.id()
		list = append(list, Update{key, d.pair.file, d.at, d.last, d.good, d.fail, d.err})
	}
	slices.SortFunc(list, func(a, b Update) int { return a.Next.Compare(b.Next) })
	return list
}
