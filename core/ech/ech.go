// Package ech makes keys for the encrypted ClientHello (RFC 9849), in the PEM form that
// openssl ech writes too. It has no part in handshakes; core/secure reads the keys.
package ech

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// pkcs8 is what stands before an X25519 key in PKCS #8 (RFC 8410 section 7).
var pkcs8 = []byte{0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20}

// Make makes a key for a public name: a private key, and the configuration for clients.
func Make(publicName string) ([]byte, error) {
	if publicName == "" || len(publicName) > 255 {
		return nil, errors.New("the public name has to have between 1 and 255 characters")
	}
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der := slices.Concat(pkcs8, private.Bytes())
	id := make([]byte, 1)
	if _, err := rand.Read(id); err != nil {
		return nil, err
	}
	const x25519, sha256, room = 0x0020, 0x0001, 64
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16(0xfe0d)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddBytes(id)
			b.AddUint16(x25519)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(private.PublicKey().Bytes()) })
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for aead := range uint16(3) { // AES-128-GCM, AES-256-GCM, ChaCha20Poly1305
					b.AddUint16(sha256)
					b.AddUint16(aead + 1)
				}
			})
			b.AddUint8(room) // names up to this length look alike
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(publicName)) })
			b.AddUint16(0)
		})
	})
	config, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "ECHCONFIG", Bytes: config})), nil
}
