package address

import (
	"net/netip"
	"strconv"
	"strings"
)

// inet parses host and port out of s, which stands at offset at, into a.
func (p *parser) inet(a *Address, pre prefix, s string, at int) error {
	host, port, portAt, err := p.split(s, at)
	if err != nil {
		return err
	}
	if p.use != forBind && strings.Contains(s, ",") {
		return p.errorf(at+strings.IndexByte(s, ','), `one address is wanted and this is a list: write one entry per address`)
	}
	if err := p.host(a, pre, host, s, at); err != nil {
		return err
	}
	return p.port(a, port, s, portAt)
}

// split parts s into host and port. Without brackets the port is what follows
// the last colon (HAProxy manual 4.2 "bind"). port is "" when there is none, and
// portAt is then where it would stand; the host keeps its brackets.
func (p *parser) split(s string, at int) (host, port string, portAt int, err error) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", 0, p.errorf(at+len(s), `"]" is missing after the IPv6 address: write "[ADDRESS]:PORT"`)
		}
		host, rest := s[:end+1], s[end+1:]
		if rest == "" {
			return host, "", at + len(s), nil
		}
		if rest[0] != ':' {
			return "", "", 0, p.errorf(at+end+1, `%q follows "]": write %q`, rest, host+":PORT")
		}
		return host, rest[1:], at + end + 2, nil
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", at + len(s), nil
	}
	return s[:i], s[i+1:], at + i + 1, nil
}

// host parses the host into a. whole is host and port, for the advice.
func (p *parser) host(a *Address, pre prefix, host, whole string, at int) error {
	a.Host = host
	switch {
	case host == "" || host == "*":
		return nil
	case host[0] == '[':
		inner := host[1 : len(host)-1]
		ip, err := netip.ParseAddr(inner)
		if err != nil || !ip.Is6() {
			return p.errorf(at+1, `%q is not an IPv6 address: write one such as "[2001:db8::1]", and IPv4 addresses and names without brackets`, inner)
		}
		return p.literal(a, pre, ip, at)
	case strings.Contains(host, ":"):
		ip, err := netip.ParseAddr(host)
		if err == nil {
			return p.literal(a, pre, ip, at)
		}
		if _, err := netip.ParseAddr(whole); err == nil {
			return p.errorf(at, `the port is what follows the last colon, and %q before it is not an IPv6 address: write %q`, host, p.bracketed(whole))
		}
		return p.errorf(at, `%q is not an IPv6 address: write one host and one port, such as "10.0.0.1:80" or "[2001:db8::1]:80"`, host)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return p.literal(a, pre, ip, at)
	}
	return p.name(host, at)
}

// bracketed is how to write an IPv6 address that has no port.
func (p *parser) bracketed(ip string) string {
	if p.use == forBind {
		return "[" + ip + "]:PORT"
	}
	return "[" + ip + "]"
}

// literal stores ip, which must be of the family that the prefix demands.
func (p *parser) literal(a *Address, pre prefix, ip netip.Addr, at int) error {
	has := V4
	if ip.Is6() {
		has = V6
	}
	if pre.family != Any && pre.family != has {
		return p.errorf(at, `%q is of %s and %q demands %s: write an address of that family, or the prefix of the other`,
			ip.String(), has, pre.text, pre.family)
	}
	if i := strings.IndexFunc(ip.Zone(), notInZone); i >= 0 {
		return p.errorf(at, `%q is not the name of a network interface: write one such as "fe80::1%%eth0"`, ip.Zone())
	}
	a.IP, a.Host = ip, ip.String()
	return nil
}

// notInZone tells whether a zone cannot hold r, because no interface has it in
// its name or because the grammar gives it another meaning.
func notInZone(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("[]@/,", r) }

// name checks a host name: labels of letters, digits, "-" and "_", 63 bytes
// each at most and 253 in all (RFC 1035, section 2.3.4), and not digits and dots
// alone, which is an IPv4 address gone wrong.
func (p *parser) name(s string, at int) error {
	label, numeric := 0, true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '.':
			if i == label {
				return p.errorf(at+i, `an empty label in the name %q: write one dot between labels`, s)
			}
			label = i + 1
		case c >= 0x80:
			return p.errorf(at+i, `the name %q has letters beyond ASCII: write its "xn--" form`, s)
		case '0' <= c && c <= '9':
		case 'a' <= lower(c) && lower(c) <= 'z', c == '-', c == '_':
			numeric = false
		default:
			return p.errorf(at+i, `%q cannot be in a host name: write letters, digits, "-", "_" and "." only`, string(rune(c)))
		}
		if i-label >= 63 {
			return p.errorf(at+label, `a label of the name is longer than 63 bytes: write a shorter one`)
		}
	}
	switch {
	case len(s) > 253:
		return p.errorf(at, `the name has %d bytes: write one of at most 253`, len(s))
	case numeric && strings.Contains(s, "."):
		return p.errorf(at, `%q is not an IPv4 address: write four numbers from 0 to 255 without leading zeros, parted by dots`, s)
	case numeric:
		return p.errorf(at, `%q is a number and no host: write ":%s" if it is the port`, s, s)
	}
	return nil
}

// port parses the port, range or offset that stands at offset at into a; whole
// is host and port, for the advice.
func (p *parser) port(a *Address, s, whole string, at int) error {
	switch {
	case s == "" && p.use != forBind:
		return nil
	case s == "":
		return p.errorf(at, `the port is missing: write %q`, strings.TrimSuffix(whole, ":")+":PORT")
	case s[0] == '+' || s[0] == '-':
		return p.offset(a, s, at)
	}
	low, high, isRange := strings.Cut(s, "-")
	if isRange && (p.use == forServer || p.use == forDgram) {
		return p.errorf(at, `a range of ports is for binds: write one port, or an entry for each`)
	}
	n, err := p.number(low, at)
	if err != nil {
		return err
	}
	a.HasPort, a.PortLow, a.PortHigh = true, n, n
	if isRange {
		if a.PortHigh, err = p.number(high, at+len(low)+1); err != nil {
			return err
		}
		switch {
		case a.PortLow == 0 || a.PortHigh == 0:
			return p.errorf(at, `a range of ports cannot begin or end at 0: write 1 to 65535`)
		case a.PortHigh < a.PortLow:
			return p.errorf(at, `the range of ports runs backwards: write "%d-%d"`, a.PortHigh, a.PortLow)
		}
	}
	if n == 0 && (p.use == forServer || p.use == forDgram) {
		return p.errorf(at, `port 0 cannot be connected to: write 1 to 65535, or leave the port out`)
	}
	return nil
}

// offset parses "+N" or "-N".
func (p *parser) offset(a *Address, s string, at int) error {
	if p.use != forServer {
		return p.errorf(at, `an offset such as %q is for servers: write the port itself`, s)
	}
	if s == "+" || s == "-" {
		return p.errorf(at+1, `the offset's number is missing: write one such as "%s1000"`, s)
	}
	n, err := p.number(s[1:], at+1)
	if err != nil {
		return err
	}
	a.HasOffset, a.PortOffset = true, int(n)
	if s[0] == '-' {
		a.PortOffset = -int(n)
	}
	return nil
}

func (p *parser) number(s string, at int) (uint16, error) {
	if s == "" {
		return 0, p.errorf(at, `a port is missing: write a number from 1 to 65535`)
	}
	if i := notDigit(s); i >= 0 {
		return 0, p.errorf(at+i, `%q is not a port: write a number from 1 to 65535`, s)
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, p.errorf(at, `port %s is out of range: write a number from 1 to 65535`, s)
	}
	return uint16(n), nil
}
