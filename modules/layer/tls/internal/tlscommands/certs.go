package tlscommands

import (
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/fairleadproxy/fairlead/core/secure"
)

func (c commands) showCert(args []string, _ string) string {
	held, managed := c.Store().Certificates(), c.Managed()
	if len(args) == 0 {
		return list(held, managed)
	}
	name, draft := pending(args[0])
	if of, ok := strings.CutSuffix(name, ".ocsp"); ok {
		for _, h := range held {
			if h.Name == of && h.Pending == draft && h.Pair != nil {
				return describeStapled(c.Store().Stapled(h.Pair.StapleID()))
			}
		}
	}
	for _, h := range held {
		if h.Name == name && h.Pending == draft {
			return describeHeld(h)
		}
	}
	for _, m := range managed {
		if m.Name == name && !draft {
			return describeManaged(m)
		}
	}
	return notFound
}

const notFound = "Can't display the certificate: Not found or the certificate is a bundle!"

func list(held []secure.Held, managed []Managed) string {
	var b strings.Builder
	if len(held) > 0 && held[0].Pending {
		b.WriteString("# transaction\n*" + held[0].Name + "\n")
		held = held[1:]
	}
	b.WriteString("# filename\n")
	for _, h := range held {
		b.WriteString(h.Name + "\n")
	}
	for _, m := range managed {
		b.WriteString(m.Name + "\n")
	}
	return b.String()
}

func describeHeld(h secure.Held) string {
	var b strings.Builder
	name, status := h.Name, "Unused"
	switch {
	case h.Pending:
		name = "*" + name
	case h.Pair == nil:
		status = "Empty"
	case h.Used:
		status = "Used"
	}
	b.WriteString("Filename: " + name + "\nStatus: " + status + "\n")
	id := ""
	if h.Pair != nil {
		for i, der := range h.Pair.Chain() {
			x, err := x509.ParseCertificate(der)
			switch {
			case err != nil:
				b.WriteString("Error: " + err.Error() + "\n")
			case i == 0:
				writeLeaf(&b, x)
			default:
				b.WriteString("Chain Subject: " + dn(&x.Subject) + "\nChain Issuer: " + dn(&x.Issuer) + "\n")
			}
		}
		id = h.Pair.StapleID()
	}
	b.WriteString("OCSP Response Key: " + id + "\n")
	return b.String()
}

func describeManaged(m Managed) string {
	var b strings.Builder
	b.WriteString("Filename: " + m.Name + "\n")
	if m.Leaf == nil {
		b.WriteString("Status: Empty\n")
	} else {
		b.WriteString("Status: Used\n")
		writeLeaf(&b, m.Leaf)
	}
	b.WriteString("Section: " + m.Issuer + "\n")
	if m.Err != nil {
		b.WriteString("Error: " + strings.Join(strings.Fields(m.Err.Error()), " ") + "\n")
	}
	return b.String()
}

func (c commands) newCert(args []string, _ string) string {
	name := argument(args, 0)
	if name == "" {
		return "'new ssl cert' expects a filename"
	}
	if err := c.Store().NewCertificate(name); err != nil {
		return err.Error()
	}
	return "New empty certificate store '" + name + "'!"
}

func (c commands) setCert(args []string, payload string) string {
	name := argument(args, 0)
	if name == "" || payload == "" {
		return "'set ssl cert' expects a filename and a certificate as a payload"
	}
	of, begun, err := c.Store().SetCertificate(name, []byte(payload))
	if err != nil {
		return failed(err, "Can't update %s!", name)
	}
	if begun {
		return "Transaction created for certificate " + of + "!"
	}
	return "Transaction updated for certificate " + of + "!"
}

func (c commands) commitCert(args []string, _ string) string {
	name := argument(args, 0)
	if name == "" {
		return "'commit ssl cert' expects a filename"
	}
	places, warnings, err := c.Store().CommitCertificate(name)
	if err != nil {
		return failed(err, "Can't commit %s!", name)
	}
	return committed(name, places, warnings)
}

func (c commands) abortCert(args []string, _ string) string {
	name := argument(args, 0)
	if name == "" {
		return "'abort ssl cert' expects a filename"
	}
	if err := c.Store().AbortCertificate(name); err != nil {
		return err.Error()
	}
	return "Transaction aborted for certificate '" + name + "'!"
}

func (c commands) delCert(args []string, _ string) string {
	name := argument(args, 0)
	if name == "" {
		return "'del ssl cert' expects a certificate name"
	}
	if err := c.Store().DelCertificate(name); err != nil {
		return err.Error()
	}
	return "Certificate '" + name + "' deleted!"
}

func (c commands) dumpCert(args []string, _ string) string {
	if len(args) == 0 {
		return "'dump ssl cert' expects a filename"
	}
	name, draft := pending(args[0])
	for _, h := range c.Store().Certificates() {
		if h.Name != name || h.Pending != draft || h.Pair == nil || h.Partly {
			continue
		}
		out := pem.EncodeToMemory(&pem.Block{Type: h.Pair.KeyType(), Bytes: h.Pair.Key()})
		for _, der := range h.Pair.Chain() {
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
		}
		return string(out)
	}
	return notFound
}
