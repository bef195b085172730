package secure

import (
	"encoding/pem"
	"testing"
)

// encrypted is a key by openssl pkcs8 -topk8 -iter 10, whose passphrase is "secret".
const encrypted = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAh/q+GKfVdTuwIBCjAM
BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQr3FNIflffFNgSn/jqVv6lARAyHDe
4nVwy1snvgqJw3IflqaIrWLVfOTLNemCBc1wHMASLmy3rSsps72ZSeqaLOnQpP4/
ou+QcD0Xe8knlbQrlw==
-----END ENCRYPTED PRIVATE KEY-----
`

// Encrypted keys are text from anywhere.
func FuzzDecrypt(f *testing.F) {
	b, _ := pem.Decode([]byte(encrypted))
	if der, err := decrypt(b, "secret"); err != nil || len(der) == 0 {
		f.Fatalf("%d bytes, %v", len(der), err)
	}
	if _, err := decrypt(b, "other"); err == nil {
		f.Error("another passphrase is taken")
	}
	f.Add(b.Type, b.Bytes, "secret")
	f.Add("EC PRIVATE KEY", b.Bytes, "secret")
	f.Fuzz(func(_ *testing.T, kind string, der []byte, pass string) {
		_, _ = decrypt(&pem.Block{Type: kind, Bytes: der, Headers: map[string]string{"DEK-Info": "AES-128-CBC,00112233445566778899AABBCCDDEEFF"}}, pass)
	})
}

// Lists of ECH configurations are text from anywhere, too.
func FuzzECHConfigs(f *testing.F) {
	f.Add([]byte("\x00\x04\xfe\x0d\x00\x00"))
	f.Fuzz(func(_ *testing.T, list []byte) { _ = configs(list) })
}
