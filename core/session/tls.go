package session

import "sync/atomic"

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
	// Handshake, of a connection that carried early data, is closed once the
	// handshake has succeeded; nil for others.
	Handshake <-chan struct{}
	// Unique identifies the connection (RFC 5929 tls-unique); nil with TLS 1.3.
	Unique []byte
	// Certs are the certificates of both sides, nil where they are not known.
	Certs Certificates
	// CrtErr, CAErr and CAErrDepth are the errors of the other side's certificates
	// that were passed over, by OpenSSL's numbers; 0 for none.
	CrtErr, CAErr, CAErrDepth int
	// Verify is what came of the check of the other side's certificates, by the same
	// numbers: 0 where they are good, or there are none.
	Verify int
	// ECH says whether the client hid the name that it asked for: ECHTried or
	// ECHAccepted, "" where it did not. OuterSNI is the name that others saw.
	ECH, OuterSNI string
	// Hello is what the client offered, nil where that is not known.
	Hello *Hello
	// Client and Server are how the hellos of both sides begin, nil where that is not
	// known.
	Client, Server *Greeting
	// CertName is what the certificate that was sent to the client is called: its
	// file, as commands know it; empty where there is none.
	CertName string
	// Secrets are those of the connection by their names in key logs, such as
	// "CLIENT_TRAFFIC_SECRET_0", in hexadecimal; nil unless key logs are on.
	Secrets map[string]string
}

// Greeting is how a ClientHello or ServerHello begins.
type Greeting struct {
	Version   uint16 // the one that stands there for old readers: 0x0303 with TLS 1.3
	Random    []byte // 32 bytes
	SessionID []byte // up to 32 bytes
}

// Certificates are those of a handshake. Builds without TLS have no type for them;
// in others it is secure.Certificates.
type Certificates interface {
	// Shown reports whether the other side showed one. It belongs to the session:
	// a resumed one has it too.
	Shown() bool
	// CommonName is that of the one that the other side showed, "" for none.
	CommonName() string
	// OwnAlgorithms are the key of the one that the other side was shown, and what it
	// was signed with, in OpenSSL's words: "RSA2048", "RSA-SHA256"; "" for none.
	OwnAlgorithms() (key, signature string)
}

// Early reports whether what came so far may be early data, since the handshake
// is not over.
func (t *TLS) Early() bool {
	if t == nil || t.Handshake == nil {
		return false
	}
	select {
	case <-t.Handshake:
		return false
	default:
		return true
	}
}

// What OpenSSL calls the outcomes of an encrypted ClientHello; keys that are not ours
// look like those that a client made up.
const (
	ECHTried    = "SSL_ECH_STATUS_GREASE"
	ECHAccepted = "SSL_ECH_STATUS_SUCCESS"
)

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
