package proxyproto

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// checksumSize is the size of the value of a TLV of TypeCRC32C.
const checksumSize = 4

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	noSum      = make([]byte, checksumSize) // only read; on the stack it would escape into crc32
)

// checksumAt gives the place of the checksum's value in header, whose checked
// TLVs begin at tlvs.
func checksumAt(header []byte, tlvs int) (at int, ok bool) {
	for at = tlvs; at < len(header); {
		typ, value, _, ok := next(header[at:])
		if !ok {
			return 0, false
		}
		at += tlvHead
		if typ == TypeCRC32C {
			return at, true
		}
		at += len(value)
	}
	return 0, false
}

// checksum is the CRC32c (RFC 4960, appendix B) of header with zeros in place of
// the checksum's value at at (section 2.2.3).
func checksum(header []byte, at int) uint32 {
	sum := crc32.Update(0, castagnoli, header[:at])
	sum = crc32.Update(sum, castagnoli, noSum)
	return crc32.Update(sum, castagnoli, header[at+checksumSize:])
}

// verify checks the checksum of header, if it has one.
func verify(header []byte, tlvs int) error {
	at, ok := checksumAt(header, tlvs)
	if !ok {
		return nil
	}
	sent := binary.BigEndian.Uint32(header[at:])
	if sum := checksum(header, at); sum != sent {
		return fmt.Errorf("%w: its checksum is 0x%08x and should be 0x%08x", ErrInvalid, sent, sum)
	}
	return nil
}

// seal writes the checksum of header into the place for it, if it has one.
func seal(header []byte, tlvs int) {
	if at, ok := checksumAt(header, tlvs); ok {
		binary.BigEndian.PutUint32(header[at:], checksum(header, at))
	}
}
