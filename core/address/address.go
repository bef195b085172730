package address

import (
	"iter"
	"net/netip"
	"strconv"
)

// Network is what an address reaches the peer over.
type Network uint8

// The networks, with the prefixes that choose them.
const (
	TCP      Network = iota // plain TCP: no prefix, ip@, ipv4@, ipv6@, tcp@, tcp4@, tcp6@
	MPTCP                   // Multipath TCP (RFC 8684): mptcp@, mptcp4@, mptcp6@
	Unix                    // a unix socket with a path: "/...", unix@, uxst@, uxdg@
	Abns                    // Linux's abstract namespace, name padded with zeros: abns@
	Abnsz                   // Linux's abstract namespace, name ended by one zero: abnsz@
	QUIC                    // QUIC over UDP: quic@, quic4@, quic6@, quic+ip@
	UDP                     // UDP: udp@, udp4@, udp6@, dgram+ip@
	FD                      // an inherited file descriptor: fd@
	SockPair                // a connected unix socket over which descriptors come: sockpair@
	Plugin                  // a protocol of a plugin, with hosts and ports: VENDOR.NAME@
)

var networkNames = [...]string{"tcp", "mptcp", "unix", "abns", "abnsz", "quic", "udp", "fd", "sockpair", "plugin"}

// String gives the network's name, which is its prefix without a family.
func (n Network) String() string {
	if int(n) < len(networkNames) {
		return networkNames[n]
	}
	return "network " + strconv.Itoa(int(n))
}

// inet tells whether addresses of the network have a host and ports.
func (n Network) inet() bool { return n == TCP || n == MPTCP || n == QUIC || n == UDP || n == Plugin }

// Family is the IP version that a prefix such as "ipv6@" or "tcp4@" demands.
type Family uint8

// The families. Any leaves the choice to the host: a literal is of its own
// family, a name of any that it resolves to, a wildcard of IPv4 (HAProxy manual
// 4.2 "bind").
const (
	Any Family = iota
	V4
	V6
)

// String gives "any", "ipv4" or "ipv6".
func (f Family) String() string {
	switch f {
	case Any:
		return "any"
	case V4:
		return "ipv4"
	case V6:
		return "ipv6"
	}
	return "family " + strconv.Itoa(int(f))
}

// Address is one parsed address. Two addresses that mean the same, but for the
// choice between "" and "*", are equal: prefixes are reduced to Network, Family
// and Dgram, and an IP address is kept in its shortest form.
//
// Fields that do not belong to the network are zero.
type Address struct {
	Network Network
	Family  Family // demanded by the prefix
	Dgram   bool   // the transport is datagrams: UDP, or "dgram+" before unix, abns, fd
	Name    string // of Plugin: the protocol's, such as "acme.kcp"

	Host string     // a name, an IP address without brackets, "*" or ""; the last two are the wildcard
	IP   netip.Addr // Host when it is an IP address, with its zone; else the zero Addr

	Path string // a unix socket's path, or a name in the abstract namespace without its leading zero byte
	FD   int    // the descriptor of FD and SockPair

	HasPort  bool   // PortLow and PortHigh hold
	PortLow  uint16 // the port, or the first one of a range
	PortHigh uint16 // the last port of a range; PortLow when there is one port

	HasOffset  bool // PortOffset holds; HasPort does not
	PortOffset int  // what to add to the client's port, -65535 to 65535
}

// Protocol gives the name of the protocol module that serves the address: "tcp",
// "mptcp", "unix" (also for the abstract namespace), "uxdg" (datagrams over
// those), "quic", "udp", "fd", "sockpair" or, of a plugin, its name.
func (a Address) Protocol() string {
	switch a.Network {
	case Unix, Abns, Abnsz:
		if a.Dgram {
			return "uxdg"
		}
		return "unix"
	case Plugin:
		return a.Name
	}
	return a.Network.String()
}

// Wildcard tells whether the host stands for every address: "", "*", 0.0.0.0 or
// ::. A bind then listens on all of them, a server is reached at the address
// that the client connected to (HAProxy manual 4.2 "server").
func (a Address) Wildcard() bool {
	if !a.Network.inet() {
		return false
	}
	return a.Host == "" || a.Host == "*" || (a.IP.IsUnspecified() && a.IP.Zone() == "")
}

