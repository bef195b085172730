package local

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
)

// signer gives what is stored under a name; when it is not there or less than a
// third of its life is left, what make makes instead.
func (a *authority) signer(ctx context.Context, name string, make func() (signer, error)) (s signer, err error) {
	if s, err = a.load(ctx, name); err != nil || a.lasting(s) {
		return s, err
	}
	lock := "internal_" + name
	if err := a.storage.Lock(ctx, lock); err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, a.storage.Unlock(ctx, lock)) }()
	if s, err = a.load(ctx, name); err != nil || a.lasting(s) {
		return s, err // another process made it meanwhile
	}
	if s, err = make(); err != nil {
		return s, err
	}
	return s, a.store(ctx, name, s)
}

func (a *authority) lasting(s signer) bool {
	return s.cert != nil && s.cert.NotAfter.Sub(a.now()) > s.cert.NotAfter.Sub(s.cert.NotBefore)/3
}

// path gives the key of a signer in the storage. Its certificate and its key
// stand together, so that they always fit.
func path(name string) string { return "internal/" + name + ".pem" }

// load gives what is stored; nothing is no error.
func (a *authority) load(ctx context.Context, name string) (s signer, err error) {
	text, err := a.storage.Load(ctx, path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	cert, rest := pem.Decode(text)
	key, _ := pem.Decode(rest)
	if cert == nil || key == nil {
		return s, fmt.Errorf("%s in the storage has no certificate and key: remove it to have another made", path(name))
	}
	if s.cert, err = x509.ParseCertificate(cert.Bytes); err != nil {
		return signer{}, fmt.Errorf("%s in the storage: %w", path(name), err)
	}
	k, err := x509.ParsePKCS8PrivateKey(key.Bytes)
	if err != nil {
		return signer{}, fmt.Errorf("%s in the storage: %w", path(name), err)
	}
	s.key, _ = k.(crypto.Signer)
	return s, nil
}

func (a *authority) store(ctx context.Context, name string, s signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		return err
	}
	text := append(encode(s.cert), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	return a.storage.Store(ctx, path(name), text)
}

func encode(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
