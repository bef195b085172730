package secure

import (
	"crypto/tls"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Version gives the number of a version by HAProxy's name; 0 for "".
func Version(name string) uint16 {
	return map[string]uint16{"TLSv1.0": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}[name]
}

// VersionName gives HAProxy's name of a version.
func VersionName(v uint16) string {
	switch v {
	case tls.VersionTLS13:
		return "TLSv1.3"
	case tls.VersionTLS12:
		return "TLSv1.2"
	}
	return strings.Replace(tls.VersionName(v), "TLS ", "TLSv", 1)
}

// NameError is about a name in a list that is not known.
type NameError struct {
	// What says what it was to be the name of, and Name what was written.
	What, Name string
	// Off is where it stands in the text, in bytes.
	Off int
	// Known are the names that there are.
	Known []string
}

func (e *NameError) Error() string { return fmt.Sprintf("unknown %s %q", e.What, e.Name) }

// each calls f for the names in a text, which colons or commas separate.
func each(text string, f func(name string, off int) error) error {
	off := 0
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ':' || r == ',' || r == ' ' }) {
		at := off + strings.Index(text[off:], part)
		if err := f(part, at); err != nil {
			return err
		}
		off = at + len(part)
	}
	return nil
}

// openssl are OpenSSL's names of the ciphers of TLS 1.2 and before that Go has.
var openssl = map[string]uint16{
	"ECDHE-ECDSA-AES128-GCM-SHA256": tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-RSA-AES128-GCM-SHA256":   tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-ECDSA-AES256-GCM-SHA384": tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-RSA-AES256-GCM-SHA384":   tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-ECDSA-CHACHA20-POLY1305": tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-RSA-CHACHA20-POLY1305":   tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-ECDSA-AES128-SHA256":     tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-RSA-AES128-SHA256":       tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-ECDSA-AES128-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	"ECDHE-RSA-AES128-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	"ECDHE-ECDSA-AES256-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	"ECDHE-RSA-AES256-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	"ECDHE-RSA-DES-CBC3-SHA":        tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA,
	"AES128-GCM-SHA256":             tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
	"AES256-GCM-SHA384":             tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	"AES128-SHA256":                 tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
	"AES128-SHA":                    tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	"AES256-SHA":                    tls.TLS_RSA_WITH_AES_256_CBC_SHA,
	"DES-CBC3-SHA":                  tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
}

// cipherNames are OpenSSL's names by number, and the IANA's of what OpenSSL calls the same.
var cipherNames = func() map[uint16]string {
	names := map[uint16]string{}
	for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		names[c.ID] = c.Name
	}
	for name, id := range openssl {
		names[id] = name
	}
	return names
}()

// CipherName gives OpenSSL's name of a cipher, as HAProxy does.
func CipherName(id uint16) string { return cipherNames[id] }

// Ciphers gives the numbers of ciphers of TLS 1.2 and before, by OpenSSL's or the
// IANA's names. Those that OpenSSL has and Go has not are in missing. The error
// is a *NameError.
func Ciphers(text string) (ids []uint16, missing []string, err error) {
	err = each(text, func(name string, off int) error {
		if id, ok := openssl[name]; ok {
			ids = append(ids, id)
			return nil
		}
		for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
			if c.Name == name && !only13(c) {
				ids = append(ids, c.ID)
				return nil
			}
		}
		if foreign(name) {
			missing = append(missing, name)
			return nil
		}
		return &NameError{"cipher", name, off, slices.Sorted(maps.Keys(openssl))}
	})
	return ids, missing, err
}

// foreign reports whether a name is that of a cipher that OpenSSL has and Go has not.
func foreign(name string) bool {
	for _, prefix := range []string{"DHE-", "EDH-", "DH-", "ADH-", "AECDH-", "PSK-", "SRP-", "RSA-PSK-", "DHE-PSK-", "ECDHE-PSK-", "ECDH-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return strings.Contains(name, "-") && (strings.Contains(name, "CAMELLIA") || strings.Contains(name, "ARIA") || strings.Contains(name, "CCM") ||
		name == "ECDHE-ECDSA-AES256-SHA384" || name == "ECDHE-RSA-AES256-SHA384" || name == "AES256-SHA256")
}

