package local

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/fairleadproxy/fairlead/core/storage"
)

const (
	rootLifetime         = 10 * 365 * 24 * time.Hour
	intermediateLifetime = 30 * 24 * time.Hour
	// skew is for clocks that are behind ours.
	skew = time.Minute
)

// authority signs certificates.
type authority struct {
	storage  storage.Storage
	name     string
	lifetime time.Duration
	now      func() time.Time
}

// signer is a certificate that signs others, and its key.
type signer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// IssuerKey is what certmagic keeps certificates under.
func (a *authority) IssuerKey() string { return "internal" }

// root gives the root, making it if it is not there or about to end.
func (a *authority) root(ctx context.Context) (signer, error) {
	return a.signer(ctx, "root", func() (signer, error) {
		return a.make("Root", rootLifetime, 1, nil)
	})
}

// intermediate gives what signs certificates.
func (a *authority) intermediate(ctx context.Context) (signer, error) {
	return a.signer(ctx, "intermediate", func() (signer, error) {
		root, err := a.root(ctx)
		if err != nil {
			return signer{}, err
		}
		return a.make("Intermediate", intermediateLifetime, 0, &root)
	})
}

// make makes an authority that may have depth authorities below it, signed by
// parent or by itself.
func (a *authority) make(what string, lifetime time.Duration, depth int, parent *signer) (signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return signer{}, err
	}
	now := a.now()
	form := &x509.Certificate{
		// With the year two roots of a machine can be told apart.
		Subject:   pkix.Name{CommonName: fmt.Sprintf("%s Local Authority %d %s", a.name, now.Year(), what)},
		NotBefore: now.Add(-skew), NotAfter: now.Add(lifetime),
		IsCA: true, BasicConstraintsValid: true, MaxPathLen: depth, MaxPathLenZero: depth == 0,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if parent == nil {
		parent = &signer{form, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, form, parent.cert, key.Public(), parent.key)
	if err != nil {
		return signer{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return signer{cert, key}, err
}

// Issue signs a certificate for the names of a request.
func (a *authority) Issue(ctx context.Context, request *x509.CertificateRequest) (*certmagic.IssuedCertificate, error) {
	if err := request.CheckSignature(); err != nil {
		return nil, err
	}
	by, err := a.intermediate(ctx)
	if err != nil {
		return nil, err
	}
	now := a.now()
	end := now.Add(a.lifetime)
	if end.After(by.cert.NotAfter) {
		end = by.cert.NotAfter
	}
	form := &x509.Certificate{
		DNSNames: request.DNSNames, IPAddresses: request.IPAddresses,
		NotBefore: now.Add(-skew), NotAfter: end, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, by.cert, request.PublicKey, by.key)
	if err != nil {
		return nil, err
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &certmagic.IssuedCertificate{Certificate: append(chain, encode(by.cert)...)}, nil
}
