package proxyproto

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
)

// signature begins a header of version 2 (section 2.2).
const signature = "\r\n\r\n\x00\r\nQUIT\n"

// The sizes of a header of version 2: its fixed part, and the address blocks.
const (
	fixedSize = 16
	inetSize  = 2*4 + 2*2
	inet6Size = 2*16 + 2*2
	pathSize  = 108
	unixSize  = 2 * pathSize
)

// The nibbles of the 13th and 14th byte.
const (
	version2          = 0x20
	cmdLocal     byte = 0x0
	cmdProxy     byte = 0x1
	familyUnspec      = 0x00
	familyInet        = 0x10
	familyInet6       = 0x20
	familyUnix        = 0x30
	protoUnspec       = 0x0
	protoStream       = 0x1
	protoDgram        = 0x2
)

// Parse reads the header at the beginning of b and says how many bytes it has;
// the payload follows them. It returns ErrIncomplete as long as b can still
// become a header, ErrNotProxy when it cannot be one, and errors that wrap
// ErrInvalid or ErrTooLong for headers that must be refused; after any but
// ErrIncomplete the connection is to be closed (section 2). n is 0 with an error.
func Parse(b []byte) (h Header, n int, err error) {
	switch {
	case hasPrefix(b, signature):
		return parseV2(b)
	case hasPrefix(b, v1Start):
		return parseV1(b)
	case len(b) < len(signature) && signature[:len(b)] == string(b),
		len(b) < len(v1Start) && v1Start[:len(b)] == string(b):
		return Header{}, 0, ErrIncomplete
	}
	return Header{}, 0, ErrNotProxy
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

func parseV2(b []byte) (h Header, n int, err error) {
	if err := checkFixed(b); err != nil {
		return Header{}, 0, err
	}
	n = fixedSize + int(binary.BigEndian.Uint16(b[14:]))
	if n > MaxV2 {
		return Header{}, 0, fmt.Errorf("%w: version 2 with %d bytes, at most %d are taken", ErrTooLong, n, MaxV2)
	}
	if len(b) < n {
		return Header{}, 0, ErrIncomplete
	}
	h.Version = 2
	if b[12]&0x0f == cmdLocal { // the rest is to be discarded, its family included
		h.Local = true
		return h, n, nil
	}
	block := b[fixedSize:n:n] // so that appending to h.TLVs spares the payload
	size, err := h.addresses(b[13], block)
	if err != nil {
		return Header{}, 0, err
	}
	h.TLVs = block[size:]
	if err := checkTLVs(h.TLVs); err != nil {
		if h.Transport != Unknown {
			return Header{}, 0, err
		}
		h.TLVs = nil // addresses of a family that was not told
	}
	if len(h.TLVs) == 0 {
		h.TLVs = nil
		return h, n, nil
	}
	if err := verify(b[:n], n-len(h.TLVs)); err != nil {
		return Header{}, 0, err
	}
	return h, n, nil
}

// checkFixed checks as much of the fixed part as has arrived, so that a wrong
// header is refused at once, and returns ErrIncomplete when it is not all there.
func checkFixed(b []byte) error {
	if len(b) > 12 {
		if b[12]&0xf0 != version2 {
			return fmt.Errorf("%w: its version is %d, only 1 and 2 exist", ErrInvalid, b[12]>>4)
		}
		if cmd := b[12] & 0x0f; cmd != cmdLocal && cmd != cmdProxy {
			return fmt.Errorf("%w: version 2 with command %#x, only 0x0 (LOCAL) and 0x1 (PROXY) exist", ErrInvalid, cmd)
		}
	}
	if len(b) > 13 && b[12]&0x0f == cmdProxy {
		if family := b[13] & 0xf0; family > familyUnix {
			return fmt.Errorf("%w: version 2 with address family %#x, only 0x0 to 0x3 exist", ErrInvalid, family>>4)
		}
		if proto := b[13] & 0x0f; proto > protoDgram {
			return fmt.Errorf("%w: version 2 with transport protocol %#x, only 0x0 to 0x2 exist", ErrInvalid, proto)
		}
	}
	if len(b) < fixedSize {
		return ErrIncomplete
	}
	return nil
}

// addresses reads the address block of a PROXY command and gives its size. kind
// is the 14th byte, checked before. Where the family or the protocol is
// unspecified the addresses are ignored, and where both are all of the block is
// left as possible TLVs.
func (h *Header) addresses(kind byte, block []byte) (size int, err error) {
	switch kind {
	case familyUnspec | protoUnspec:
		return 0, nil
	case familyInet | protoStream:
		h.Transport, size = TCP4, inetSize
	case familyInet | protoDgram:
		h.Transport, size = UDP4, inetSize
	case familyInet6 | protoStream:
		h.Transport, size = TCP6, inet6Size
	case familyInet6 | protoDgram:
		h.Transport, size = UDP6, inet6Size
	case familyUnix | protoStream:
		h.Transport, size = UnixStream, unixSize
	case familyUnix | protoDgram:
		h.Transport, size = UnixDgram, unixSize
	default:
		return len(block), nil
	}
	if len(block) < size {
		return 0, fmt.Errorf("%w: version 2 with %d bytes of addresses, %s has %d", ErrInvalid, len(block), h.Transport, size)
	}
	switch size {
	case inetSize:
		h.Src = netip.AddrPortFrom(netip.AddrFrom4([4]byte(block[0:4])), binary.BigEndian.Uint16(block[8:]))
		h.Dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte(block[4:8])), binary.BigEndian.Uint16(block[10:]))
	case inet6Size:
		h.Src = netip.AddrPortFrom(netip.AddrFrom16([16]byte(block[0:16])).Unmap(), binary.BigEndian.Uint16(block[32:]))
		h.Dst = netip.AddrPortFrom(netip.AddrFrom16([16]byte(block[16:32])).Unmap(), binary.BigEndian.Uint16(block[34:]))
	case unixSize:
		h.SrcPath = unixPath(block[:pathSize])
		h.DstPath = unixPath(block[pathSize:unixSize])
	}
	return size, nil
}

// unixPath reads a sun_path: a path up to its zero byte, or an abstract name,
// which begins with one, up to its padding.
func unixPath(b []byte) string {
	if b[0] == 0 {
		return string(bytes.TrimRight(b, "\x00"))
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
