// Package tlscommands are HAProxy's commands about certificates and what goes with
// them, for the socket: "show ssl cert", "set ssl ca-file" and so on (management
// manual section 9.3). They change what is in memory, until the configuration is
// read again.
//
//	tlscommands.Commands(tlscommands.Sources{Store: ..., Managed: ...})
//
// Answers have HAProxy's form and words, as programs know them.
package tlscommands

import (
	"crypto/fips140"
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// Sources give what commands are about: that of the configuration in force.
type Sources struct {
	Store func() *secure.Store
	// Managed are the certificates that come by themselves.
	Managed func() []Managed
}

// Managed is a certificate that comes by itself.
type Managed struct {
	secure.State
	Issuer string // the [acme.NAME] section
}

// Commands gives the commands.
func Commands(from Sources) (list []admin.Command) {
	c := commands{from}
	for _, one := range []struct {
		name, doc string
		run       func(args []string, payload string) string
	}{
		{"show ssl cert", "[[*]NAME] the certificates, or all about one", c.showCert},
		{"new ssl cert", "NAME begin a certificate that is not there", c.newCert},
		{"set ssl cert", "NAME <payload> prepare what a certificate, or a part of it, is to be", c.setCert},
		{"commit ssl cert", "NAME put the prepared certificate in force", c.commitCert},
		{"abort ssl cert", "NAME forget the prepared certificate", c.abortCert},
		{"del ssl cert", "NAME take a certificate away that is not used", c.delCert},
		{"dump ssl cert", "[*]NAME a certificate with its key, in PEM", c.dumpCert},

		{"show ssl crt-list", "[-n] [LIST] the lists and directories of certificates, or the lines of one", c.showList},
		{"add ssl crt-list", "LIST NAME|<payload> add a certificate to a list or directory", c.addLine},
		{"del ssl crt-list", "LIST NAME[:LINE] take a certificate out of a list or directory", c.delLine},

		{"show ssl ocsp-response", "[[text|base64] ID|NAME] the OCSP responses, or all about one", c.showOCSP},
		{"set ssl ocsp-response", "BASE64|<payload> give clients an OCSP response", c.setOCSP},
		{"update ssl ocsp-response", "NAME fetch the OCSP response of a certificate", c.updateOCSP},
		{"show ssl ocsp-updates", "when OCSP responses were fetched, and will be", c.showUpdates},

		{"show tls-keys", "[ID|*] the files of keys for sessions, or the keys", c.showKeys},
		{"set ssl tls-key", "ID|FILE KEY add a key for sessions", c.setKey},
		{"show ssl ech", "[BIND] the keys for encrypted ClientHello", c.showECH},
		{"add ssl ech", "BIND <payload> add a key for encrypted ClientHello", c.changeECH("add", "added a new ECH config to %s")},
		{"set ssl ech", "BIND <payload> replace the keys for encrypted ClientHello", c.changeECH("set", "set new ECH configs for %s")},
		{"del ssl ech", "BIND take the keys for encrypted ClientHello away", c.changeECH("del", "deleted all ECH configs from %s")},
		{"experimental-mode", "on: no command needs it", func([]string, string) string { return "" }},
		{"show ssl sni", "[-f FRONTEND] [-A] [-t TIME] the names that there are certificates for", c.showSNI},
		{"show ssl providers", "what does the cryptography, and whether that is Go's FIPS 140-3 module", showProviders},
	} {
		list = append(list, admin.Command{Name: one.name, Doc: one.doc, RunPayload: func(args []string, payload string) (string, error) {
			return one.run(args, payload), nil
		}})
	}
	for _, f := range []trustFile{{c, secure.CAFiles, "ca-file", "CA"}, {c, secure.CRLFiles, "crl-file", "CRL"}} {
		list = append(list, f.list()...)
	}
	for i := range list {
		list[i].Level = levels[list[i].Name]
	}
	return list
}

// showProviders answers as HAProxy does with OpenSSL 3: "fips" is there where programs
// look for it.
func showProviders([]string, string) string {
	if fips140.Enabled() {
		return "Loaded providers : \n\t- fips\n\t- base\n"
	}
	return "Loaded providers : \n\t- default\n"
}

// levels are those of the commands that look at more than users may see.
var levels = map[string]admin.Level{
	"show ssl cert": admin.Operator, "show ssl crt-list": admin.Admin, "show ssl ocsp-response": admin.Admin, "show ssl ocsp-updates": admin.Admin,
	"show tls-keys": admin.Admin, "show ssl ech": admin.Admin, "show ssl ca-file": admin.Operator, "show ssl crl-file": admin.Operator,
}

type commands struct{ Sources }

// failed gives an error, and what could not be done for it.
func failed(err error, format string, args ...any) string {
	return fmt.Sprintf("%v\n%s", err, fmt.Sprintf(format, args...))
}

// argument gives the nth argument, "" where there are fewer. A backslash before a
// name keeps its "*" from having a meaning.
func argument(args []string, n int) string {
	if n >= len(args) {
		return ""
	}
	return args[n]
}

// pending parts the "*" of a transaction from a name.
func pending(name string) (string, bool) {
	if rest, ok := strings.CutPrefix(name, "*"); ok && rest != "" {
		return rest, true
	}
	return strings.TrimPrefix(name, `\`), false
}

// committed is the answer of a commit at a number of places.
func committed(name string, places int, warnings []string) string {
	text := "Committing " + name + strings.Repeat(".", places) + "\n"
	for _, w := range warnings {
		text += name + ": " + w + "\n"
	}
	return text + "Success!"
}
