package session

import (
	"crypto/x509"
	"sync/atomic"
)

// TLS is what is known of TLS on a connection.
type TLS struct {
	// Version, Cipher and Curve have HAProxy's names; Curve is empty where the keys
	// were not exchanged by one.
	Version, Cipher, Curve string
	// CipherID is the cipher's number.
	CipherID uint16
	// SNI is the name of the server that the client asked for, and ALPN the
	// application protocol that was agreed on; empty for none.
	SNI, ALPN string
	// Resumed reports whether a session was resumed.
	Resumed bool
	// Unique identifies the connection (RFC 5929 tls-unique); nil with TLS 1.3.
	Unique []byte
	// Peer are the certificates that the other side sent, its own first. They
	// belong to the session: a resumed one has them too.
	Peer []*x509.Certificate
	// Own is the certificate that was sent to the other side, nil for none.
	Own *x509.Certificate
	// CrtErr, CAErr and CAErrDepth are the errors of the other side's certificates
	// that were passed over, by OpenSSL's numbers; 0 for none.
	CrtErr, CAErr, CAErrDepth int
	// Hello is what the client offered, nil where that is not known.
	Hello *Hello
}

// Hello is what a client offered in its ClientHello, in its order, values that
// stand for nothing (GREASE, RFC 8701) included.
type Hello struct {
	Versions, Ciphers, Extensions, Curves, SigAlgs []uint16
	Points                                         []uint8
	Protocols                                      []string
	SNI                                            bool

	// Fingerprint is what was made of it, for all streams of the connection.
	Fingerprint atomic.Pointer[string]
}
