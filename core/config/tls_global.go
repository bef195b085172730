package config

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// GlobalTLS is what [global] says of TLS (section 3.1 and 3.2).
type GlobalTLS struct {
	// CrtBase is the directory of certificates without a "/" at the start of their
	// names. Default: the current one.
	CrtBase string `toml:"crt-base"`
	// KeyBase is the same for keys in [crt-store.NAME] sections. Default: the current one.
	KeyBase string `toml:"key-base"`
	// CABase is the same for ca-file, ca-verify-file and crl-file. Default: the current one.
	CABase string `toml:"ca-base"`
	// OCSPUpdate is how OCSP responses are kept up to date.
	OCSPUpdate OCSPUpdate `toml:"ocsp-update"`
	// Maxsslconn is how many connections may speak TLS at once, those with servers
	// included; others wait for their handshakes. Default 0: no limit.
	Maxsslconn int `toml:"maxsslconn" min:"0"`
	// Maxsslrate is how many handshakes with clients may begin in a second; others
	// wait. Default 0: no limit.
	Maxsslrate int `toml:"maxsslrate" min:"0"`

	// SSLDefaultBindCiphers are the ciphers of binds that name none.
	SSLDefaultBindCiphers tree.OneOrMany[tree.Text] `toml:"ssl-default-bind-ciphers"`
	// SSLDefaultBindCiphersuites is the same for ciphersuites.
	SSLDefaultBindCiphersuites tree.OneOrMany[tree.Text] `toml:"ssl-default-bind-ciphersuites"`
	// SSLDefaultBindCurves is the same for curves.
	SSLDefaultBindCurves tree.OneOrMany[tree.Text] `toml:"ssl-default-bind-curves"`
	// SSLDefaultBindSigalgs is the same for sigalgs.
	SSLDefaultBindSigalgs tree.OneOrMany[tree.Text] `toml:"ssl-default-bind-sigalgs"`
	// SSLDefaultBindOptions are the versions that such binds speak.
	SSLDefaultBindOptions TLSOptions `toml:"ssl-default-bind-options"`
	// SSLDefaultServerCiphers are the ciphers of servers that name none.
	SSLDefaultServerCiphers tree.OneOrMany[tree.Text] `toml:"ssl-default-server-ciphers"`
	// SSLDefaultServerCiphersuites is the same for ciphersuites.
	SSLDefaultServerCiphersuites tree.OneOrMany[tree.Text] `toml:"ssl-default-server-ciphersuites"`
	// SSLDefaultServerCurves is the same for curves.
	SSLDefaultServerCurves tree.OneOrMany[tree.Text] `toml:"ssl-default-server-curves"`
	// SSLDefaultServerOptions are the versions that are spoken with such servers.
	SSLDefaultServerOptions TLSOptions `toml:"ssl-default-server-options"`
}

// TLSOptions are the versions of TLS for those that do not say otherwise.
type TLSOptions struct {
	// SSLMinVer is the lowest version: "TLSv1.0" to "TLSv1.3". Default "TLSv1.2".
	SSLMinVer string `toml:"ssl-min-ver" enum:"TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3"`
	// SSLMaxVer is the highest version. Default "TLSv1.3".
	SSLMaxVer string `toml:"ssl-max-ver" enum:"TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3"`
}

// OCSPUpdate is how OCSP responses are kept up to date (ocsp-update.mode and others).
type OCSPUpdate struct {
	// Mode fetches and renews the responses of all certificates that name a responder,
	// but for those of [crt-store.NAME] sections that do not ask for it: "on" or "off".
	// Default "off".
	Mode string `toml:"mode" enum:"on|off"`
	// Mindelay is the shortest time between two fetches of a response. Default 5m.
	Mindelay time.Duration `toml:"mindelay" min:"1s"`
	// Maxdelay is the longest one. Default 1h.
	Maxdelay time.Duration `toml:"maxdelay" min:"1s"`
}

// SetDefaults sets what HAProxy's manual says.
func (o *OCSPUpdate) SetDefaults() { o.Mindelay, o.Maxdelay = 5*time.Minute, time.Hour }

// inherit takes what it does not say itself from what [global] says.
func (l *TLSLimits) inherit(o *TLSOptions, ciphers, suites, curves, sigalgs tree.OneOrMany[tree.Text]) {
	if l.SSLMinVer == "" {
		l.SSLMinVer = o.SSLMinVer
	}
	if l.SSLMaxVer == "" {
		l.SSLMaxVer = o.SSLMaxVer
	}
	for _, x := range []struct{ own, from *tree.OneOrMany[tree.Text] }{
		{&l.Ciphers, &ciphers}, {&l.Ciphersuites, &suites}, {&l.Sigalgs, &sigalgs},
	} {
		if len(*x.own) == 0 {
			*x.own = *x.from
		}
	}
	if len(l.Curves) == 0 && l.ECDHE.IsZero() {
		l.Curves = curves
	}
}

// Binds completes the settings of a bind.
func (g *GlobalTLS) Binds(l *TLSLimits) {
	l.inherit(&g.SSLDefaultBindOptions, g.SSLDefaultBindCiphers, g.SSLDefaultBindCiphersuites, g.SSLDefaultBindCurves, g.SSLDefaultBindSigalgs)
}

// Servers completes the settings of a server.
func (g *GlobalTLS) Servers(l *TLSLimits) {
	l.inherit(&g.SSLDefaultServerOptions, g.SSLDefaultServerCiphers, g.SSLDefaultServerCiphersuites, g.SSLDefaultServerCurves, nil)
}
