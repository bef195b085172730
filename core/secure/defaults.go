package secure

import "crypto/tls"

// DefaultCiphers gives the ciphers of TLS 1.2 that are spoken unless others are
// named: those with forward secrecy and authenticated encryption. nil means
// Go's own choice, for settings that allow versions which know none of them.
func DefaultCiphers(minVersion uint16) []uint16 {
	if minVersion < tls.VersionTLS12 {
		return nil
	}
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}
