package tls

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

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
