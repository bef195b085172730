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
	// IssuersChainPath is a directory of chains: files in PEM with intermediate
	// certificates, the first being the issuer of those that it completes. Certificates
	// of crt and crt-list without intermediate ones are completed by them. Default: none.
	IssuersChainPath tree.Text `toml:"issuers-chain-path"`
	// SSLLoadExtraFiles are the files beside a certificate's that are read where they
	// are there: "none", "all", or "bundle", "key", "issuer", "ocsp" and "sctl".
	// Default "all".
	SSLLoadExtraFiles tree.OneOrMany[string] `toml:"ssl-load-extra-files" enum:"none|all|bundle|key|issuer|ocsp|sctl"`
	// SSLLoadExtraDelExt has site.key read beside site.crt in the place of
	// site.crt.key, and so on. Default false.
	SSLLoadExtraDelExt bool `toml:"ssl-load-extra-del-ext"`
	// SSLSkipSelfIssuedCA keeps a root at the end of a chain from clients, who have to
	// have it anyway. Default false.
	SSLSkipSelfIssuedCA bool `toml:"ssl-skip-self-issued-ca"`
	// SSLPassphraseCmd is a program with its arguments that prints the passphrase of a
	// key, whose file is its first argument. Passphrases that are known are tried
	// before. Default: none, encrypted keys are refused.
	SSLPassphraseCmd tree.OneOrMany[string] `toml:"ssl-passphrase-cmd"`
	// SSLServerVerify is verify for servers that do not say: "none" or "required".
	// Default "required".
	SSLServerVerify string `toml:"ssl-server-verify" enum:"none|required"`
	// SSLDHParamFile is for finite-field Diffie-Hellman, which Go's TLS has not: it is
	// taken with a warning. Default: none.
	SSLDHParamFile tree.Text `toml:"ssl-dh-param-file"`
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
	// SSLDefaultBindClientSigalgs is the same for client-sigalgs.
	SSLDefaultBindClientSigalgs tree.OneOrMany[tree.Text] `toml:"ssl-default-bind-client-sigalgs"`
	// SSLDefaultBindOptions are the versions that such binds speak, and more.
	SSLDefaultBindOptions BindOptions `toml:"ssl-default-bind-options"`
	// SSLDefaultServerCiphers are the ciphers of servers that name none.
	SSLDefaultServerCiphers tree.OneOrMany[tree.Text] `toml:"ssl-default-server-ciphers"`
	// SSLDefaultServerCiphersuites is the same for ciphersuites.
	SSLDefaultServerCiphersuites tree.OneOrMany[tree.Text] `toml:"ssl-default-server-ciphersuites"`
	// SSLDefaultServerCurves is the same for curves.
	SSLDefaultServerCurves tree.OneOrMany[tree.Text] `toml:"ssl-default-server-curves"`
	// SSLDefaultServerSigalgs is the same for sigalgs.
	SSLDefaultServerSigalgs tree.OneOrMany[tree.Text] `toml:"ssl-default-server-sigalgs"`
	// SSLDefaultServerClientSigalgs is the same for client-sigalgs.
	SSLDefaultServerClientSigalgs tree.OneOrMany[tree.Text] `toml:"ssl-default-server-client-sigalgs"`
	// SSLDefaultServerOptions are the versions that are spoken with such servers, and more.
	SSLDefaultServerOptions ServerOptions `toml:"ssl-default-server-options"`
}

// TLSOptions are the versions of TLS for those that do not say otherwise.
type TLSOptions struct {
	// SSLMinVer is the lowest version: "TLSv1.0" to "TLSv1.3". Default "TLSv1.2".
	SSLMinVer string `toml:"ssl-min-ver" enum:"TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3"`
	// SSLMaxVer is the highest version. Default "TLSv1.3".
	SSLMaxVer string `toml:"ssl-max-ver" enum:"TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3"`
}

// BindOptions are for binds that do not say otherwise.
type BindOptions struct {
	TLSOptions
	// TLSTickets is tls-tickets. Default true.
	TLSTickets *bool `toml:"tls-tickets"`
	// StrictSNI is strict-sni. Default false.
	StrictSNI *bool `toml:"strict-sni"`
	// PreferClientCiphers is prefer-client-ciphers. Default false.
	PreferClientCiphers bool `toml:"prefer-client-ciphers"`

	// Pos is where the table stands.
	Pos tree.Pos `toml:"-"`
}

// ServerOptions are for servers that do not say otherwise.
type ServerOptions struct {
	TLSOptions
	// TLSTickets is tls-tickets. Default true.
	TLSTickets *bool `toml:"tls-tickets"`
	// Renegotiate is renegotiate. Default false.
	Renegotiate *bool `toml:"renegotiate"`
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
	// Disable fetches none, whatever certificates say. Default false.
	Disable bool `toml:"disable"`
	// HTTPProxy is the address of an HTTP proxy to ask responders through, such as
	// "10.0.0.1:3128"; without a port it is 80. Default: none.
	HTTPProxy tree.Text `toml:"httpproxy"`
}

// SetDefaults sets what HAProxy's manual says.
func (o *OCSPUpdate) SetDefaults() { o.Mindelay, o.Maxdelay = 5*time.Minute, time.Hour }

// inherit takes what it does not say itself from what [global] says.
func (l *TLSLimits) inherit(o *TLSOptions, from *TLSLimits) {
	if l.SSLMinVer == "" {
		l.SSLMinVer = o.SSLMinVer
	}
	if l.SSLMaxVer == "" {
		l.SSLMaxVer = o.SSLMaxVer
	}
	for _, x := range []struct{ own, from *tree.OneOrMany[tree.Text] }{
		{&l.Ciphers, &from.Ciphers}, {&l.Ciphersuites, &from.Ciphersuites}, {&l.Sigalgs, &from.Sigalgs}, {&l.ClientSigalgs, &from.ClientSigalgs},
	} {
		if len(*x.own) == 0 {
			*x.own = *x.from
		}
	}
	if len(l.Curves) == 0 && l.ECDHE.IsZero() {
		l.Curves = from.Curves
	}
}

// Binds completes the settings of a bind.
func (g *GlobalTLS) Binds(l *TLSLimits) {
	l.inherit(&g.SSLDefaultBindOptions.TLSOptions, &TLSLimits{
		Ciphers: g.SSLDefaultBindCiphers, Ciphersuites: g.SSLDefaultBindCiphersuites, Curves: g.SSLDefaultBindCurves,
		Sigalgs: g.SSLDefaultBindSigalgs, ClientSigalgs: g.SSLDefaultBindClientSigalgs,
	})
}

// Servers completes the settings of a server.
func (g *GlobalTLS) Servers(l *TLSLimits) {
	l.inherit(&g.SSLDefaultServerOptions.TLSOptions, &TLSLimits{
		Ciphers: g.SSLDefaultServerCiphers, Ciphersuites: g.SSLDefaultServerCiphersuites, Curves: g.SSLDefaultServerCurves,
		Sigalgs: g.SSLDefaultServerSigalgs, ClientSigalgs: g.SSLDefaultServerClientSigalgs,
	})
}

// Chosen gives the first of what is said, from the nearest on, or else a default.
func Chosen[T any](otherwise T, said ...*T) T {
	for _, p := range said {
		if p != nil {
			return *p
		}
	}
	return otherwise
}
