package tls

import (
	"cmp"
	"crypto/tls"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// tlsLimits sets versions, ciphers and curves, and gives the algorithms that our
// certificates may sign with, nil for all.
func (b *builder) tlsLimits(out *tls.Config, l *config.TLSLimits, of *secrets, at tree.Pos) []tls.SignatureScheme {
	out.MinVersion, out.MaxVersion = tls.VersionTLS12, secure.Version(l.SSLMaxVer)
	if l.SSLMinVer != "" {
		out.MinVersion = secure.Version(l.SSLMinVer)
	}
	if out.MaxVersion != 0 && out.MaxVersion < out.MinVersion {
		if l.SSLMinVer == "" {
			out.MinVersion = out.MaxVersion // as in HAProxy: what is asked for holds
		} else {
			b.errs.At(at, "", "ssl-min-ver %s is later than ssl-max-ver %s", l.SSLMinVer, l.SSLMaxVer).Hint = "no version is left: swap them"
		}
	}
	b.ciphers(out, l)
	if len(l.Ciphers) == 0 {
		out.CipherSuites = secure.DefaultCiphers(out.MinVersion)
	}
	curves := l.Curves
	if !l.ECDHE.IsZero() {
		curves = append(curves[:len(curves):len(curves)], l.ECDHE)
	}
	for _, t := range curves {
		ids, err := secure.Curves(t.Value)
		b.nameError(t, err)
		out.CurvePreferences = append(out.CurvePreferences, ids...)
	}
	for _, t := range l.ClientSigalgs {
		_, err := secure.Sigalgs(t.Value)
		b.nameError(t, err)
		b.warn(t, "client-sigalgs is ignored: Go's TLS does not let them be chosen, and takes those that it holds to be safe")
	}
	switch file := cmp.Or(l.Keylog.Value, b.cfg.Global.Tune.SSLKeylog); file {
	case "", "off":
	case "on":
		out.KeyLogWriter = keylog{of: of}
	default:
		out.KeyLogWriter = keylog{of, secure.KeyLog(file)}
	}
	var schemes []tls.SignatureScheme
	for _, t := range l.Sigalgs {
		ids, err := secure.Sigalgs(t.Value)
		b.nameError(t, err)
		schemes = append(schemes, ids...)
	}
	return schemes
}

func (b *builder) ciphers(out *tls.Config, l *config.TLSLimits) {
	var missing []string
	for _, t := range l.Ciphers {
		ids, none, err := secure.Ciphers(t.Value)
		b.nameError(t, err)
		out.CipherSuites = append(out.CipherSuites, ids...)
		missing = append(missing, none...)
	}
	if len(missing) > 0 {
		t := l.Ciphers[0]
		b.warn(t, "Go's TLS has no %s: left out", strings.Join(missing, ", "))
		if out.CipherSuites == nil {
			t.Fail(b.errs, 0, "none of these ciphers is there").Hint = `write one such as "ECDHE-ECDSA-AES128-GCM-SHA256"`
		}
	}
	if len(l.Ciphersuites) == 0 {
		return
	}
	var names []string
	for _, t := range l.Ciphersuites {
		names = append(names, t.Value)
		_, err := secure.Ciphers13(t.Value)
		b.nameError(t, err)
	}
	if left, err := secure.Ciphers13(strings.Join(names, ":")); err == nil && len(left) > 0 {
		b.warn(l.Ciphersuites[0], "%s stays on: Go's TLS speaks all ciphers of TLS 1.3", strings.Join(left, ", "))
	}
}
