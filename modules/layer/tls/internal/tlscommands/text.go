package tlscommands

import (
	"cmp"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/secure"
)

// writeLeaf writes what HAProxy tells of a certificate.
func writeLeaf(b *strings.Builder, c *x509.Certificate) {
	var names []string
	for _, n := range c.DNSNames {
		names = append(names, "DNS:"+n)
	}
	for _, ip := range c.IPAddresses {
		names = append(names, "IP Address:"+ip.String())
	}
	fmt.Fprintf(b, "Serial: %X\nnotBefore: %s\nnotAfter: %s\n", c.SerialNumber.Bytes(), date(c.NotBefore), date(c.NotAfter))
	fmt.Fprintf(b, "Subject Alternative Name: %s\nAlgorithm: %s\nSHA1 FingerPrint: %X\nSubject: %s\nIssuer: %s\n",
		strings.Join(names, ", "), cmp.Or(secure.KeyName(c.PublicKey), c.PublicKeyAlgorithm.String()), sha1.Sum(c.Raw), dn(&c.Subject), dn(&c.Issuer))
}

// date writes a time as OpenSSL does.
func date(t time.Time) string { return t.UTC().Format("Jan _2 15:04:05 2006 GMT") }

func dn(n *pkix.Name) string { return string(secure.AppendName(nil, n)) }
