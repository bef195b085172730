package tlscommands

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/fairleadproxy/fairlead/core/secure"
)

func (c commands) showOCSP(args []string, _ string) string {
	form := "text"
	if len(args) > 0 && (args[0] == "text" || args[0] == "base64") {
		form, args = args[0], args[1:]
		if len(args) == 0 {
			return "'show ssl ocsp-response [text|base64]' expects a valid certid."
		}
	}
	name := argument(args, 0)
	list := c.Store().Stapled(name)
	switch {
	case name == "":
		return listStapled(list)
	case len(list) == 0:
		return "Certificate ID or path does not match any certificate."
	case form == "base64":
		return base64.StdEncoding.EncodeToString(list[0].DER)
	}
	return describeStapled(list)
}

func listStapled(list []secure.Stapled) string {
	var b strings.Builder
	b.WriteString("# Certificate IDs\n")
	for _, s := range list {
		fmt.Fprintf(&b, "Certificate ID key : %s\nCertificate path : %s\n", s.Key, s.Path)
		writeID(&b, s.ID)
	}
	return b.String()
}

func writeID(b *strings.Builder, id secure.CertID) {
	fmt.Fprintf(b, "  Certificate ID:\n    Issuer Name Hash: %X\n    Issuer Key Hash: %X\n    Serial Number: %02X\n", id.NameHash, id.KeyHash, id.Serial.Bytes())
}

// describeStapled tells of a response as openssl ocsp -text does.
func describeStapled(list []secure.Stapled) string {
	if len(list) == 0 {
		return "Can't display the OCSP response: the certificate has none."
	}
	s := list[0]
	r := s.Response
	var b strings.Builder
	b.WriteString("OCSP Response Data:\n  OCSP Response Status: successful (0x0)\n  Response Type: Basic OCSP Response\n  Version: 1 (0x0)\n")
	fmt.Fprintf(&b, "  Responder Id: %s\n  Produced At: %s\n  Responses:\n", responder(r), date(r.ProducedAt))
	fmt.Fprintf(&b, "  Certificate ID:\n    Hash Algorithm: sha1\n    Issuer Name Hash: %X\n    Issuer Key Hash: %X\n    Serial Number: %02X\n", s.ID.NameHash, s.ID.KeyHash, s.ID.Serial.Bytes())
	fmt.Fprintf(&b, "  Cert Status: %s\n", status(r.Status))
	if r.Status == ocsp.Revoked {
		fmt.Fprintf(&b, "  Revocation Time: %s\n", date(r.RevokedAt))
	}
	fmt.Fprintf(&b, "  This Update: %s\n", date(r.ThisUpdate))
	if !r.NextUpdate.IsZero() {
		fmt.Fprintf(&b, "  Next Update: %s\n", date(r.NextUpdate))
	}
	fmt.Fprintf(&b, "  Signature Algorithm: %s\n", secure.SignatureText(r.SignatureAlgorithm, nil))
	return b.String()
}

func responder(r *ocsp.Response) string {
	if len(r.ResponderKeyHash) > 0 {
		return fmt.Sprintf("%X", r.ResponderKeyHash)
	}
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(r.RawResponderName, &name); err != nil {
		return "-"
	}
	var n pkix.Name
	n.FillFromRDNSequence(&name)
	return strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(dn(&n), "/"), "/", ", "), "=", " = ")
}

func status(s int) string {
	switch s {
	case ocsp.Good:
		return "good"
	case ocsp.Revoked:
		return "revoked"
	}
	return "unknown"
}

func (c commands) setOCSP(args []string, payload string) string {
	if payload == "" {
		payload = argument(args, 0)
	}
	if err := c.Store().SetStaple(payload); err != nil {
		return err.Error()
	}
	return "OCSP Response updated!"
}

func (c commands) updateOCSP(args []string, _ string) string {
	if len(args) == 0 {
		return "'update ssl ocsp-response' expects a filename"
	}
	one, err := c.Store().UpdateStaple(args[0])
	if err != nil {
		return err.Error()
	}
	return describeStapled([]secure.Stapled{one})
}

func (c commands) showUpdates([]string, string) string {
	var b strings.Builder
	b.WriteString("OCSP Certid | Path | Next Update | Last Update | Successes | Failures | Last Update Status | Last Update Status (str)\n")
	for _, u := range c.Store().Updates() {
		code, text := outcome(&u)
		fmt.Fprintf(&b, "%s | %s | %s | %s | %d | %d | %d | %s\n", u.Key, u.Path, stamp(u.Next), stamp(u.Last), u.Good, u.Failures, code, text)
	}
	return b.String()
}

// stamp writes a time as HAProxy's log lines have it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("02/Jan/2006:15:04:05 +0000")
}

// outcome gives HAProxy's number and words for how the last fetch went.
func outcome(u *secure.Update) (int, string) {
	var refused *secure.StapleError
	switch {
	case u.Err == nil && u.Good == 0:
		return 0, "-"
	case u.Err == nil:
		return 1, "Update successful"
	case errors.As(u.Err, &refused):
		return 4, "OCSP response check failure (" + u.Err.Error() + ")"
	}
	return 2, "HTTP error (" + u.Err.Error() + ")"
}
