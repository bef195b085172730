package config

import (
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// BindTLS is TLS with clients (section 5.1): { crt = "/etc/fairlead/site.pem" }.
type BindTLS struct {
	// Crt are certificates: files in PEM with a certificate, its chain and its key;
	// directories of these; names of bundles, whose files end in ".ecdsa" and ".rsa";
	// and "@STORE/NAME" for what a [crt-store.STORE] section loads. A key may stand in
	// a file of its own, of the same name with ".key" at its end. The first certificate
	// answers clients that name no server, or an unknown one.
	Crt tree.OneOrMany[tree.Text] `toml:"crt,short"`
	// DefaultCrt are more certificates, which answer such clients too: of an ECDSA and
	// an RSA one a client gets the one it can use. Default: none.
	DefaultCrt tree.OneOrMany[tree.Text] `toml:"default-crt"`
	// CrtList are files that list certificates, each with settings and the names that
	// it is for: lines of FILE [SETTING VALUE ...] NAME *.NAME !NAME. Default: none.
	CrtList tree.OneOrMany[tree.Text] `toml:"crt-list"`
	// ACME are names whose certificates are obtained and renewed by themselves.
	// Of this, issuer, crt, default-crt and crt-list one is required.
	ACME tree.OneOrMany[tree.Text] `toml:"acme"`
	// Issuer is the [acme.NAME] section that does so, or "internal" for an authority of
	// one's own that needs no section. Default "default", which need not be there.
	Issuer tree.Text `toml:"issuer"`
	// StrictSNI refuses clients that name no server, or an unknown one. Default false.
	StrictSNI *bool `toml:"strict-sni"`
	// GenerateCertificates makes a certificate for each name that clients ask for and
	// that there is none for, signed by the authority of ca-sign-file. Default false.
	GenerateCertificates bool `toml:"generate-certificates"`
	// CASignFile is a file with the certificate of that authority and its key, in PEM.
	// Required with generate-certificates.
	CASignFile tree.Text `toml:"ca-sign-file"`
	// CASignPass is the passphrase of its key. Default: none.
	CASignPass string `toml:"ca-sign-pass"`
	// ALPN are the application protocols to agree on, the best first. Default "h2" and
	// "http/1.1" in mode "http", none in mode "tcp".
	ALPN Protocols `toml:"alpn"`
	// NPN is what ALPN came after; it is ignored. Default: none.
	NPN tree.OneOrMany[tree.Text] `toml:"npn"`
	// Verify asks clients for a certificate: "none", "optional" or "required".
	// Default "none".
	Verify string `toml:"verify" enum:"none|optional|required"`
	// CAFile is a file with the certificates of authorities that clients' are
	// checked by, in PEM. Required with verify.
	CAFile tree.Text `toml:"ca-file"`
	// CAVerifyFile is a file with more such authorities, which clients are not told
	// of. Default: none.
	CAVerifyFile tree.Text `toml:"ca-verify-file"`
	// NoCANames tells clients of none of the authorities. Default false.
	NoCANames bool `toml:"no-ca-names"`
	// CRLFile is a file with revocation lists in PEM, one of every authority in a
	// chain: certificates that they name are refused. Default: none.
	CRLFile tree.Text `toml:"crl-file"`
	// CrtIgnoreErr are errors of clients' certificates to pass over: "all", or
	// OpenSSL's numbers or names of them, which ssl_c_err then gives. Default: none.
	CrtIgnoreErr tree.Text `toml:"crt-ignore-err"`
	// CAIgnoreErr is the same for the certificates above the client's, which
	// ssl_c_ca_err gives. Default: none.
	CAIgnoreErr tree.Text `toml:"ca-ignore-err"`
	TLSLimits
	// TLSTickets lets clients keep their sessions, sealed, for resumption. Without,
	// Fairlead keeps them, as tune.ssl.cachesize and tune.ssl.lifetime say. Default
	// true.
	TLSTickets *bool `toml:"tls-tickets"`
	// PreferClientCiphers is taken with a warning: Go's TLS goes by whether the client
	// names AES or ChaCha20 first, and otherwise by its own order. Default false.
	PreferClientCiphers bool `toml:"prefer-client-ciphers"`
	// TLSTicketKeys is a file with the keys for sessions, for several machines to
	// share: at least three lines of 48 or 80 bytes in Base64. The last but one is
	// used for new sessions. It is read again by a reload. Default: keys of the
	// process's own, which change every day.
	TLSTicketKeys tree.Text `toml:"tls-ticket-keys"`
	// ECH is a directory with keys for the encrypted ClientHello, by which clients hide
	// the name that they ask for: files whose names end in ".ech", with the blocks
	// PRIVATE KEY and ECHCONFIG. Default: none.
	ECH tree.Text `toml:"ech"`
	// Allow0RTT takes requests that clients of a quic@ address send before the handshake
	// is over. Whoever records them may send them again: let the server look at the field
	// Early-Data, or hold them by wait-for-handshake. It is refused for other addresses, as
	// Go's TLS takes no early data over TCP. Default false.
	Allow0RTT bool `toml:"allow-0rtt"`

	// Pos is where the table stands.
	Pos tree.Pos `toml:"-"`
}

// SetDefaults names the issuer that needs no section.
func (b *BindTLS) SetDefaults() { b.Issuer.Value = "default" }

// Managed reports whether certificates come by themselves.
func (b *BindTLS) Managed() bool { return len(b.ACME) > 0 || b.Issuer.Pos.Line > 0 }

// ACME is an [acme.NAME] section: where certificates come from.
type ACME struct {
	// Name is the section's name.
	Name string `toml:"-"`
	// Module is the source; the other keys are its.
	Module tree.Module `toml:",inline" module:"type" default:"acme"`
	// Pos is where the section stands.
	Pos tree.Pos `toml:"-"`
}

// CrtStore is a [crt-store.NAME] section: certificates whose files are named one
// by one (section 12.7). A bind has them as "@NAME/ALIAS" or "@NAME/FILE", and those
// of [crt-store.default] as "@/ALIAS" too.
type CrtStore struct {
	// Name is the section's name.
	Name string `toml:"-"`
	// CrtBase is the directory of certificates without a "/" at the start of their
	// names. Default: that of [global].
	CrtBase tree.Text `toml:"crt-base"`
	// KeyBase is the same for keys. Default: that of [global].
	KeyBase tree.Text `toml:"key-base"`
	// Load are the certificates: files, or tables. Default: none.
	Load tree.OneOrMany[CrtLoad] `toml:"load"`
	// Pos is where the section stands.
	Pos tree.Pos `toml:"-"`
}

// CrtLoad is a certificate of a [crt-store.NAME] section (section 12.7.1).
type CrtLoad struct {
	// Crt is the file with the certificate and its chain.
	Crt tree.Text `toml:"crt,required,short"`
	// Key is the file with the private key. Default: crt.
	Key tree.Text `toml:"key"`
	// Alias is a name for the certificate. Default: none.
	Alias tree.Text `toml:"alias"`
	// OCSP is a file with an OCSP response in DER. Default: none.
	OCSP tree.Text `toml:"ocsp"`
	// Issuer is a file with the certificate of the issuer, for OCSP, where crt does
	// not have it. Default: none.
	Issuer tree.Text `toml:"issuer"`
	// SCTL is a file with signed certificate timestamps. Default: none.
	SCTL tree.Text `toml:"sctl"`
	// OCSPUpdate fetches and renews the OCSP response: "on" or "off". Default "off".
	OCSPUpdate string `toml:"ocsp-update" enum:"on|off"`
}

// TLSLimits are the versions, ciphers and curves that are spoken. Lists may also
// be written as one string with colons.
type TLSLimits struct {
	// SSLMinVer is the lowest version: "TLSv1.0" to "TLSv1.3". Default "TLSv1.2".
	SSLMinVer string `toml:"ssl-min-ver" enum:"TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3"`
	// SSLMaxVer is the highest version. Default "TLSv1.3".
	SSLMaxVer string `toml:"ssl-max-ver" enum:"TLSv1.0|TLSv1.1|TLSv1.2|TLSv1.3"`
	// Ciphers are those of TLS 1.2 and before, by the IANA's or OpenSSL's names; their
	// order is Go's. Default: those with forward secrecy and authenticated encryption,
	// and more where ssl-min-ver allows versions before.
	Ciphers tree.OneOrMany[tree.Text] `toml:"ciphers"`
	// Ciphersuites are those of TLS 1.3. Go speaks all three of them: a list that
	// leaves one out is a warning. Default: all.
	Ciphersuites tree.OneOrMany[tree.Text] `toml:"ciphersuites"`
	// Curves are those for the exchange of keys, such as "X25519MLKEM768",
	// "X25519" and "P-256". Default: those that Go holds to be safe, these three among them.
	Curves tree.OneOrMany[tree.Text] `toml:"curves"`
	// ECDHE is an older name of curves. Default: none.
	ECDHE tree.Text `toml:"ecdhe"`
	// Sigalgs are the algorithms that we sign with, such as "ECDSA+SHA256" and
	// "RSA-PSS+SHA256". Default: all that Go holds to be safe.
	Sigalgs tree.OneOrMany[tree.Text] `toml:"sigalgs"`
	// ClientSigalgs are those that clients' certificates may sign with. Go lets no
	// one choose them: it is a warning. Default: all that Go holds to be safe.
	ClientSigalgs tree.OneOrMany[tree.Text] `toml:"client-sigalgs"`
	// Keylog is a file that the secrets of all connections are written to, for
	// programs such as Wireshark. Whoever reads it reads everything. Default: none.
	Keylog tree.Text `toml:"keylog"`
}

// ServerTLS is TLS with a server (section 5.2): true, or a table.
type ServerTLS struct {
	// Verify checks the server's certificate: "none" or "required". Default: that of
	// ssl-server-verify, "required".
	Verify string `toml:"verify" enum:"none|required"`
	// CAFile is a file with the certificates of authorities that it is checked
	// by, in PEM. Default: the system's.
	CAFile tree.Text `toml:"ca-file"`
	// CRLFile is a file with revocation lists in PEM, one of every authority in a
	// chain: certificates that they name are refused. Default: none.
	CRLFile tree.Text `toml:"crl-file"`
	// SNI is a sample expression for the server's name in the handshake, such as
	// "req.hdr(host)" or "str(app.example.com)". Default: the host of the
	// server's address, if that is a name.
	SNI tree.Text `toml:"sni"`
	// SNIAuto takes the name for the handshake from each request's Host field, without
	// its port, in mode http. Default false.
	SNIAuto bool `toml:"sni-auto"`
	// CheckSNI is the server's name in the handshakes of health checks. Default: the
	// name of the server's address, or verifyhost.
	CheckSNI string `toml:"check-sni"`
	// VerifyHost is the name that the certificate has to be for. Default: that of sni.
	VerifyHost string `toml:"verifyhost"`
	// Crt is a certificate of our own with its key, for servers that ask for one: a
	// file, or "@STORE/NAME". Default: none.
	Crt tree.Text `toml:"crt"`
	// ALPN are the application protocols to offer, such as "h2" and "http/1.1". Default: none.
	ALPN Protocols `toml:"alpn"`
	// CheckALPN are those that health checks offer. Default: alpn without "h2".
	CheckALPN Protocols `toml:"check-alpn"`
	// NPN is what ALPN came after; it is ignored. Default: none.
	NPN tree.OneOrMany[tree.Text] `toml:"npn"`
	// ECH hides the name in the handshake from others (encrypted ClientHello): the list
	// of the server's keys, as it stands behind ech= in its HTTPS record in the DNS, or a
	// file with a block ECHCONFIG. Where the server tells other keys they are used from
	// then on, and where it has none nothing is sent. Default: none.
	ECH tree.Text `toml:"ech"`
	// SSLReuse has sessions with the server resumed. Default true.
	SSLReuse bool `toml:"ssl-reuse"`
	// TLSTickets does so too: Go's TLS resumes by tickets alone. Default true.
	TLSTickets *bool `toml:"tls-tickets"`
	// Renegotiate lets a server that speaks TLS 1.2 or earlier begin another handshake
	// on the same connection. Default false.
	Renegotiate *bool `toml:"renegotiate"`
	TLSLimits

	// Pos is where the table stands.
	Pos tree.Pos `toml:"-"`
}

// SetDefaults has sessions resumed.
func (s *ServerTLS) SetDefaults() { s.SSLReuse = true }

// CheckSSL is TLS with a server in health checks: true, false, or a table.
type CheckSSL struct {
	// TLS are the settings, nil without TLS.
	TLS *ServerTLS
	// Own says that they are not those of streams.
	Own bool
}

// DecodeNode reads any of the forms.
func (c *CheckSSL) DecodeNode(n *tree.Node) error {
	form := struct {
		TLS *ServerTLS `toml:"check-ssl,bool"`
	}{}
	around := tree.Node{Kind: tree.Table, Pos: n.Pos, Children: []*tree.Node{n}}
	err := around.Decode(&form)
	*c = CheckSSL{TLS: form.TLS, Own: n.Kind == tree.Table}
	return err
}
