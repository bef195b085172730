package address

import (
	"fmt"
	"strconv"
	"strings"
)

// statement is what the address is for: it decides about ports and defaults.
type statement uint8

const (
	forBind statement = iota
	forServer
	forSource
	forDgram
)

// parser reads one address out of input.
type parser struct {
	input string // for the errors
	use   statement
}

func (p *parser) errorf(offset int, format string, args ...any) error {
	return &Error{Input: p.input, Offset: offset, Text: fmt.Sprintf(format, args...)}
}

// ParseBind parses the addresses of a bind: a list parted by commas, around
// which spaces are allowed. TCP, MPTCP, QUIC and UDP need a port or a range of
// ports; port 0 lets the system choose a free one. Transport is a stream unless
// a prefix says otherwise (HAProxy manual 4.2 "bind").
func ParseBind(s string) ([]Address, error) {
	p := parser{input: s, use: forBind}
	if strings.Trim(s, " ") == "" {
		return nil, p.errorf(0, `the address is empty: write one such as ":80" or "10.0.0.1:80"`)
	}
	var list []Address
	for start := 0; ; {
		end := len(s)
		if i := strings.IndexByte(s[start:], ','); i >= 0 {
			end = start + i
		}
		item := strings.TrimLeft(s[start:end], " ")
		at := end - len(item)
		item = strings.TrimRight(item, " ")
		if item == "" {
			return nil, p.errorf(at, `an address is missing beside the comma: write one, or leave the comma out`)
		}
		a, err := p.address(item, at)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
		if end == len(s) {
			return list, nil
		}
		start = end + 1
	}
}

// ParseServer parses the one address of a server. The port may be left out, or
// be an offset such as "+1000" to the port that the client connected to; see
// DialPort. A range of ports, and fd@, are refused (HAProxy manual 4.2
// "server").
func ParseServer(s string) (Address, error) { return parseOne(s, forServer) }

// ParseSource parses the address that connections to servers come from. The
// port may be left out, be 0 for any, or be a range, which HAProxy allows on a
// server and not on a backend: IsRange tells (HAProxy manual 4.2 and 5.2
// "source"). The protocol is the server's, so only addresses of IP and of unix
// sockets are taken.
func ParseSource(s string) (Address, error) { return parseOne(s, forSource) }

// ParseDgram parses an address to which datagrams go unless a prefix says
// otherwise, as log targets and name servers have it: "10.0.0.1:514" is UDP and
// "/dev/log" a datagram socket (HAProxy manual 2.9). The port may be left out;
// ranges, offsets and fd@ are refused.
func ParseDgram(s string) (Address, error) { return parseOne(s, forDgram) }

func parseOne(s string, use statement) (Address, error) {
	p := parser{input: s, use: use}
	if s == "" {
		return Address{}, p.errorf(0, `the address is empty: write one such as "10.0.0.1:80"`)
	}
	return p.address(s, 0)
}

// prefix is what a prefix, or its absence, says.
type prefix struct {
	network Network
	family  Family
	dgram   bool
	fixed   bool   // the prefix settles the transport, so a contrary "dgram+" or "stream+" is a fault
	name    string // of Plugin
	text    string
}

