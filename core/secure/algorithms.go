package secure

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

// signatures are OpenSSL's names of signature algorithms: the short ones, which
// HAProxy's fetches give, and the long ones, which its texts about lists and responses
// have.
var signatures = map[x509.SignatureAlgorithm]struct{ short, long string }{
	x509.MD5WithRSA:       {"RSA-MD5", "md5WithRSAEncryption"},
	x509.SHA1WithRSA:      {"RSA-SHA1", "sha1WithRSAEncryption"},
	x509.SHA256WithRSA:    {"RSA-SHA256", "sha256WithRSAEncryption"},
	x509.SHA384WithRSA:    {"RSA-SHA384", "sha384WithRSAEncryption"},
	x509.SHA512WithRSA:    {"RSA-SHA512", "sha512WithRSAEncryption"},
	x509.SHA256WithRSAPSS: {"RSASSA-PSS", "rsassaPss"},
	x509.SHA384WithRSAPSS: {"RSASSA-PSS", "rsassaPss"},
	x509.SHA512WithRSAPSS: {"RSASSA-PSS", "rsassaPss"},
	x509.DSAWithSHA1:      {"DSA-SHA1", "dsaWithSHA1"},
	x509.DSAWithSHA256:    {"dsa_with_SHA256", "dsa_with_SHA256"},
	x509.ECDSAWithSHA1:    {"ecdsa-with-SHA1", "ecdsa-with-SHA1"},
	x509.ECDSAWithSHA256:  {"ecdsa-with-SHA256", "ecdsa-with-SHA256"},
	x509.ECDSAWithSHA384:  {"ecdsa-with-SHA384", "ecdsa-with-SHA384"},
	x509.ECDSAWithSHA512:  {"ecdsa-with-SHA512", "ecdsa-with-SHA512"},
	x509.PureEd25519:      {"ED25519", "ED25519"},
}

// KeyName names a public key as HAProxy does: "EC256", "RSA2048", "ED25519"; "" for one
// of another kind.
func KeyName(key crypto.PublicKey) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return fmt.Sprintf("EC%d", key.Curve.Params().BitSize)
	case ed25519.PublicKey:
		return "ED25519"
	}
	return ""
}

// SignatureName gives OpenSSL's short name of the algorithm that what is in der was
// signed with, "UNDEF" for one that is not known.
func SignatureName(a x509.SignatureAlgorithm, der []byte) string {
	if n, ok := signatures[known(a, der)]; ok {
		return n.short
	}
	return "UNDEF"
}

// SignatureText gives the long name.
func SignatureText(a x509.SignatureAlgorithm, der []byte) string {
	if n, ok := signatures[known(a, der)]; ok {
		return n.long
	}
	return "undefined"
}

// known gives the algorithm, also where crypto/x509 does not know its parameters: it
// takes RSA-PSS with some lengths of salt only.
func known(a x509.SignatureAlgorithm, der []byte) x509.SignatureAlgorithm {
	var signed struct {
		What      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if a != x509.UnknownSignatureAlgorithm {
		return a
	}
	if _, err := asn1.Unmarshal(der, &signed); err == nil && signed.Algorithm.Algorithm.Equal(oidPSS) {
		return x509.SHA256WithRSAPSS
	}
	return a
}

var oidPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
