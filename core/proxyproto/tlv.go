package proxyproto

import (
	"encoding/binary"
	"fmt"
	"iter"
)

// The types of TLVs (sections 2.2.1 to 2.2.8).
const (
	TypeALPN      byte = 0x01 // the protocol in use, as in TLS' extension (RFC 7301)
	TypeAuthority byte = 0x02 // the host name that the client gave, as in TLS' SNI
	TypeCRC32C    byte = 0x03 // the header's checksum: 4 bytes
	TypeNoop      byte = 0x04 // padding
	TypeUniqueID  byte = 0x05 // the connection's identifier: at most 128 bytes
	TypeSSL       byte = 0x20 // see ParseSSL
	TypeNetNS     byte = 0x30 // the name of a network namespace

	TypeMinCustom     byte = 0xe0 // to TypeMaxCustom: for applications
	TypeMaxCustom     byte = 0xef
	TypeMinExperiment byte = 0xf0 // to TypeMaxExperiment: for experiments
	TypeMaxExperiment byte = 0xf7
	TypeMinFuture     byte = 0xf8 // to TypeMaxFuture: reserved
	TypeMaxFuture     byte = 0xff
)

// MaxUniqueID is the most bytes that a TLV of TypeUniqueID may have.
const MaxUniqueID = 128

// tlvHead is the size of a TLV's type and length.
const tlvHead = 3

// AppendTLV appends a TLV to b, which is to become Header.TLVs, or the inner
// TLVs of an SSL. The error, for a value of more than 65535 bytes or a unique
// identifier of more than 128, wraps ErrTooLong and leaves b as it was.
func AppendTLV[V []byte | string](b []byte, typ byte, value V) ([]byte, error) {
	limit := 0xffff
	if typ == TypeUniqueID {
		limit = MaxUniqueID
	}
	if len(value) > limit {
		return b, fmt.Errorf("%w: TLV %#02x with %d bytes, at most %d can be sent", ErrTooLong, typ, len(value), limit)
	}
	b = append(b, typ)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...), nil
}

// AppendChecksum appends a TLV of TypeCRC32C, whose value AppendV2 fills in.
func AppendChecksum(b []byte) []byte {
	return append(b, TypeCRC32C, 0, checksumSize, 0, 0, 0, 0)
}

// All yields type and value of the TLVs in b in their order; the values are
// views of b. It ends early where b is cut off, which the TLVs that Parse gives
// are not.
func All(b []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for len(b) > 0 {
			typ, value, rest, ok := next(b)
			if !ok || !yield(typ, value) {
				return
			}
			b = rest
		}
	}
}

// next takes the first TLV off b.
func next(b []byte) (typ byte, value, rest []byte, ok bool) {
	if len(b) < tlvHead {
		return 0, nil, nil, false
	}
	end := tlvHead + int(binary.BigEndian.Uint16(b[1:]))
	if len(b) < end {
		return 0, nil, nil, false
	}
	return b[0], b[tlvHead:end:end], b[end:], true
}

func find(b []byte, typ byte) (value []byte, ok bool) {
	for len(b) > 0 {
		t, v, rest, ok := next(b)
		if !ok {
			return nil, false
		}
		if t == typ {
			return v, true
		}
		b = rest
	}
	return nil, false
}

// checkTLVs checks that b is a row of whole TLVs with at most one checksum, and that
// this and unique identifiers have sizes that they may have.
func checkTLVs(b []byte) error {
	sums := 0
	for at := 0; at < len(b); {
		typ, value, _, ok := next(b[at:])
		if !ok {
			return fmt.Errorf("%w: the TLV at byte %d of %d is cut off", ErrInvalid, at, len(b))
		}
		if typ == TypeCRC32C {
			if sums++; sums > 1 {
				return fmt.Errorf("%w: it has more than one checksum", ErrInvalid)
			}
			if len(value) != checksumSize {
				return fmt.Errorf("%w: its checksum has %d bytes instead of %d", ErrInvalid, len(value), checksumSize)
			}
		}
		if typ == TypeUniqueID && len(value) > MaxUniqueID {
			return fmt.Errorf("%w: its unique identifier has %d bytes, at most %d are allowed", ErrInvalid, len(value), MaxUniqueID)
		}
		at += tlvHead + len(value)
	}
	return nil
}