// BindIP gives the IP address to bind to: the literal, 0.0.0.0 for a wildcard
// and :: for a wildcard under an IPv6 prefix. ok is false for names, which have
// to be resolved first, and for networks without IP addresses.
func (a Address) BindIP() (ip netip.Addr, ok bool) {
	switch {
	case !a.Network.inet():
		return netip.Addr{}, false
	case a.IP.IsValid():
		return a.IP, true
	case a.Host != "" && a.Host != "*":
		return netip.Addr{}, false
	case a.Family == V6:
		return netip.IPv6Unspecified(), true
	}
	return netip.IPv4Unspecified(), true
}

// DialPort gives the port of a server for a client that connected to port
// client: the one written, or client plus the offset, or client itself when
// the address has neither (HAProxy manual 4.2 "server"). ok is false when an
// offset leads outside 1 to 65535, and when client is 0, for none known, but
// needed.
func (a Address) DialPort(client uint16) (port uint16, ok bool) {
	if a.HasPort {
		return a.PortLow, true
	}
	if client == 0 {
		return 0, false
	}
	p := int(client) + a.PortOffset
	if p < 1 || p > 65535 {
		return 0, false
	}
	return uint16(p), true
}

// IsRange tells whether the address has more than one port.
func (a Address) IsRange() bool { return a.HasPort && a.PortLow < a.PortHigh }

// Each yields the address once per port, lowest first, each with that one port;
// an address without a range is yielded as it is.
func (a Address) Each() iter.Seq[Address] {
	return func(yield func(Address) bool) {
		if !a.IsRange() {
			yield(a)
			return
		}
		one := a
		for p := int(a.PortLow); p <= int(a.PortHigh); p++ {
			one.PortLow, one.PortHigh = uint16(p), uint16(p)
			if !yield(one) {
				return
			}
		}
	}
}

// String gives the address in its shortest form. The function that made the
// address makes an equal one from it, save that ParseDgram takes an address
// without a prefix for datagrams and so does not know streams by it.
func (a Address) String() string { return string(a.AppendTo(nil)) }

// AppendTo appends what String gives to b.
func (a Address) AppendTo(b []byte) []byte {
	start := len(b)
	switch {
	case a.Network.inet():
		b = a.appendInetPrefix(b)
		b = a.appendHost(b)
		b = a.appendPort(b)
		if len(b) == start {
			b = append(b, "tcp@"...)
		}
		return b
	case a.Dgram:
		b = append(b, "dgram+"...)
	}
	switch a.Network {
	case FD, SockPair:
		b = append(b, a.Network.String()...)
		b = append(b, '@')
		return strconv.AppendInt(b, int64(a.FD), 10)
	case Unix:
		if a.Path == "" || a.Path[0] != '/' {
			b = append(b, "unix@"...)
		}
	default:
		b = append(b, a.Network.String()...)
		b = append(b, '@')
	}
	return append(b, a.Path...)
}

func (a Address) appendInetPrefix(b []byte) []byte {
	if a.Network == TCP {
		if a.Family == Any {
			return b
		}
		b = append(b, a.Family.String()...)
		return append(b, '@')
	}
	b = append(b, a.Protocol()...)
	switch a.Family {
	case V4:
		b = append(b, '4')
	case V6:
		b = append(b, '6')
	}
	return append(b, '@')
}

func (a Address) appendHost(b []byte) []byte {
	if a.IP.Is6() {
		b = append(b, '[')
		b = append(b, a.Host...)
		return append(b, ']')
	}
	return append(b, a.Host...)
}

func (a Address) appendPort(b []byte) []byte {
	switch {
	case a.HasOffset:
		b = append(b, ':')
		if a.PortOffset >= 0 {
			b = append(b, '+')
		}
		return strconv.AppendInt(b, int64(a.PortOffset), 10)
	case a.HasPort:
		b = append(b, ':')
		b = strconv.AppendUint(b, uint64(a.PortLow), 10)
		if a.IsRange() {
			b = append(b, '-')
			b = strconv.AppendUint(b, uint64(a.PortHigh), 10)
		}
	}
	return b
}
