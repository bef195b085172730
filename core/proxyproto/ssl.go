package proxyproto

import (
	"encoding/binary"
	"fmt"
)

// The types of the TLVs inside one of TypeSSL (section 2.2.6). All but the last
// are text.
const (
	SubtypeSSLVersion    byte = 0x21 // "TLSv1.3"
	SubtypeSSLCN         byte = 0x22 // the common name in the client's certificate
	SubtypeSSLCipher     byte = 0x23 // "ECDHE-RSA-AES128-GCM-SHA256"
	SubtypeSSLSigAlg     byte = 0x24 // what signed the frontend's certificate: "RSA-SHA256"
	SubtypeSSLKeyAlg     byte = 0x25 // the key of the frontend's certificate: "RSA2048"
	SubtypeSSLGroup      byte = 0x26 // the key exchange: "secp256r1"
	SubtypeSSLSigScheme  byte = 0x27 // what signed the handshake: "rsa_pss_rsae_sha256"
	SubtypeSSLClientCert byte = 0x28 // the client's certificate in DER
)

// The bits of SSL.Client.
const (
	ClientSSL      byte = 0x01 // the client connected over TLS
	ClientCertConn byte = 0x02 // it gave a certificate on this connection
	ClientCertSess byte = 0x04 // it gave a certificate at least once in this TLS session
)

// sslHead is the size of the fixed part of a TLV of TypeSSL.
const sslHead = 5

// SSL is the value of a TLV of TypeSSL.
type SSL struct {
	Client byte   // ClientSSL and its like
	Verify uint32 // 0 when the client gave a certificate and it was found good
	TLVs   []byte // the inner TLVs, of types SubtypeSSL...
}

// ParseSSL reads the value of a TLV of TypeSSL. SSL.TLVs is a view of value. The
// error wraps ErrInvalid.
func ParseSSL(value []byte) (SSL, error) {
	if len(value) < sslHead {
		return SSL{}, fmt.Errorf("%w: the SSL TLV has %d bytes, at least %d are needed", ErrInvalid, len(value), sslHead)
	}
	s := SSL{Client: value[0], Verify: binary.BigEndian.Uint32(value[1:]), TLVs: value[sslHead:]}
	for at := 0; at < len(s.TLVs); {
		_, v, _, ok := next(s.TLVs[at:])
		if !ok {
			return SSL{}, fmt.Errorf("%w: in the SSL TLV, the TLV at byte %d of %d is cut off", ErrInvalid, at, len(s.TLVs))
		}
		at += tlvHead + len(v)
	}
	return s, nil
}

// TLV gives the value of the first inner TLV of type typ.
func (s *SSL) TLV(typ byte) (value []byte, ok bool) { return find(s.TLVs, typ) }

// AppendSSL appends a TLV of TypeSSL to b, which is to become Header.TLVs. The
// error wraps ErrTooLong and leaves b as it was.
func AppendSSL(b []byte, s SSL) ([]byte, error) {
	size := sslHead + len(s.TLVs)
	if size > 0xffff {
		return b, fmt.Errorf("%w: the SSL TLV has %d bytes, at most 65535 can be sent", ErrTooLong, size)
	}
	b = append(b, TypeSSL)
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	b = append(b, s.Client)
	b = binary.BigEndian.AppendUint32(b, s.Verify)
	return append(b, s.TLVs...), nil
}
