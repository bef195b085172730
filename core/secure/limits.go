package secure

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// Version gives the number of a version by HAProxy's name; 0 for "".
func Version(name string) uint16 {
	return map[string]uint16{"TLSv1.0": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}[name]
}

// VersionName gives HAProxy's name of a version.
func VersionName(v uint16) string { return strings.Replace(tls.VersionName(v), "TLS ", "TLSv", 1) }

// openssl are OpenSSL's names of the ciphers that configurations name most.
var openssl = map[string]uint16{
	"ECDHE-ECDSA-AES128-GCM-SHA256": tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-RSA-AES128-GCM-SHA256":   tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-ECDSA-AES256-GCM-SHA384": tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-RSA-AES256-GCM-SHA384":   tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-ECDSA-CHACHA20-POLY1305": tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-RSA-CHACHA20-POLY1305":   tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-RSA-AES128-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	"ECDHE-RSA-AES256-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	"ECDHE-ECDSA-AES128-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	"ECDHE-ECDSA-AES256-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
}

// Cipher gives the number of a cipher of TLS 1.2 and before, by OpenSSL's or the
// IANA's name.
func Cipher(name string) (uint16, error) {
	if id, ok := openssl[name]; ok {
		return id, nil
	}
	for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if c.Name == name {
			if slices.Equal(c.SupportedVersions, []uint16{tls.VersionTLS13}) {
				return 0, fmt.Errorf("%q is of TLS 1.3, whose ciphers are all on: leave it out", name)
			}
			return c.ID, nil
		}
	}
	return 0, fmt.Errorf("unknown cipher %q: write a name such as \"ECDHE-ECDSA-AES128-GCM-SHA256\"", name)
}

var curves = map[string]tls.CurveID{
	"X25519MLKEM768": tls.X25519MLKEM768, "X25519": tls.X25519, "P-256": tls.CurveP256, "P-384": tls.CurveP384, "P-521": tls.CurveP521,
	"prime256v1": tls.CurveP256, "secp384r1": tls.CurveP384, "secp521r1": tls.CurveP521,
}

// Curve gives the number of a curve.
func Curve(name string) (tls.CurveID, error) {
	if id, ok := curves[name]; ok {
		return id, nil
	}
	return 0, fmt.Errorf("unknown curve %q: write one of X25519MLKEM768, X25519, P-256, P-384 and P-521", name)
}
