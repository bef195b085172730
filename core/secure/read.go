package secure

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
	"unique"
)

// link is a certificate of a chain, kept once for all chains that it is in.
type link struct {
	der             []byte
	subject, issuer string // DER
	name            string
}

// sharedKey is a private key while certificates are read.
type sharedKey struct {
	*key
	public crypto.PublicKey
}

// read reads a certificate and what goes with it.
func (s *Store) read(f *Files, r *Result) {
	p, err := s.pair(f, r)
	if err != nil {
		r.Err = about(f.Crt, err)
		return
	}
	r.Pair = p
}

// about has an error name the file that it is about.
func about(file string, err error) error {
	if strings.HasPrefix(err.Error(), file) {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}

func (s *Store) pair(f *Files, r *Result) (*Pair, error) {
	parts, err := s.readParts(f)
	if err != nil {
		return nil, err
	}
	return s.assemble(f.Crt, parts, r)
}

// key gives the key of its bytes, which is shared if it is there already.
func (s *Store) key(der []byte) (*sharedKey, error) {
	s.mu.Lock()
	k := s.keys[string(der)]
	s.mu.Unlock()
	if k != nil {
		return k, nil
	}
	public, err := publicOf(der)
	if err != nil {
		return nil, err
	}
	kind, err := algorithmOf(public)
	if err != nil {
		return nil, err
	}
	k = &sharedKey{&key{der, kind}, public}
	s.mu.Lock()
	s.keys[string(der)] = k
	s.mu.Unlock()
	return k, nil
}

// namesOf gives the names that a certificate is for.
func namesOf(leaf *x509.Certificate) []string {
	names := make([]string, 0, len(leaf.DNSNames)+1)
	common := strings.ToLower(leaf.Subject.CommonName)
	for _, n := range leaf.DNSNames {
		n = strings.ToLower(n)
		names = append(names, n)
		if n == common {
			common = ""
		}
	}
	if common != "" && !strings.ContainsAny(common, " :") {
		names = append(names, common)
	}
	return names
}

// linkUp replaces the chain's certificates by those that others have too, and
// says where the chain is broken.
func (s *Store) linkUp(p *Pair, leaf *x509.Certificate, r *Result) error {
	child, issuer := leaf.Subject.String(), string(leaf.RawIssuer)
	for i := 1; i < len(p.chain); i++ {
		l, err := s.link(p.chain[i])
		if err != nil {
			return err
		}
		p.chain[i] = l.der
		if l.subject != issuer {
			r.warn("the chain is broken: %q was not issued by %q, which follows it", child, l.name)
		}
		if i == 1 && l.subject == issuer {
			p.issuer = l.der
		}
		child, issuer = l.name, l.issuer
	}
	if len(p.chain) == 1 && len(leaf.IssuingCertificateURL) > 0 && !bytes.Equal(leaf.RawIssuer, leaf.RawSubject) {
		r.warn("the intermediate certificate of %q is missing: add it behind the certificate, or clients will not trust it", leaf.Issuer.String())
	}
	p.servers = intern(leaf.OCSPServer)
	return nil
}

// intern keeps strings once that many certificates have.
func intern(list []string) []string {
	for i, s := range list {
		list[i] = unique.Make(s).Value()
	}
	return list
}

func (s *Store) link(der []byte) (*link, error) {
	s.mu.Lock()
	l := s.links[string(der)]
	s.mu.Unlock()
	if l != nil {
		return l, nil
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("a certificate of the chain: %s", strings.TrimPrefix(err.Error(), "x509: "))
	}
	l = &link{der, string(c.RawSubject), string(c.RawIssuer), c.Subject.String()}
	s.mu.Lock()
	s.links[string(der)] = l
	s.mu.Unlock()
	return l, nil
}

func (s *Store) checkDates(leaf *x509.Certificate, r *Result) {
	switch now := s.now(); {
	case now.After(leaf.NotAfter):
		r.warn("the certificate expired on %s: renew it", leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		r.warn("the certificate is not valid before %s", leaf.NotBefore.UTC().Format(time.DateOnly))
	}
}

func (r *Result) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}
