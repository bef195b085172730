package config

import (
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// BindTLS is TLS with clients (section 5.1): { crt = "/etc/fairlead/site.pem" }.
type BindTLS struct {
	// Crt are files with a certificate, its chain and its key in PEM, or
	// directories of these. A key may stand in a file of its own, of the same name
	// with ".key" at its end. The first certificate answers clients that name no
	// server, or an unknown one.
	Crt tree.OneOrMany[tree.Text] `toml:"crt,short"`
	// ACME are names whose certificates are obtained and renewed by themselves.
	// Crt or this is required.
	ACME tree.OneOrMany[tree.Text] `toml:"acme"`
	// Issuer is the [acme.NAME] section that does so. Default "default", which need not be
	// there.
	Issuer tree.Text `toml:"issuer"`
	// StrictSNI refuses clients that name no server, or an unknown one. Default false.
	StrictSNI bool `toml:"strict-sni"`
	// ALPN are the application protocols to agree on, the best first. Default "h2" and
	// "http/1.1" in mode "http", none in mode "tcp".
	ALPN tree.OneOrMany[string] `toml:"alpn"`
	// Verify asks clients for a certificate: "none", "optional" or "required".
	// Default "none".
	Verify string `toml:"verify" enum:"none|optional|required"`
	// CAFile is a file with the certificates of authorities that clients' are
	// checked by, in PEM. Required with verify.
	CAFile tree.Text `toml:"ca-file"`
	TLSLimits
	// TLSTickets lets clients resume sessions. Default true.
	TLSTickets bool `toml:"tls-tickets"`

	// Pos is where the table stands.
	Pos tree.Pos `toml:"-"`
}

// SetDefaults turns tickets on.
func (b *BindTLS) SetDefaults() { b.TLSTickets, b.Issuer.Value = true, "default" }

// ACME is an [acme.NAME] section: where certificates come from.
type ACME struct {
	// Name is the section's name.
	Name string `toml:"-"`
	// Module is the source; the other keys are its.
	Module tree.Module `toml:",inline" module:"type" default:"acme"`
	// Pos is where the section stands.
	Pos tree.Pos `toml:"-"`
}

// TLSLimits are the versions, ciphers and curves that are spoken.
type TLSLimits struct {
	// SSLMinVer is the lowest version: "TLSv1.0" to "TLSv1.3". Default "TLSv1.2".
	SSLMinVer string `toml:"ssl-min-ver" enum:"TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3"`
	// SSLMaxVer is the highest version. Default "TLSv1.3".
	SSLMaxVer string `toml:"ssl-max-ver" enum:"TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3"`
	// Ciphers are those of TLS 1.2 and before, by the IANA's or OpenSSL's names.
	// Default: those with forward secrecy and authenticated encryption, and more
	// where ssl-min-ver allows versions before.
	Ciphers tree.OneOrMany[tree.Text] `toml:"ciphers"`
	// Curves are those for the exchange of keys, such as "X25519MLKEM768",
	// "X25519" and "P-256". Default: those three and P-384, P-521.
	Curves tree.OneOrMany[tree.Text] `toml:"curves"`
}

// ServerTLS is TLS with a server (section 5.2): true, or a table.
type ServerTLS struct {
	// Verify checks the server's certificate: "none" or "required". Default "required".
	Verify string `toml:"verify" enum:"none|required"`
	// CAFile is a file with the certificates of authorities that it is checked
	// by, in PEM. Default: the system's.
	CAFile tree.Text `toml:"ca-file"`
	// SNI is a sample expression for the server's name in the handshake, such as
	// "req.hdr(host)" or "str(app.example.com)". Default: the host of the
	// server's address, if that is a name.
	SNI tree.Text `toml:"sni"`
	// VerifyHost is the name that the certificate has to be for. Default: that of sni.
	VerifyHost string `toml:"verifyhost"`
	// Crt is a file with our certificate and key, for servers that ask for one.
	// Default: none.
	Crt tree.Text `toml:"crt"`
	// ALPN are the application protocols to offer, such as "h2" and "http/1.1". Default: none.
	ALPN tree.OneOrMany[string] `toml:"alpn"`
	TLSLimits

	// Pos is where the table stands.
	Pos tree.Pos `toml:"-"`
}

// SetDefaults has certificates checked.
func (s *ServerTLS) SetDefaults() { s.Verify = "required" }
