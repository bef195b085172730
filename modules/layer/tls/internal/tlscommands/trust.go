package tlscommands

import (
	"crypto/x509"
	"fmt"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// trustFile are the commands about files of authorities, or of revocation lists.
type trustFile struct {
	commands
	which   secure.Which
	keyword string // as ca-file
	short   string // as CA
}

func (f trustFile) list() []admin.Command {
	var list []admin.Command
	addPayload := func(verb, doc string, run admin.PayloadHandler) {
		list = append(list, admin.Command{Name: verb + " ssl " + f.keyword, Doc: doc, RunPayload: run})
	}
	add := func(verb, doc string, run admin.Handler) {
		addPayload(verb, doc, func(args []string, _ string) (string, error) { return run(args) })
	}
	add("show", fmt.Sprintf("[[*]NAME[:INDEX]] the %ss, or all about one", f.which), func(args []string) (string, error) { return f.show(args), nil })
	add("new", fmt.Sprintf("NAME begin a %s that is not there", f.which), f.simple("new", "a filename", func(name string) string {
		if err := f.Store().NewTrustFile(f.which, name); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("New %s created '%s'!", f.which, name)
	}))
	addPayload("set", fmt.Sprintf("NAME <payload> prepare what a %s is to be", f.which), f.set(false))
	if f.which == secure.CAFiles {
		addPayload("add", "NAME <payload> prepare to add certificates to a CA file", f.set(true))
	}
	add("commit", fmt.Sprintf("NAME put the prepared %s in force", f.which), f.simple("commit", "a filename", func(name string) string {
		places, err := f.Store().CommitTrustFile(f.which, name)
		if err != nil {
			return failed(err, "Can't commit %s!", name)
		}
		return committed(name, places, nil)
	}))
	add("abort", fmt.Sprintf("NAME forget the prepared %s", f.which), f.simple("abort", "a filename", func(name string) string {
		if err := f.Store().AbortTrustFile(f.which, name); err != nil {
			return err.Error()
		}
		return "Transaction aborted for certificate '" + name + "'!"
	}))
	add("del", fmt.Sprintf("NAME take a %s away that is not used", f.which), f.simple("del", fmt.Sprintf("a %s name", f.which), func(name string) string {
		if err := f.Store().DelTrustFile(f.which, name); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%s '%s' deleted!", f.which, name)
	}))
	return list
}

// simple makes a command that has a name, and nothing else.
func (f trustFile) simple(verb, expects string, run func(name string) string) admin.Handler {
	return func(args []string) (string, error) {
		if len(args) == 0 {
			return fmt.Sprintf("'%s ssl %s' expects %s", verb, f.keyword, expects), nil
		}
		return run(args[0]), nil
	}
}

func (f trustFile) set(more bool) admin.PayloadHandler {
	return func(args []string, payload string) (string, error) {
		name := argument(args, 0)
		if name == "" || payload == "" {
			return fmt.Sprintf("'set ssl %s' expects a filename and %ss as a payload", f.keyword, f.short), nil
		}
		begun, err := f.Store().SetTrustFile(f.which, name, []byte(payload), more)
		switch {
		case err != nil:
			return failed(err, "Can't update %s!", name), nil
		case begun:
			return fmt.Sprintf("transaction created for %s %s!", f.short, name), nil
		}
		return fmt.Sprintf("transaction updated for %s %s!", f.short, name), nil
	}
}

func (f trustFile) show(args []string) string {
	files := f.Store().TrustFiles(f.which)
	if len(args) == 0 {
		return f.names(files)
	}
	name, draft := pending(args[0])
	for _, one := range files {
		if one.Name == name && one.Pending == draft {
			return describeTrust(one, 0)
		}
	}
	if at := strings.LastIndex(name, ":"); at >= 0 {
		index, err := strconv.Atoi(name[at+1:])
		if err != nil || index < 1 {
			return fmt.Sprintf("wrong %s index after colons in '%s'!", f.short, args[0])
		}
		for _, one := range files {
			if one.Name == name[:at] && one.Pending == draft {
				return describeTrust(one, index)
			}
		}
	}
	return fmt.Sprintf("Can't display the %s : Not found!", f.which)
}

func (f trustFile) names(files []secure.TrustFile) string {
	var b strings.Builder
	write := func(one secure.TrustFile) {
		b.WriteString(one.Name)
		if f.which == secure.CAFiles {
			fmt.Fprintf(&b, " - %d certificate(s)", len(one.Certs))
		}
		b.WriteString("\n")
	}
	if len(files) > 0 && files[0].Pending {
		b.WriteString("# transaction\n*")
		write(files[0])
		files = files[1:]
	}
	b.WriteString("# filename\n")
	for _, one := range files {
		write(one)
	}
	return b.String()
}

// describeTrust tells what is in a file, index being that of all but one that is
// left out, from 1; 0 for all.
func describeTrust(f secure.TrustFile, index int) string {
	if index > len(f.Certs)+len(f.Lists) {
		return ""
	}
	var b strings.Builder
	name, status := f.Name, "Unused"
	switch {
	case f.Pending:
		name = "*" + name
	case len(f.Certs)+len(f.Lists) == 0:
		status = "Empty"
	case f.Used:
		status = "Used"
	}
	fmt.Fprintf(&b, "Filename: %s\nStatus: %s\n", name, status)
	for i, c := range f.Certs {
		if index == 0 || index == i+1 {
			fmt.Fprintf(&b, " \nCertificate #%d:\n", i+1)
			writeLeaf(&b, c)
		}
	}
	for i, l := range f.Lists {
		if index == 0 || index == i+1 {
			fmt.Fprintf(&b, " \nCertificate Revocation List #%d:\n", i+1)
			writeRevocations(&b, l)
		}
	}
	return b.String()
}

func writeRevocations(b *strings.Builder, l *x509.RevocationList) {
	fmt.Fprintf(b, "Version 2\nSignature Algorithm: %s\nIssuer: %s\nLast Update: %s\nNext Update: %s\n",
		secure.SignatureText(l.SignatureAlgorithm, l.Raw), dn(&l.Issuer), date(l.ThisUpdate), date(l.NextUpdate))
	if len(l.RevokedCertificateEntries) == 0 {
		b.WriteString("No Revoked Certificates.\n")
		return
	}
	b.WriteString("Revoked Certificates:\n")
	for _, e := range l.RevokedCertificateEntries {
		fmt.Fprintf(b, "    Serial Number: %02X\n        Revocation Date: %s\n", e.SerialNumber.Bytes(), date(e.RevocationTime))
	}
}
