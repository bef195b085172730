package tls

import (
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// ownFiles are the files that a line of a list names for its certificate.
type ownFiles struct {
	key, ocsp, issuer, sctl string
	update                  string
}

func (o *ownFiles) override(f *secure.Files) {
	for _, x := range []struct {
		from string
		into *string
	}{{o.key, &f.Key}, {o.ocsp, &f.OCSP}, {o.issuer, &f.Issuer}, {o.sctl, &f.SCTL}} {
		if x.from != "" {
			*x.into = x.from
		}
	}
	if o.update != "" {
		f.Update = o.update == "on"
	}
}

// filesOf parts the options of a line that name files of the certificate from
// those that are settings.
func (l *certLoad) filesOf(line *secure.Line, at func(int, string) tree.Text) (own ownFiles, rest []secure.Option) {
	g := &l.b.cfg.Global
	for _, o := range line.Options {
		switch o.Name {
		case "key":
			own.key = secure.Under(g.KeyBase, o.Value)
		case "ocsp":
			own.ocsp = secure.Under(g.CrtBase, o.Value)
		case "issuer":
			own.issuer = secure.Under(g.CrtBase, o.Value)
		case "sctl":
			own.sctl = secure.Under(g.CrtBase, o.Value)
		case "ocsp-update":
			if own.update = o.Value; o.Value != "on" && o.Value != "off" {
				at(o.Col, o.Value).Fail(l.b.errs, 0, `ocsp-update is "on" or "off", not %q`, o.Value)
			}
		default:
			rest = append(rest, o)
		}
	}
	return own, rest
}

// settingsOf makes the settings of a line; nil for the bind's. Lines with the
// same options share them.
func (l *certLoad) settingsOf(options []secure.Option, at func(int, string) tree.Text) (*secure.Settings, bool) {
	if len(options) == 0 {
		return nil, true
	}
	var key strings.Builder
	for _, o := range options {
		fmt.Fprintf(&key, "%s %s\n", o.Name, o.Value)
	}
	if s, ok := l.made[key.String()]; ok {
		return s, s != nil
	}
	t := *l.bind
	before := len(l.b.errs.List)
	for _, o := range options {
		l.option(&t, o, at)
	}
	var s *secure.Settings
	if len(l.b.errs.List) == before {
		s = l.settings(l.b, &t)
	}
	l.made[key.String()] = s
	return s, s != nil
}

// option puts an option of a line into the settings.
func (l *certLoad) option(t *config.BindTLS, o secure.Option, at func(int, string) tree.Text) {
	value := at(o.Col, o.Value)
	list := tree.OneOrMany[tree.Text]{value}
	oneOf := func(into *string, values ...string) {
		for _, v := range values {
			if o.Value == v {
				*into = v
				return
			}
		}
		value.Fail(l.b.errs, 0, "%s %q is none of %s", o.Name, o.Value, strings.Join(values, ", ")).Suggest(o.Value, values)
	}
	switch o.Name {
	case "alpn":
		t.ALPN = strings.Split(o.Value, ",")
	case "no-alpn":
		t.ALPN = []string{}
	case "verify":
		oneOf(&t.Verify, "none", "optional", "required")
	case "ssl-min-ver":
		oneOf(&t.SSLMinVer, "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
	case "ssl-max-ver":
		oneOf(&t.SSLMaxVer, "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
	case "ca-file":
		t.CAFile = value
	case "ca-verify-file":
		t.CAVerifyFile = value
	case "crl-file":
		t.CRLFile = value
	case "no-ca-names":
		t.NoCANames = true
	case "ciphers":
		t.Ciphers = list
	case "ciphersuites":
		t.Ciphersuites = list
	case "curves":
		t.Curves, t.ECDHE = list, tree.Text{}
	case "ecdhe":
		t.Curves, t.ECDHE = nil, value
	case "sigalgs":
		t.Sigalgs = list
	case "client-sigalgs":
		t.ClientSigalgs = list
	case "npn":
		l.b.warn(value, "npn is ignored: clients that speak TLS 1.2 and later agree on protocols by alpn")
	case "allow-0rtt":
		value.Fail(l.b.errs, 0, "allow-0rtt cannot be: Go's TLS takes no early data over TCP").Hint = "leave it out"
	default:
		if why, instead := t.Elsewhere(o.Name); why != "" {
			value.Fail(l.b.errs, 0, "%s", why).Hint = instead
			return
		}
		value.Fail(l.b.errs, 0, "unknown option %q", o.Name).Suggest(o.Name, lineOptions())
	}
}

// lineOptions are the options of lines (HAProxy manual section 5.1, crt-list).
func lineOptions() []string {
	return []string{
		"alpn", "no-alpn", "verify", "ssl-min-ver", "ssl-max-ver", "ca-file", "ca-verify-file", "crl-file", "no-ca-names", "ciphers",
		"ciphersuites", "curves", "ecdhe", "sigalgs", "client-sigalgs", "npn", "key", "ocsp", "issuer", "sctl", "ocsp-update",
	}
}
