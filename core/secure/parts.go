package secure

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// parts are what a certificate is made of, as bytes.
type parts struct {
	chain  [][]byte // DER, the certificate first
	key    []byte   // DER
	issuer []byte   // DER; nil to take it from the chain
	staple []byte   // DER
	scts   [][]byte
}

// parts gives what a certificate was made of.
func (p *Pair) parts() *parts {
	out := &parts{chain: slices.Clone(p.chain), key: p.key.der, issuer: p.issuer, scts: p.scts, staple: p.response()}
	return out
}

// readParts reads the files of a certificate.
func (s *Store) readParts(f *Files) (*parts, error) {
	chain, key, err := readPEM(f.Crt, s.Unlock)
	if err != nil {
		return nil, err
	}
	if len(chain) == 0 {
		return nil, errNoCertificate
	}
	if f.Key != "" || key == nil {
		if key, err = s.keyBeside(f); err != nil {
			return nil, err
		}
	}
	p := &parts{chain: chain, key: key}
	text, err := s.beside(f, f.Issuer, ".issuer")
	if err != nil {
		return nil, err
	}
	if text != nil {
		if p.issuer = firstBlock(text); p.issuer == nil {
			return nil, fmt.Errorf("%s: there is no certificate in PEM in the file", f.Crt+".issuer")
		}
	}
	if p.staple, err = s.beside(f, f.OCSP, ".ocsp"); err != nil {
		return nil, err
	}
	list, err := s.beside(f, f.SCTL, ".sctl")
	if err != nil || list == nil {
		return p, err
	}
	p.scts, err = timestamps(list)
	return p, err
}

var errNoCertificate = errors.New("there is no certificate in PEM in the file")

// firstBlock gives what the first PEM block of a text holds, nil for none.
func firstBlock(text []byte) []byte {
	if b, _ := pem.Decode(text); b != nil {
		return b.Bytes
	}
	return nil
}

// readPEM gives the certificates and the key of a file.
func readPEM(path string, unlock *Unlocker) (chain [][]byte, key []byte, err error) {
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
	return parsePEM(text, path, unlock)
}

// parsePEM gives the certificates and the key of a text, which is that of a file;
// nil for no key.
func parsePEM(text []byte, file string, unlock *Unlocker) (chain [][]byte, key []byte, err error) {
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			return chain, key, nil
		}
		if b.Type == "CERTIFICATE" || b.Type == "X509 CERTIFICATE" {
			chain = append(chain, b.Bytes)
			continue
		}
		der, ok, err := keyBlock(b, file, unlock)
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
		path = s.Extra.name(f.Crt, ".key")
		if _, err := os.Stat(path); f.Alone || s.Extra.Without[".key"] || errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("there is no private key in the file, and no %s: add the key to either", path)
		}
	}
	_, key, err := readPEM(path, s.Unlock)
	if err == nil && key == nil {
		err = errors.New("there is no private key in PEM in the file")
	}
	if err != nil {
		return nil, about(path, err)
	}
	return key, nil
}

// assemble makes a certificate of its parts, and says what is odd about it.
func (s *Store) assemble(name string, in *parts, r *Result) (*Pair, error) {
	leaf, err := x509.ParseCertificate(in.chain[0])
	if err != nil {
		return nil, fmt.Errorf("the certificate: %s", strings.TrimPrefix(err.Error(), "x509: "))
	}
	k, err := s.key(in.key)
	if err != nil {
		return nil, err
	}
	if !same(leaf.PublicKey, k.public) {
		return nil, errMismatch
	}
	p := &Pair{file: name, names: namesOf(leaf), chain: in.chain, key: k.key, scts: in.scts, shelf: s.shelf, serial: leaf.SerialNumber}
	s.complete(p, leaf)
	if err := s.linkUp(p, leaf, r); err != nil {
		return nil, err
	}
	if s.SkipRoot {
		p.dropRoot()
	}
	s.checkDates(leaf, r)
	if in.issuer != nil {
		p.issuer = in.issuer
	}
	if len(in.staple) > 0 {
		if res, err := p.judge(in.staple, leaf, s.now()); err != nil {
			r.warn("the OCSP response is left out: %s", err)
		} else {
			p.setStaple(in.staple, res)
		}
	}
	return p, nil
}

var errMismatch = errors.New("the private key is not the certificate's: write the key that it was issued for")
