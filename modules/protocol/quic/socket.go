package quic

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/fairleadproxy/fairlead/core/protocol"
)

// socket is a UDP socket as quic-go reads it, in batches and with what GSO and
// ECN need, but for packets that are to be dropped: quic-go gets them as empty
// ones, which it passes over.
type socket struct {
	*net.UDPConn
	batch *ipv4.PacketConn // it reads IPv6 as well
	any   bool             // bound to no address in particular: each packet tells its destination
	pass  func(packet []byte, src *net.UDPAddr, dst netip.AddrPort) bool
}

func newSocket(c *net.UDPConn, pass func([]byte, *net.UDPAddr, netip.AddrPort) bool) *socket {
	return &socket{UDPConn: c, batch: ipv4.NewPacketConn(c), any: addrPort(c.LocalAddr()).Addr().IsUnspecified(), pass: pass}
}

// ReadBatch reads packets; see ipv4.PacketConn.ReadBatch.
func (s *socket) ReadBatch(list []ipv4.Message, flags int) (int, error) {
	n, err := s.batch.ReadBatch(list, flags)
	for i := range list[:max(n, 0)] {
		m := &list[i]
		src, ok := m.Addr.(*net.UDPAddr)
		if b := m.Buffers[0][:m.N]; ok && unconnected(b) && !s.pass(b, src, s.destination(m.OOB[:m.NN])) {
			m.N = 0
		}
	}
	return n, err
}

// destination gives the address that a packet was sent to.
func (s *socket) destination(oob []byte) netip.AddrPort {
	local := addrPort(s.LocalAddr())
	if !s.any {
		return local
	}
	var v4 ipv4.ControlMessage
	var v6 ipv6.ControlMessage
	dst := net.IP(nil)
	if v4.Parse(oob) == nil {
		dst = v4.Dst
	}
	if dst == nil && v6.Parse(oob) == nil {
		dst = v6.Dst
	}
	if ip, ok := netip.AddrFromSlice(dst); ok {
		return netip.AddrPortFrom(ip.Unmap(), local.Port())
	}
	return local
}

// longHeader marks the packets of handshakes, fixedBit those of QUIC (RFC 9000
// section 17).
const (
	longHeader = 0x80
	fixedBit   = 0x40
)

// unconnected reports whether a packet may belong to no connection yet: it is an
// Initial one, or none of QUIC. Packets of connections leave at the first test.
func unconnected(b []byte) bool {
	return len(b) > 0 && (b[0]&longHeader == 0 && b[0]&fixedBit == 0 || b[0]&longHeader != 0 && begins(b))
}

// minConnectionID is the least length of the connection ID that a client chooses
// for its first packet (RFC 9000 section 7.2). Ours are shorter.
const minConnectionID = 8

// begins reports whether a packet with a long header may begin a connection: it
// is an Initial one (RFC 9000 section 17.2.2, RFC 9369 section 3.2) with a
// connection ID of the client's own, or a token. quic-go takes no other.
func begins(b []byte) bool {
	if len(b) < 7 {
		return false
	}
	initial := byte(0)
	if quic.Version(binary.BigEndian.Uint32(b[1:])) == quic.Version2 {
		initial = 0x10
	}
	if b[0]&0x30 != initial {
		return false
	}
	dst := int(b[5])
	if dst >= minConnectionID {
		return true
	}
	if len(b) < 7+dst || len(b) < 7+dst+int(b[6+dst]) {
		return false
	}
	token, _, err := quicvarint.Parse(b[7+dst+int(b[6+dst]):])
	return err == nil && token > 0
}

// verdicts remember what was decided of packets until quic-go asks, which has
// only their senders' addresses: the very pointers that it got with them. It has
// less packets in its queues than there is room for; one that is forgotten all
// the same is judged again.
type verdicts struct {
	mu    sync.Mutex
	of    map[*net.UDPAddr]protocol.Packet
	order [2048]*net.UDPAddr
	next  int
}

func (v *verdicts) remember(a *net.UDPAddr, p protocol.Packet) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.of == nil {
		v.of = make(map[*net.UDPAddr]protocol.Packet, len(v.order))
	}
	delete(v.of, v.order[v.next])
	v.order[v.next] = a
	v.next = (v.next + 1) % len(v.order)
	v.of[a] = p
}

func (v *verdicts) recall(a *net.UDPAddr) (protocol.Packet, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p, ok := v.of[a]
	return p, ok
}
