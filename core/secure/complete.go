package secure

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
)

// issuers are a chain, and the name of the key of its first certificate.
type issuers struct {
	key   []byte
	chain [][]byte
}

// ReadChains reads the files of a directory with the chains that complete
// certificates which come without (issuers-chain-path).
func (s *Store) ReadChains(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return unreadable(err)
	}
	s.chains = map[string][]issuers{}
	for _, e := range entries {
		if e.IsDir() || e.Name()[0] == '.' {
			continue
		}
		file := filepath.Join(dir, e.Name())
		chain, _, err := readPEM(file, nil)
		if err == nil && len(chain) == 0 {
			err = errNoCertificate
		}
		if err != nil {
			return about(file, err)
		}
		first, err := x509.ParseCertificate(chain[0])
		if err != nil {
			return about(file, err)
		}
		s.chains[string(first.RawSubject)] = append(s.chains[string(first.RawSubject)], issuers{first.SubjectKeyId, chain})
	}
	return nil
}

// complete adds the chain of the issuer to a certificate that comes without.
func (s *Store) complete(p *Pair, leaf *x509.Certificate) {
	if len(p.chain) > 1 || bytes.Equal(leaf.RawIssuer, leaf.RawSubject) {
		return
	}
	for _, c := range s.chains[string(leaf.RawIssuer)] {
		if len(c.key) == 0 || len(leaf.AuthorityKeyId) == 0 || bytes.Equal(c.key, leaf.AuthorityKeyId) {
			p.chain = append(p.chain[:1:1], c.chain...)
			return
		}
	}
}

// dropRoot takes the root away at the end of a chain.
func (p *Pair) dropRoot() {
	last := len(p.chain) - 1
	if last == 0 {
		return
	}
	if c, err := x509.ParseCertificate(p.chain[last]); err == nil && bytes.Equal(c.RawIssuer, c.RawSubject) {
		p.chain = p.chain[:last:last]
	}
}
