package secure

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// systemCA stands for the system's authorities in the place of a file's name.
const systemCA = "@system-ca"

// authorities are the certificates of a file; none for one that is to be filled.
type authorities struct {
	certs  []*x509.Certificate
	system bool
}

// ReadAuthorities reads a file with certificates of authorities, or a directory of
// such files, once. "@system-ca" are the system's.
func (s *Store) ReadAuthorities(path string) error {
	if s.cas.files[path] != nil {
		return nil
	}
	a := &authorities{system: path == systemCA}
	if !a.system {
		files, err := authorityFiles(path)
		if err != nil {
			return err
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return unreadable(err)
			}
			a.certs = append(a.certs, parseAuthorities(text)...)
		}
		if len(a.certs) == 0 {
			return fmt.Errorf("%s: there is no certificate in PEM in the file", path)
		}
	}
	s.cas.files[path] = a
	return nil
}

// authorityFiles gives the files of a directory that HAProxy reads, or the file itself.
func authorityFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, unreadable(err)
	}
	var files []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && slices.Contains([]string{".pem", ".crt", ".cer", ".crl"}, filepath.Ext(e.Name())) {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	return files, nil
}

// parseAuthorities gives the certificates of a text; what cannot be read is left out.
func parseAuthorities(text []byte) (list []*x509.Certificate) {
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			return list
		}
		if c, err := x509.ParseCertificate(b.Bytes); err == nil && b.Type == "CERTIFICATE" {
			list = append(list, c)
		}
	}
}

// pool gives the authorities of files that were read, nil for none.
func (s *Store) pool(files ...string) *x509.CertPool {
	files = slices.DeleteFunc(files, func(f string) bool { return s.cas.files[f] == nil })
	if len(files) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	if slices.ContainsFunc(files, func(f string) bool { return s.cas.files[f].system }) {
		if system, err := x509.SystemCertPool(); err == nil {
			pool = system
		}
	}
	for _, f := range files {
		for _, c := range s.cas.files[f].certs {
			pool.AddCert(c)
		}
	}
	return pool
}

// ReadRevoked reads a file with revocation lists, once.
func (s *Store) ReadRevoked(path string) error {
	if s.crls.files[path] != nil {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return unreadable(err)
	}
	r, err := parseRevoked(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	s.crls.files[path] = r
	return nil
}

var errNoList = errors.New("there is no revocation list in PEM in the file")
