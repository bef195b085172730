// Package secure makes the TLS settings of binds and servers from files.
//
//	certs, err := secure.Load([]string{"/etc/fairlead/site.pem"})
//	config.GetCertificate = certs.Choose
//
// What it makes does not change and is safe for concurrent use.
package secure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Certificates are those of a bind, by the names that they are for.
type Certificates struct {
	first  *tls.Certificate
	byName map[string][]*tls.Certificate // lower case; wildcards begin with "*."
	strict bool
}

// ErrName is the error of a handshake for a name without a certificate.
var ErrName = errors.New("no certificate for the server's name")

// Load reads certificates from files and directories, of which all files *.pem
// and *.crt count. With strict, clients of other names are refused.
func Load(paths []string, strict bool) (*Certificates, error) {
	c := &Certificates{byName: map[string][]*tls.Certificate{}, strict: strict}
	var errs []error
	for _, p := range paths {
		files, err := list(p)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, f := range files {
			cert, err := LoadPair(f)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			c.add(cert)
		}
	}
	if c.first == nil && len(errs) == 0 {
		errs = append(errs, errors.New("there are no certificates"))
	}
	return c, errors.Join(errs...)
}

// list gives the files that a path names.
func list(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".pem" || ext == ".crt") {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: the directory has no files *.pem or *.crt", path)
	}
	return files, nil
}

// LoadPair reads a certificate with its chain and key from one file, or the key
// from the file of the same name with ".key" added.
func LoadPair(file string) (*tls.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key := text
	if !strings.Contains(string(text), "PRIVATE KEY-----") {
		if key, err = os.ReadFile(file + ".key"); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s has no private key, and there is no %s.key", file, file)
		} else if err != nil {
			return nil, err
		}
	}
	cert, err := tls.X509KeyPair(text, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", file, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return &cert, nil
}

func (c *Certificates) add(cert *tls.Certificate) {
	if c.first == nil {
		c.first = cert
	}
	names := cert.Leaf.DNSNames
	if len(names) == 0 && cert.Leaf.Subject.CommonName != "" {
		names = []string{cert.Leaf.Subject.CommonName}
	}
	for _, n := range names {
		n = strings.ToLower(n)
		c.byName[n] = append(c.byName[n], cert)
	}
}

// Choose gives the certificate for a client: of those for the name that it asks
// for the first that it supports, as of an RSA and an ECDSA one.
func (c *Certificates) Choose(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(strings.TrimSuffix(h.ServerName, "."))
	list := c.byName[name]
	if list == nil {
		if _, parent, ok := strings.Cut(name, "."); ok {
			list = c.byName["*."+parent]
		}
	}
	for _, cert := range list {
		if h.SupportsCertificate(cert) == nil {
			return cert, nil
		}
	}
	switch {
	case len(list) > 0:
		return list[0], nil
	case c.strict:
		return nil, ErrName
	}
	return c.first, nil
}

// Pool reads the certificates of authorities.
func Pool(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificates in PEM", file)
	}
	return pool, nil
}