// prefixOf gives the meaning of a prefix, name being written without "@"
// (HAProxy manual 2.9.1 to 2.9.3).
func prefixOf(name string) (pre prefix, ok bool) {
	switch name {
	case "ip":
		return prefix{network: TCP}, true
	case "ipv4":
		return prefix{network: TCP, family: V4}, true
	case "ipv6":
		return prefix{network: TCP, family: V6}, true
	case "unix":
		return prefix{network: Unix}, true
	case "uxst":
		return prefix{network: Unix, fixed: true}, true
	case "uxdg":
		return prefix{network: Unix, dgram: true, fixed: true}, true
	case "abns":
		return prefix{network: Abns}, true
	case "abnsz":
		return prefix{network: Abnsz}, true
	case "fd":
		return prefix{network: FD}, true
	case "sockpair":
		return prefix{network: SockPair, fixed: true}, true
	}
	pre.fixed = true
	if ofPlugin(name) {
		pre.network, pre.name = Plugin, name
		return pre, true
	}
	switch {
	case strings.HasSuffix(name, "4"):
		pre.family, name = V4, name[:len(name)-1]
	case strings.HasSuffix(name, "6"):
		pre.family, name = V6, name[:len(name)-1]
	}
	switch name {
	case "tcp":
		pre.network = TCP
	case "mptcp":
		pre.network = MPTCP
	case "quic":
		pre.network = QUIC
	case "udp":
		pre.network, pre.dgram = UDP, true
	default:
		return prefix{}, false
	}
	return pre, true
}

