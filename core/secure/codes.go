package secure

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OpenSSL's numbers of what can be wrong with a certificate.
const (
	errCodeUnspecified      = 1
	errCodeNoCRL            = 3
	errCodeSignature        = 7
	errCodeNotYetValid      = 9
	errCodeExpired          = 10
	errCodeCRLExpired       = 12
	errCodeSelfSigned       = 18
	errCodeSelfSignedAbove  = 19
	errCodeNoIssuer         = 20
	errCodeNoLeafSignature  = 21
	errCodeRevoked          = 23
	errCodeInvalidCA        = 24
	errCodePathLength       = 25
	errCodePurpose          = 26
	errCodePermitted        = 47
	errCodeUnhandled        = 34
	errCodeHostnameMismatch = 62
)

var codeNames = map[string]int{
	"X509_V_ERR_UNSPECIFIED": errCodeUnspecified, "X509_V_ERR_UNABLE_TO_GET_CRL": errCodeNoCRL,
	"X509_V_ERR_CERT_SIGNATURE_FAILURE": errCodeSignature, "X509_V_ERR_CERT_NOT_YET_VALID": errCodeNotYetValid,
	"X509_V_ERR_CERT_HAS_EXPIRED": errCodeExpired, "X509_V_ERR_CRL_HAS_EXPIRED": errCodeCRLExpired,
	"X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT": errCodeSelfSigned, "X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN": errCodeSelfSignedAbove,
	"X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY": errCodeNoIssuer, "X509_V_ERR_CERT_REVOKED": errCodeRevoked,
	"X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE": errCodeNoLeafSignature,
	"X509_V_ERR_INVALID_CA":                      errCodeInvalidCA, "X509_V_ERR_PATH_LENGTH_EXCEEDED": errCodePathLength,
	"X509_V_ERR_INVALID_PURPOSE": errCodePurpose, "X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION": errCodeUnhandled,
	"X509_V_ERR_PERMITTED_VIOLATION": errCodePermitted, "X509_V_ERR_HOSTNAME_MISMATCH": errCodeHostnameMismatch,
}

// CodeName gives OpenSSL's name of an error of a certificate, "" for a number that
// none here has.
func CodeName(code int) string {
	if code == 0 {
		return "X509_V_OK"
	}
	for name, c := range codeNames {
		if c == code {
			return name
		}
	}
	return ""
}

// Codes are errors of certificates to pass over; nil for none.
type Codes map[int]bool

// all stands for every error in Codes.
const all = -1

func (c Codes) has(code int) bool { return c[code] || c[all] }

// ParseCodes reads "all", or numbers and names of OpenSSL's that commas separate.
// The error is a *NameError.
func ParseCodes(text string) (Codes, error) {
	if text == "" {
		return nil, nil
	}
	c := Codes{}
	err := each(text, func(name string, off int) error {
		n, known := codeNames[name]
		if name == "all" {
			n, known = all, true
		}
		if !known {
			var err error
			if n, err = strconv.Atoi(name); err != nil || n <= 0 {
				return &NameError{"error", name, off, append(slices.Sorted(maps.Keys(codeNames)), "all")}
			}
		}
		c[n] = true
		return nil
	})
	return c, err
}

// codeOf gives OpenSSL's number of an error, and the depth of the certificate
// that has it, 0 being the one sent first.
func codeOf(err error, sent []*x509.Certificate) (code, depth int) {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var critical x509.UnhandledCriticalExtension
	var revoked *revokedError
	switch {
	case errors.As(err, &revoked):
		return revoked.code, revoked.depth
	case errors.As(err, &host):
		return errCodeHostnameMismatch, 0
	case errors.As(err, &critical):
		return errCodeUnhandled, 0
	case errors.As(err, &unknown):
		return unknownIssuer(sent)
	case errors.As(err, &invalid):
		return invalidCode(&invalid), depthOf(invalid.Cert, sent)
	}
	return errCodeUnspecified, 0
}

// unknownIssuer tells a chain that ends in a certificate that signed itself from
// one whose end is missing.
func unknownIssuer(sent []*x509.Certificate) (code, depth int) {
	at := sent[0]
	for depth < len(sent) { // a chain is no longer than what was sent
		if string(at.RawIssuer) == string(at.RawSubject) {
			if depth == 0 {
				return errCodeSelfSigned, 0
			}
			return errCodeSelfSignedAbove, depth
		}
		i := slices.IndexFunc(sent, func(c *x509.Certificate) bool { return string(c.RawSubject) == string(at.RawIssuer) })
		if i < 0 {
			break
		}
		at = sent[i]
		depth++
	}
	return errCodeNoIssuer, depth
}

func invalidCode(e *x509.CertificateInvalidError) int {
	switch e.Reason {
	case x509.Expired:
		if strings.Contains(e.Detail, "is before") {
			return errCodeNotYetValid
		}
		return errCodeExpired
	case x509.NotAuthorizedToSign:
		return errCodeInvalidCA
	case x509.TooManyIntermediates:
		return errCodePathLength
	case x509.IncompatibleUsage:
		return errCodePurpose
	case x509.CANotAuthorizedForThisName, x509.NameConstraintsWithoutSANs, x509.UnconstrainedName:
		return errCodePermitted
	}
	return errCodeUnspecified
}

// depthOf gives where a certificate stands in a chain: an authority's that was
// not sent stands behind all that were.
func depthOf(c *x509.Certificate, sent []*x509.Certificate) int {
	i := slices.IndexFunc(sent, func(s *x509.Certificate) bool { return s.Equal(c) })
	if i < 0 {
		return len(sent)
	}
	return i
}

// revokedError is what a revocation list has against a certificate.
type revokedError struct {
	code, depth int
	subject     string
	at          time.Time
}

func (e *revokedError) Error() string {
	switch e.code {
	case errCodeNoCRL:
		return fmt.Sprintf("there is no revocation list of the issuer of %q", e.subject)
	case errCodeCRLExpired:
		return fmt.Sprintf("the revocation list of the issuer of %q expired at %s", e.subject, e.at.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("the certificate %q was revoked at %s", e.subject, e.at.UTC().Format(time.RFC3339))
}
