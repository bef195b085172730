package secure

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// errEncrypted says what to do about a key that nobody is there to unlock.
var errEncrypted = errors.New("the private key is encrypted: write it without a passphrase, as by openssl pkey -in FILE -out FILE, or name ssl-passphrase-cmd in [global]")

// keyBlock gives the key of a PEM block of a file; ok is false for blocks of other
// things.
func keyBlock(b *pem.Block, file string, unlock *Unlocker) (der []byte, ok bool, err error) {
	if !strings.HasSuffix(b.Type, "PRIVATE KEY") {
		return nil, false, nil
	}
	if locked(b) {
		der, err = unlock.unlock(b, file)
		return der, true, err
	}
	return b.Bytes, true, nil
}

// parseKey gives a private key in the form that signs.
func parseKey(der []byte) (crypto.Signer, error) {
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k, nil
	}
	if k, err := x509.ParseECPrivateKey(der); err == nil {
		return k, nil
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("the private key: %s", strings.TrimPrefix(err.Error(), "x509: "))
	}
	if s, ok := k.(crypto.Signer); ok {
		return s, nil
	}
	return nil, errUnknownKey
}

var errUnknownKey = errors.New("the private key is of no kind that can be used: write one of ECDSA, RSA and Ed25519")

// keyType gives the type of the PEM block for a key.
func keyType(der []byte) string {
	if _, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return "PRIVATE KEY"
	}
	if _, err := x509.ParseECPrivateKey(der); err == nil {
		return "EC PRIVATE KEY"
	}
	return "RSA PRIVATE KEY"
}

// publicOf gives the public half of a private key. Of RSA keys it reads no more
// than that: checking the rest takes a thousand times as long, and is left to
// their first use.
func publicOf(der []byte) (crypto.PublicKey, error) {
	if n := rsaOf(der); n != nil {
		return n, nil
	}
	s, err := parseKey(der)
	if err != nil {
		return nil, err
	}
	return s.Public(), nil
}

// rsaOf gives the public half of an RSA key in PKCS #8 or PKCS #1, nil for others.
func rsaOf(der []byte) *rsa.PublicKey {
	var outer struct {
		Version   int
		Algorithm struct {
			OID    asn1.ObjectIdentifier
			Params asn1.RawValue `asn1:"optional"`
		}
		Key  []byte
		Rest asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(der, &outer); err == nil {
		if !outer.Algorithm.OID.Equal(oidRSA) {
			return nil
		}
		der = outer.Key
	}
	var inner struct {
		Version     int
		N           *big.Int
		E           int
		D, P, Q     *big.Int
		Dp, Dq, Qi  *big.Int
		OtherPrimes asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(der, &inner); err != nil {
		return nil
	}
	return &rsa.PublicKey{N: inner.N, E: inner.E}
}

var oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}

// algorithmOf gives the kind of a public key.
func algorithmOf(k crypto.PublicKey) (Algorithm, error) {
	switch k.(type) {
	case *ecdsa.PublicKey:
		return ECDSA, nil
	case ed25519.PublicKey:
		return Ed25519, nil
	case *rsa.PublicKey:
		return RSA, nil
	}
	return 0, errUnknownKey
}

// same reports whether two public keys are the same.
func same(a, b crypto.PublicKey) bool {
	x, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && x.Equal(b)
}