// ofPlugin reports whether a prefix has the form of a plugin's module: with its
// vendor, as in "acme.kcp".
func ofPlugin(name string) bool {
	vendor, rest, _ := strings.Cut(name, ".")
	if vendor == "" || rest == "" {
		return false
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return name[0] >= 'a' && name[0] <= 'z'
}

// address parses s, which stands at offset at of the input.
func (p *parser) address(s string, at int) (Address, error) {
	pre, rest, err := p.prefix(s, at)
	if err != nil {
		return Address{}, err
	}
	restAt := at + len(s) - len(rest)
	if err := p.allowed(pre, at); err != nil {
		return Address{}, err
	}
	a := Address{Network: pre.network, Family: pre.family, Dgram: pre.dgram, Name: pre.name}
	switch pre.network {
	case Unix, Abns, Abnsz:
		a.Path, err = p.path(pre, rest, restAt)
	case FD, SockPair:
		a.FD, err = p.descriptor(pre, rest, restAt)
	default:
		err = p.inet(&a, pre, rest, restAt)
	}
	if err != nil {
		return Address{}, err
	}
	return a, nil
}

// prefix takes the socket type and the prefix off s, applies the statement's
// default to what they leave open, and gives the rest.
func (p *parser) prefix(s string, at int) (pre prefix, rest string, err error) {
	if i := strings.Index(s, "://"); i >= 0 && !strings.ContainsAny(s[:i], "@/") {
		return pre, "", p.errorf(at, `an address is no URL: write %q`, notURL(s[:i], s[i+3:]))
	}
	kind, name, rest := "", "", s
	for _, k := range []string{"stream+", "dgram+", "quic+"} {
		if strings.HasPrefix(rest, k) {
			kind, rest = k, rest[len(k):]
			break
		}
	}
	nameAt := at + len(kind)
	if i := strings.IndexByte(rest, '@'); i >= 0 && rest[0] != '/' {
		name, rest = rest[:i], rest[i+1:]
		var ok bool
		if pre, ok = prefixOf(name); !ok {
			return pre, "", p.unknownPrefix(name, nameAt)
		}
		pre.text = kind + name + "@"
	} else if strings.HasPrefix(rest, "/") {
		pre = prefix{network: Unix, text: kind}
	} else {
		pre = prefix{network: TCP, text: kind}
	}
	if err := p.socketType(&pre, kind, name, at); err != nil {
		return pre, "", err
	}
	return pre, rest, nil
}

// notURL turns a URL's scheme and what follows it into the address that was
// probably meant.
func notURL(scheme, rest string) string {
	if _, ok := prefixOf(scheme); ok {
		scheme += "@"
	} else {
		scheme = ""
	}
	if i := strings.IndexAny(rest, "/?#"); i > 0 && scheme != "unix@" {
		rest = rest[:i]
	}
	if rest == "" {
		rest = "HOST:PORT"
	}
	return scheme + rest
}

// socketType applies "stream+", "dgram+" or "quic+" to pre (HAProxy manual
// 2.9.2), or the statement's default when kind is "".
func (p *parser) socketType(pre *prefix, kind, name string, at int) error {
	if pre.fixed {
		same := kind == "" || (kind == "stream+" && !pre.dgram && pre.network != QUIC) ||
			(kind == "dgram+" && pre.dgram) || (kind == "quic+" && pre.network == QUIC)
		if !same {
			return p.errorf(at, `%q does not go with %q: write "%s@" alone`, kind, name+"@", name)
		}
		return nil
	}
	switch {
	case kind == "quic+" && pre.network != TCP:
		return p.errorf(at, `"quic+" goes with IP addresses only: write "quic+ip@", "quic+ipv4@" or "quic+ipv6@"`)
	case kind == "quic+":
		pre.network = QUIC
	case kind == "dgram+" || (kind == "" && p.use == forDgram):
		pre.dgram = true
		if pre.network == TCP {
			pre.network = UDP
		}
	}
	return nil
}

func (p *parser) unknownPrefix(name string, at int) error {
	if i := strings.IndexByte(name, '+'); i >= 0 {
		if k := nearest(name[:i], []string{"stream", "dgram", "quic"}); k != "" {
			return p.errorf(at, `unknown socket type %q: did you mean %q?`, name[:i+1], k+"+")
		}
		return p.errorf(at, `unknown socket type %q: write "stream+" or "dgram+", or leave it out`, name[:i+1])
	}
	if name == "rhttp" {
		return p.errorf(at, `reverse HTTP ("rhttp@") is not supported: write an address to listen on or to connect to`)
	}
	if near := nearest(name, prefixNames); near != "" {
		return p.errorf(at, `unknown prefix %q: did you mean %q?`, name+"@", near+"@")
	}
	return p.errorf(at, `unknown prefix %q: write one of %s@, or leave it out for TCP`,
		name+"@", strings.Join(prefixNames, "@ "))
}

// allowed refuses networks that the statement cannot use.
func (p *parser) allowed(pre prefix, at int) error {
	switch {
	case p.use == forBind:
		return nil
	case pre.network == FD:
		return p.errorf(at, `"fd@" is for binds, which inherit a listening socket: write the address to connect to`)
	case p.use == forSource && (pre.network == MPTCP || pre.network == QUIC || pre.network == Plugin || pre.dgram || pre.network == SockPair):
		return p.errorf(at, `a source address cannot say %q, its protocol is the server's: write "ipv4@", "ipv6@", "unix@", "abns@" or no prefix`, pre.text)
	}
	return nil
}

// The bytes that a socket's name may have: 108 in struct sockaddr_un (unix(7)),
// less the zero that ends a path, or begins an abstract name, or both.
const (
	maxPath  = 107
	maxAbns  = 107
	maxAbnsz = 106
)

func (p *parser) path(pre prefix, s string, at int) (string, error) {
	what, limit := "path", maxPath
	switch pre.network {
	case Abns:
		what, limit = "name", maxAbns
	case Abnsz:
		what, limit = "name", maxAbnsz
	}
	if s == "" {
		return "", p.errorf(at, `the socket's %s is missing: write it after %q`, what, pre.text)
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		return "", p.errorf(at+i, `a zero byte cannot be in a socket's %s: leave it out`, what)
	}
	if len(s) > limit {
		return "", p.errorf(at+limit, `the socket's %s has %d bytes: write one of at most %d`, what, len(s), limit)
	}
	return s, nil
}

func (p *parser) descriptor(pre prefix, s string, at int) (int, error) {
	if s == "" {
		return 0, p.errorf(at, `the file descriptor is missing: write its number, such as "%s3"`, pre.text)
	}
	if i := notDigit(s); i >= 0 {
		return 0, p.errorf(at+i, `%q is not a file descriptor: write its number, such as "%s3"`, s, pre.text)
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0, p.errorf(at, `file descriptor %s is out of range: write one of at most 2147483647`, s)
	}
	return int(n), nil
}

// notDigit gives the place of the first byte of s that is no decimal digit, or -1.
func notDigit(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return -1
}
