package secure

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"hash"
	"sync"
)

// Unlocker finds the passphrases of encrypted keys. It is safe for concurrent use.
type Unlocker struct {
	// Ask gives the passphrase of a file's key.
	Ask func(file string) (string, error)

	mu    sync.Mutex
	known []string
}

// unlock gives the key of an encrypted block of a file. Passphrases of other files
// are tried first. A nil Unlocker knows none.
func (u *Unlocker) unlock(b *pem.Block, file string) ([]byte, error) {
	if u == nil {
		return nil, errEncrypted
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, pass := range u.known {
		if der, err := decrypt(b, pass); err == nil {
			return der, nil
		}
	}
	pass, err := u.Ask(file)
	if err != nil {
		return nil, err
	}
	der, err := decrypt(b, pass)
	if err == nil {
		u.known = append(u.known, pass)
	}
	return der, err
}

var (
	errPassphrase = errors.New("the passphrase is not that of the private key")
	errScheme     = errors.New("the private key is encrypted in a way that is not known: encrypt it anew, as by openssl pkcs8 -topk8 -in FILE -out FILE")
)

// locked reports whether a block is an encrypted key.
func locked(b *pem.Block) bool {
	return b.Type == "ENCRYPTED PRIVATE KEY" || b.Headers["DEK-Info"] != ""
}

// decrypt gives the key of an encrypted block: PKCS #8, or the older form with
// headers.
func decrypt(b *pem.Block, pass string) ([]byte, error) {
	if b.Type != "ENCRYPTED PRIVATE KEY" {
		//lint:ignore SA1019 it is not safe, and there are keys of this form
		der, err := x509.DecryptPEMBlock(b, []byte(pass))
		if err != nil {
			return nil, errPassphrase
		}
		return der, nil
	}
	var outer struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	var scheme struct{ Derive, Encrypt pkix.AlgorithmIdentifier }
	var derive struct {
		Salt       []byte
		Iterations int
		Length     int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	var iv []byte
	for _, part := range []struct {
		der  func() []byte
		into any
	}{
		{func() []byte { return b.Bytes }, &outer},
		{func() []byte { return outer.Algorithm.Parameters.FullBytes }, &scheme},
		{func() []byte { return scheme.Derive.Parameters.FullBytes }, &derive},
		{func() []byte { return scheme.Encrypt.Parameters.FullBytes }, &iv},
	} {
		if _, err := asn1.Unmarshal(part.der(), part.into); err != nil {
			return nil, errScheme
		}
	}
	c, ok := ciphersByOID[scheme.Encrypt.Algorithm.String()]
	prf := hashesByOID[derive.PRF.Algorithm.String()]
	if !ok || prf == nil || !outer.Algorithm.Algorithm.Equal(oidPBES2) || !scheme.Derive.Algorithm.Equal(oidPBKDF2) || derive.Iterations > maxIterations {
		return nil, errScheme
	}
	key, err := pbkdf2.Key(prf, pass, derive.Salt, derive.Iterations, c.size)
	if err != nil {
		return nil, errScheme
	}
	block, err := c.make(key)
	if err != nil || len(iv) != block.BlockSize() || len(outer.Data) == 0 || len(outer.Data)%block.BlockSize() != 0 {
		return nil, errScheme
	}
	out := bytes.Clone(outer.Data)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, out)
	pad := int(out[len(out)-1])
	if pad == 0 || pad > block.BlockSize() {
		return nil, errPassphrase
	}
	out = out[:len(out)-pad]
	if _, err := x509.ParsePKCS8PrivateKey(out); err != nil {
		return nil, errPassphrase
	}
	return out, nil
}

// maxIterations keeps a file from taking forever.
const maxIterations = 10_000_000

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// ciphersByOID are those that keys are encrypted with (RFC 8018 appendix B.2).
var ciphersByOID = map[string]struct {
	size int
	make func([]byte) (cipher.Block, error)
}{
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
}

// hashesByOID are those that keys are derived by; "" is SHA-1.
var hashesByOID = map[string]func() hash.Hash{
	"": sha1.New, "1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.9": sha256.New,
	"1.2.840.113549.2.10": sha512.New384, "1.2.840.113549.2.11": sha512.New,
}
