package proxyproto

import (
	"bytes"
	"fmt"
	"net/netip"
)

// v1Start begins a line of version 1 (section 2.1).
const v1Start = "PROXY "

// parseV1 reads a line of version 1. A CR or LF that is not part of a CRLF is
// refused wherever it stands, also in the part of an UNKNOWN line that is to be
// ignored: what others would take for the end of the line is never payload here
// and header there.
func parseV1(b []byte) (h Header, n int, err error) {
	window := b[:min(len(b), MaxV1)]
	end := bytes.IndexAny(window, "\r\n")
	switch {
	case end < 0 && len(b) >= MaxV1, end == MaxV1-1 && b[end] == '\r':
		return Header{}, 0, fmt.Errorf("%w: version 1 without CRLF in its first %d bytes", ErrTooLong, MaxV1)
	case end < 0 || (b[end] == '\r' && end+1 == len(b)):
		return Header{}, 0, ErrIncomplete
	case b[end] == '\n' || b[end+1] != '\n':
		return Header{}, 0, fmt.Errorf("%w: version 1 with a CR or LF that is not CRLF at byte %d", ErrInvalid, end)
	}
	h.Version = 1
	f := fields{rest: b[len(v1Start):end]}
	name, more := f.next()
	switch string(name) {
	case "TCP4":
		h.Transport = TCP4
	case "TCP6":
		h.Transport = TCP6
	case "UNKNOWN":
		return h, end + 2, nil
	default:
		return Header{}, 0, fmt.Errorf("%w: version 1 with protocol %q, only TCP4, TCP6 and UNKNOWN exist", ErrInvalid, name)
	}
	if !more {
		return Header{}, 0, fmt.Errorf("%w: version 1 without addresses after %s", ErrInvalid, name)
	}
	if h.Src, h.Dst, err = f.ends(h.Transport); err != nil {
		return Header{}, 0, err
	}
	return h, end + 2, nil
}

// fields parts a line at its single spaces.
type fields struct{ rest []byte }

// next takes a field; more tells whether a space followed it.
func (f *fields) next() (field []byte, more bool) {
	i := bytes.IndexByte(f.rest, ' ')
	if i < 0 {
		field, f.rest = f.rest, nil
		return field, false
	}
	field, f.rest = f.rest[:i], f.rest[i+1:]
	return field, true
}

// ends reads source address, destination address, source port, destination port.
func (f *fields) ends(t Transport) (src, dst netip.AddrPort, err error) {
	var ip [2]netip.Addr
	var port [2]uint16
	for i, side := range [...]string{"source", "destination"} {
		field, more := f.next()
		ok, family := false, "IPv4"
		if t == TCP4 {
			ip[i], ok = parse4(field)
		} else {
			family = "IPv6"
			ip[i], ok = parse6(field)
		}
		if !ok {
			return src, dst, fmt.Errorf("%w: version 1 with %s address %q, which is not an %s address", ErrInvalid, side, field, family)
		}
		if !more {
			return src, dst, fmt.Errorf("%w: version 1 ends after the %s address", ErrInvalid, side)
		}
	}
	for i, side := range [...]string{"source", "destination"} {
		field, more := f.next()
		var ok bool
		if port[i], ok = parsePort(field); !ok {
			return src, dst, fmt.Errorf("%w: version 1 with %s port %q, which is not a number from 0 to 65535", ErrInvalid, side, field)
		}
		if last := i == 1; more == last {
			if last {
				return src, dst, fmt.Errorf("%w: version 1 with more after the destination port", ErrInvalid)
			}
			return src, dst, fmt.Errorf("%w: version 1 ends after the source port", ErrInvalid)
		}
	}
	return netip.AddrPortFrom(ip[0].Unmap(), port[0]), netip.AddrPortFrom(ip[1].Unmap(), port[1]), nil
}
