package proxyproto

import (
	"net/netip"
	"strconv"
)

// The readers here exist because those of net/netip and strconv take strings,
// for which bytes from the wire would have to be copied. A test holds them to
// net/netip's results.

// decimal reads a number of at most max without leading zeros or sign.
func decimal(b []byte, max int) (n int, ok bool) {
	if len(b) == 0 || len(b) > 5 || (b[0] == '0' && len(b) > 1) {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n <= max
}

func parsePort(b []byte) (uint16, bool) {
	n, ok := decimal(b, 65535)
	return uint16(n), ok
}

// parse4 reads four decimal numbers parted by dots.
func parse4(b []byte) (netip.Addr, bool) {
	var a [4]byte
	start, k := 0, 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] != '.' {
			continue
		}
		n, ok := decimal(b[start:i], 255)
		if !ok || k == len(a) {
			return netip.Addr{}, false
		}
		a[k] = byte(n)
		k++
		start = i + 1
	}
	return netip.AddrFrom4(a), k == len(a)
}

// parse6 reads an IPv6 address in the forms of RFC 4291, section 2.2, the one
// with an IPv4 address at its end included, and without a zone.
func parse6(b []byte) (netip.Addr, bool) {
	var a [16]byte
	n, gap := 0, -1 // bytes filled; where "::" stood
	if len(b) >= 2 && b[0] == ':' && b[1] == ':' {
		gap, b = 0, b[2:]
	}
	for len(b) > 0 {
		v, digits := 0, 0
		for digits < len(b) {
			x, ok := hex(b[digits])
			if !ok {
				break
			}
			if v = v<<4 | x; v > 0xffff {
				return netip.Addr{}, false
			}
			digits++
		}
		if digits < len(b) && b[digits] == '.' {
			tail, ok := parse4(b)
			if !ok || n > 12 {
				return netip.Addr{}, false
			}
			four := tail.As4()
			n += copy(a[n:], four[:])
			break
		}
		if digits == 0 || digits > 4 || n > 14 {
			return netip.Addr{}, false
		}
		a[n], a[n+1] = byte(v>>8), byte(v)
		n += 2
		if b = b[digits:]; len(b) == 0 {
			break
		}
		if b[0] != ':' || len(b) == 1 {
			return netip.Addr{}, false
		}
		if b = b[1:]; b[0] == ':' {
			if gap >= 0 {
				return netip.Addr{}, false
			}
			gap, b = n, b[1:]
		}
	}
	switch {
	case gap < 0 && n != 16, gap >= 0 && n == 16:
		return netip.Addr{}, false
	case gap >= 0:
		moved := copy(a[16-(n-gap):], a[gap:n])
		clear(a[gap : 16-moved])
	}
	return netip.AddrFrom16(a), true
}

func hex(c byte) (int, bool) {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0'), true
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10, true
	}
	return 0, false
}

// append6 writes ip as an IPv6 address without a zone, in groups of hexadecimal
// digits only, as version 1 demands also of mapped addresses.
func append6(dst []byte, ip netip.Addr) []byte {
	if !ip.Is4() && !ip.Is4In6() {
		return ip.WithZone("").AppendTo(dst)
	}
	a := ip.Unmap().As4()
	dst = append(dst, "::ffff:"...)
	dst = strconv.AppendUint(dst, uint64(a[0])<<8|uint64(a[1]), 16)
	dst = append(dst, ':')
	return strconv.AppendUint(dst, uint64(a[2])<<8|uint64(a[3]), 16)
}
