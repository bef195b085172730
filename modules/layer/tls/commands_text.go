package tls

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// listCertificates is HAProxy's "show ssl cert": names, those that come by
// themselves included.
func listCertificates(list []Certificate) string {
	var b strings.Builder
	b.WriteString("# filename\n")
	for _, c := range list {
		b.WriteString(c.Name + "\n")
	}
	return b.String()
}

// describeCertificate is HAProxy's "show ssl cert NAME".
func describeCertificate(list []Certificate, name string) (string, error) {
	var b strings.Builder
	for _, c := range list {
		if c.Name != name {
			continue
		}
		fmt.Fprintf(&b, "Filename: %s\n", c.Name)
		if c.Leaf == nil {
			fmt.Fprintf(&b, "Status: Empty\n")
		} else {
			leaf := c.Leaf
			var names []string
			for _, n := range leaf.DNSNames {
				names = append(names, "DNS:"+n)
			}
			for _, ip := range leaf.IPAddresses {
				names = append(names, "IP Address:"+ip.String())
			}
			const form = "Jan _2 15:04:05 2006 GMT"
			fmt.Fprintf(&b, "Status: Used\nSerial: %X\nnotBefore: %s\nnotAfter: %s\n",
				leaf.SerialNumber.Bytes(), leaf.NotBefore.UTC().Format(form), leaf.NotAfter.UTC().Format(form))
			fmt.Fprintf(&b, "Subject Alternative Name: %s\nAlgorithm: %s\nSHA1 FingerPrint: %X\nSubject: %s\nIssuer: %s\n",
				strings.Join(names, ", "), algorithm(leaf), sha1.Sum(leaf.Raw), leaf.Subject, leaf.Issuer)
		}
		if c.Issuer != "" {
			fmt.Fprintf(&b, "Section: %s\n", c.Issuer)
		}
		if c.Err != nil {
			fmt.Fprintf(&b, "Error: %s\n", oneLine(c.Err))
		}
	}
	if b.Len() == 0 {
		return "", fmt.Errorf("there is no certificate %q", name)
	}
	return b.String(), nil
}

// algorithm names a certificate's key as HAProxy does.
func algorithm(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return fmt.Sprintf("EC%d", key.Curve.Params().BitSize)
	case ed25519.PublicKey:
		return "ED25519"
	}
	return c.PublicKeyAlgorithm.String()
}

// acmeStatus is HAProxy's "acme status".
func acmeStatus(list []Certificate, now time.Time) string {
	var b strings.Builder
	b.WriteString("# certificate\tsection\tstate\texpiration date (UTC)\texpires in\tscheduled date (UTC)\tscheduled in\n")
	for _, c := range list {
		if c.Issuer == "" {
			continue
		}
		end, due := time.Time{}, c.Renewal
		if c.Leaf != nil {
			end = c.Leaf.NotAfter
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Name, c.Issuer, state(c), date(end), in(end, now), date(due), in(due, now))
	}
	return b.String()
}

func state(c Certificate) string {
	if c.Running {
		return "Running"
	}
	return "Scheduled"
}

// tabulate lists certificates for people.
func tabulate(list []Certificate, now time.Time) string {
	var b strings.Builder
	b.WriteString("# name\tsource\tissued by\tends (UTC)\tends in\tstate\n")
	for _, c := range list {
		name, source, by, end, status := c.Name, "file", "-", time.Time{}, "in use"
		if c.Issuer != "" {
			source = "acme." + c.Issuer
		}
		switch {
		case c.Leaf == nil && c.Issuer == "":
			status = "unreadable"
		case c.Leaf == nil:
			status = "to come"
		case now.After(c.Leaf.NotAfter):
			status = "over"
		}
		if c.Leaf != nil {
			by, end = issuedBy(c.Leaf), c.Leaf.NotAfter
		}
		switch {
		case c.Running:
			status += ", being obtained"
		case c.Err != nil:
			status += ", last error: " + oneLine(c.Err)
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\t%s\n", name, source, by, date(end), in(end, now), status)
	}
	return b.String()
}

func issuedBy(c *x509.Certificate) string {
	if c.Issuer.CommonName != "" {
		return c.Issuer.CommonName
	}
	return c.Issuer.String()
}

func date(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// in gives the time left as HAProxy writes it.
func in(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	left := max(0, t.Sub(now))
	days := left / (24 * time.Hour)
	left -= days * 24 * time.Hour
	return fmt.Sprintf("%dd %dh%02dm%02ds", days, left/time.Hour, left/time.Minute%60, left/time.Second%60)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
