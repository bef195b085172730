package udp

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlRoom is room for the control messages of a datagram.
const controlRoom = 128

// destination finds in control messages the address that a datagram was sent
// to, and the one that answers to it have to come from. The two differ for
// broadcasts. Both are not valid where the kernel did not tell.
func destination(control []byte) (to, reply netip.Addr) {
	for len(control) > 0 {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		control = rest
		switch {
		case h.Level == unix.SOL_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			info := (*unix.Inet4Pktinfo)(unsafe.Pointer(&data[0]))
			return netip.AddrFrom4(info.Addr), netip.AddrFrom4(info.Spec_dst)
		case h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			info := (*unix.Inet6Pktinfo)(unsafe.Pointer(&data[0]))
			a := netip.AddrFrom16(info.Addr)
			return a, a
		}
	}
	return netip.Addr{}, netip.Addr{}
}

// from gives the control message that has datagrams sent from an address, nil
// where the kernel is to choose.
func from(a netip.Addr) []byte {
	switch {
	case !a.IsValid() || a.IsMulticast():
		return nil
	case a.Is4():
		return unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: a.As4()})
	}
	return unix.PktInfo6(&unix.Inet6Pktinfo{Addr: a.As16()})
}