func only13(c *tls.CipherSuite) bool {
	return slices.Equal(c.SupportedVersions, []uint16{tls.VersionTLS13})
}

// Ciphers13 gives which of the ciphers of TLS 1.3 a text does not name; all of
// them are always spoken. The error is a *NameError.
func Ciphers13(text string) (left []string, err error) {
	var known []string
	for _, c := range tls.CipherSuites() {
		if only13(c) {
			known = append(known, c.Name)
		}
	}
	left = slices.Clone(known)
	err = each(text, func(name string, off int) error {
		if !slices.Contains(known, name) {
			return &NameError{"cipher of TLS 1.3", name, off, known}
		}
		left = slices.DeleteFunc(left, func(s string) bool { return s == name })
		return nil
	})
	return left, err
}

var curves = map[string]tls.CurveID{
	"X25519MLKEM768": tls.X25519MLKEM768, "SecP256r1MLKEM768": tls.SecP256r1MLKEM768, "SecP384r1MLKEM1024": tls.SecP384r1MLKEM1024,
	"X25519": tls.X25519, "P-256": tls.CurveP256, "P-384": tls.CurveP384, "P-521": tls.CurveP521,
	"prime256v1": tls.CurveP256, "secp256r1": tls.CurveP256, "secp384r1": tls.CurveP384, "secp521r1": tls.CurveP521,
}

// Curves gives the numbers of curves. The error is a *NameError.
func Curves(text string) (ids []tls.CurveID, err error) {
	err = each(text, func(name string, off int) error {
		id, ok := curves[name]
		if !ok {
			return &NameError{"curve", name, off, slices.Sorted(maps.Keys(curves))}
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}

// CurveName gives a curve's name as HAProxy does.
func CurveName(id tls.CurveID) string {
	switch id {
	case 0:
		return ""
	case tls.CurveP256:
		return "prime256v1"
	case tls.CurveP384:
		return "secp384r1"
	case tls.CurveP521:
		return "secp521r1"
	}
	return id.String()
}

var sigalgs = map[string]tls.SignatureScheme{
	"ECDSA+SHA256": tls.ECDSAWithP256AndSHA256, "ECDSA+SHA384": tls.ECDSAWithP384AndSHA384, "ECDSA+SHA512": tls.ECDSAWithP521AndSHA512, "ECDSA+SHA1": tls.ECDSAWithSHA1,
	"RSA-PSS+SHA256": tls.PSSWithSHA256, "RSA-PSS+SHA384": tls.PSSWithSHA384, "RSA-PSS+SHA512": tls.PSSWithSHA512,
	"RSA+SHA256": tls.PKCS1WithSHA256, "RSA+SHA384": tls.PKCS1WithSHA384, "RSA+SHA512": tls.PKCS1WithSHA512, "RSA+SHA1": tls.PKCS1WithSHA1,
	"ed25519": tls.Ed25519,
	// The same by the names of RFC 8446 section 4.2.3.
	"ecdsa_secp256r1_sha256": tls.ECDSAWithP256AndSHA256, "ecdsa_secp384r1_sha384": tls.ECDSAWithP384AndSHA384, "ecdsa_secp521r1_sha512": tls.ECDSAWithP521AndSHA512,
	"rsa_pss_rsae_sha256": tls.PSSWithSHA256, "rsa_pss_rsae_sha384": tls.PSSWithSHA384, "rsa_pss_rsae_sha512": tls.PSSWithSHA512,
	"rsa_pkcs1_sha256": tls.PKCS1WithSHA256, "rsa_pkcs1_sha384": tls.PKCS1WithSHA384, "rsa_pkcs1_sha512": tls.PKCS1WithSHA512,
}

// Sigalgs gives the numbers of signature algorithms, by OpenSSL's names or those
// of TLS 1.3. The error is a *NameError.
func Sigalgs(text string) (ids []tls.SignatureScheme, err error) {
	err = each(text, func(name string, off int) error {
		id, ok := sigalgs[name]
		if !ok {
			return &NameError{"signature algorithm", name, off, slices.Sorted(maps.Keys(sigalgs))}
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}
