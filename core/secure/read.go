package secure

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
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
		if !strings.HasPrefix(err.Error(), f.Crt) {
			err = fmt.Errorf("%s: %w", f.Crt, err)
		}
		r.Err = err
		return
	}
	r.Pair = p
}

func (s *Store) pair(f *Files, r *Result) (*Pair, error) {
	chain, keyDER, err := readPEM(f.Crt)
	if err != nil {
		return nil, err
	}
	if len(chain) == 0 {
		return nil, errors.New("there is no certificate in PEM in the file")
	}
	if f.Key != "" || keyDER == nil {
		if keyDER, err = s.keyBeside(f); err != nil {
			return nil, err
		}
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, fmt.Errorf("the certificate: %s", strings.TrimPrefix(err.Error(), "x509: "))
	}
	k, err := s.key(keyDER)
	if err != nil {
		return nil, err
	}
	if !same(leaf.PublicKey, k.public) {
		return nil, errors.New("the private key is not the certificate's: write the key that it was issued for")
	}
	p := &Pair{file: f.Crt, names: namesOf(leaf), chain: chain, key: k.key, shelf: s.shelf, serial: leaf.SerialNumber}
	if err := s.linkUp(p, leaf, r); err != nil {
		return nil, err
	}
	s.checkDates(leaf, r)
	if err := p.extras(f, leaf, s.now(), r); err != nil {
		return nil, err
	}
	return p, nil
}

// readPEM gives the certificates and the key of a file.
func readPEM(path string) (chain [][]byte, key []byte, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, unreadable(err)
	}
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return nil, nil, errors.New("the file is empty")
	case text[0] == 0x30 && !bytes.Contains(text, []byte("-----BEGIN")):
		return nil, nil, errors.New("the file is not in PEM: convert it, as by openssl x509 -inform der -in FILE")
	}
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			return chain, key, nil
		}
		if b.Type == "CERTIFICATE" || b.Type == "X509 CERTIFICATE" {
			chain = append(chain, b.Bytes)
			continue
		}
		der, ok, err := keyBlock(b)
		if err != nil {
			return nil, nil, err
		}
		if ok && key == nil {
			key = der
		}
	}
}

// keyBeside reads the key that is in a file of its own.
func (s *Store) keyBeside(f *Files) ([]byte, error) {
	path := f.Key
	if path == "" {
		path = f.Crt + ".key"
		if _, err := os.Stat(path); f.Alone || errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("there is no private key in the file, and no %s: add the key to either", path)
		}
	}
	_, key, err := readPEM(path)
	if err != nil && !strings.HasPrefix(err.Error(), path) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	if err == nil && key == nil {
		err = fmt.Errorf("%s: there is no private key in PEM in the file", path)
	}
	return key, err
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
