// Package udp is the protocol of UDP: udp@, udp4@ and udp6@, for frontends and
// servers in mode tcp.
//
//	[frontend.dns]
//	bind = "udp@:53"
//	default-backend = "resolvers"
//
//	[backend.resolvers]
//	servers = ["udp@10.0.0.1:53", "udp@10.0.0.2:53"]
//
// A session is what comes from one address and port of a client to one address
// of ours. It is to the engine what a connection is: it has a server, counts
// towards maxconn, and is logged at its end, which is when nobody has sent
// anything for the time of timeout client or timeout server. Its first datagram
// makes it. Datagrams stay whole, and answers come from the address that the
// client sent to.
//
// One goroutine reads a socket and hands datagrams to sessions by the client's
// address; each session has a connected socket of its own to its server. What
// does not fit is dropped, counted and logged: a datagram longer than
// tune.bufsize, those of a session that is not read as fast as they come, and
// those of new clients while maxconn is reached.
//
// A socket belongs to all configurations of a process that listen at its
// address: sessions go on over a reload. When none listens there any more, new
// datagrams are left to the process that takes the socket over, and answers
// under way still go back.
package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// The version of core's API that the package is written for.
var _ = module.API1

func init() {
	module.Register(protocol.Kind, "udp", module.Spec[struct{}, protocol.Protocol]{
		Doc:       "Sessions of UDP datagrams over IPv4 and IPv6, for mode tcp",
		Stability: module.Beta,
		New:       New,
	})
}

// Protocol is UDP.
type Protocol struct {
	ctx    *module.Context
	losses func() *losses
}

// New makes the protocol.
func New(ctx *module.Context, _ struct{}) (protocol.Protocol, error) {
	return &Protocol{ctx, sync.OnceValue(func() *losses { return newLosses(ctx) })}, nil
}

// Datagrams tells the protocol from those of bytes.
func (*Protocol) Datagrams() {}

// Listen opens, takes over or shares the socket of each address and port.
func (p *Protocol) Listen(addr address.Address, o *protocol.ListenOptions) ([]protocol.Listener, error) {
	if o.TLS != nil {
		return nil, errors.New("TLS needs a stream of bytes: leave tls out")
	}
	return protocol.ListenEach(addr, func(at netip.AddrPort) (protocol.Listener, error) { return p.listen(at, o) })
}

func (p *Protocol) listen(at netip.AddrPort, o *protocol.ListenOptions) (protocol.Listener, error) {
	key := keyOf(at, o)
	share := key
	if at.Port() == 0 {
		share += fmt.Sprintf(" of %p", o) // each such bind has a port of its own
	}
	e, err := module.Share(p.ctx, share, func() (*endpoint, error) { return openEndpoint(at, key, o, p.losses()) }, (*endpoint).close)
	if err != nil {
		return nil, err
	}
	return newListener(e, key), nil
}

// keyOf tells sockets apart by what cannot be changed once they are open.
func keyOf(at netip.AddrPort, o *protocol.ListenOptions) string {
	key := "udp@" + at.String()
	if o.Interface != "" {
		key += " interface " + o.Interface
	}
	if o.Transparent {
		key += " transparent"
	}
	if o.V4V6 {
		key += " v4v6"
	}
	return key
}

// Dial opens a socket that sends to the server and takes answers from it alone.
// It says nothing about whether the server is there: the first answer does.
func (p *Protocol) Dial(to protocol.Target, o *protocol.DialOptions) (*relay.Conn, error) {
	d := net.Dialer{Timeout: o.Timeout, Control: onInterface(o.Interface)}
	if o.Source.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(o.Source)
	}
	c, err := d.DialContext(context.Background(), "udp", to.Addr.String())
	if err != nil {
		return nil, err
	}
	rc := relay.WrapConn(&server{c.(*net.UDPConn), p.losses()})
	rc.MarkDatagrams()
	return rc, nil
}
