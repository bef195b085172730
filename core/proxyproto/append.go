package proxyproto

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// AppendV1 appends the version 1 line of a TCP connection from src to dst, at
// most 104 bytes. As in NewHeader, mapped IPv4 addresses are sent as IPv4 unless
// the other end is of IPv6, and the line is "PROXY UNKNOWN" when one address is
// not valid (section 2.1).
func AppendV1(b []byte, src, dst netip.AddrPort) []byte {
	h := NewHeader(src, dst)
	switch h.Transport {
	case TCP4:
		b = append(b, v1Start+"TCP4 "...)
		b = src.Addr().Unmap().AppendTo(b)
		b = append(b, ' ')
		b = dst.Addr().Unmap().AppendTo(b)
	case TCP6:
		b = append(b, v1Start+"TCP6 "...)
		b = append6(b, src.Addr())
		b = append(b, ' ')
		b = append6(b, dst.Addr())
	default:
		return append(b, v1Start+"UNKNOWN\r\n"...)
	}
	b = append(b, ' ')
	b = strconv.AppendUint(b, uint64(src.Port()), 10)
	b = append(b, ' ')
	b = strconv.AppendUint(b, uint64(dst.Port()), 10)
	return append(b, "\r\n"...)
}

// AppendLocal appends the version 2 header of a connection that the proxy makes
// for itself, such as a health check: 16 bytes (section 2.2).
func AppendLocal(b []byte) []byte {
	return append(b, signature+"\x20\x00\x00\x00"...)
}

// AppendV2 appends the version 2 header that h describes. IPv4 addresses go
// into TCP6 and UDP6 mapped, and a Local header is sent without addresses. A
// checksum TLV in h.TLVs (see AppendChecksum) gets its value here. The error,
// for addresses that do not suit the transport, broken TLVs and lengths beyond
// the protocol's 65535 bytes, leaves b as it was; it wraps ErrInvalid or
// ErrTooLong.
func AppendV2(b []byte, h Header) ([]byte, error) {
	command := cmdProxy
	if h.Local {
		command, h = cmdLocal, Header{TLVs: h.TLVs}
	}
	kind, size, err := h.kind()
	if err != nil {
		return b, err
	}
	if err := checkTLVs(h.TLVs); err != nil {
		return b, err
	}
	size += len(h.TLVs)
	if size > 0xffff {
		return b, fmt.Errorf("%w: version 2 with %d bytes after its fixed part, at most 65535 can be sent", ErrTooLong, size)
	}
	start := len(b)
	b = append(b, signature...)
	b = append(b, version2|command, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	b = h.appendAddresses(b)
	tlvs := len(b) - start
	b = append(b, h.TLVs...)
	seal(b[start:], tlvs)
	return b, nil
}

// kind gives the 14th byte and the size of the address block, after checking
// that the addresses suit the transport.
func (h *Header) kind() (kind byte, size int, err error) {
	switch h.Transport {
	case Unknown:
		return familyUnspec | protoUnspec, 0, nil
	case TCP4:
		kind, size = familyInet|protoStream, inetSize
	case UDP4:
		kind, size = familyInet|protoDgram, inetSize
	case TCP6:
		kind, size = familyInet6|protoStream, inet6Size
	case UDP6:
		kind, size = familyInet6|protoDgram, inet6Size
	case UnixStream:
		kind, size = familyUnix|protoStream, unixSize
	case UnixDgram:
		kind, size = familyUnix|protoDgram, unixSize
	default:
		return 0, 0, fmt.Errorf("%w: %s does not exist", ErrInvalid, h.Transport)
	}
	if size == unixSize {
		for _, path := range [...]string{h.SrcPath, h.DstPath} {
			if len(path) > pathSize {
				return 0, 0, fmt.Errorf("%w: the path of a unix socket has %d bytes, at most %d can be sent", ErrTooLong, len(path), pathSize)
			}
			if i := strings.IndexByte(path, 0); i > 0 {
				return 0, 0, fmt.Errorf("%w: the path %q of a unix socket has a zero byte", ErrInvalid, path)
			}
		}
		return kind, size, nil
	}
	for _, end := range [...]netip.AddrPort{h.Src, h.Dst} {
		ip := end.Addr()
		if !ip.IsValid() || (size == inetSize && !ip.Unmap().Is4()) {
			return 0, 0, fmt.Errorf("%w: address %s cannot be sent as %s", ErrInvalid, ip, h.Transport)
		}
	}
	return kind, size, nil
}

func (h *Header) appendAddresses(b []byte) []byte {
	switch h.Transport {
	case Unknown:
		return b
	case UnixStream, UnixDgram:
		return appendPath(appendPath(b, h.SrcPath), h.DstPath)
	case TCP4, UDP4:
		src, dst := h.Src.Addr().Unmap().As4(), h.Dst.Addr().Unmap().As4()
		b = append(append(b, src[:]...), dst[:]...)
	default:
		src, dst := h.Src.Addr().As16(), h.Dst.Addr().As16()
		b = append(append(b, src[:]...), dst[:]...)
	}
	b = binary.BigEndian.AppendUint16(b, h.Src.Port())
	return binary.BigEndian.AppendUint16(b, h.Dst.Port())
}

// appendPath appends a sun_path: path, filled up with zeros.
func appendPath(b []byte, path string) []byte {
	var block [pathSize]byte
	copy(block[:], path)
	return append(b, block[:]...)
}
