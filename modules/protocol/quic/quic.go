// Package quic is the protocol of QUIC (RFC 9000) and HTTP/3 (RFC 9114) on it:
// quic@, quic4@ and quic6@. quic-go carries the packets; frames and fields of
// HTTP/3 are read and written here, straight into the engine's messages.
//
//	[frontend.web]
//	bind = [
//	  { address = ":443", tls = "site.pem" },
//	  { address = "quic@:443", tls = "site.pem" },
//	]
//	alt-svc = true
//
// A UDP socket belongs to all configurations of a process that listen at its
// address: a reload changes who gets new connections, and those that are there
// go on. Another process gets nothing of it. Clients may change their address
// (connection migration). Early data (0-RTT) are taken where the bind allows them,
// and marked as such, since what comes with them could be replayed.
//
// A connection's life: socket.go has the rules look at its first packet;
// endpoint.go and handshake.go tell quic-go whether and how to go on; listener.go
// gives it out; session.go and stream.go speak HTTP/3 on it.
//
// The compression of fields uses the static table alone.
package quic

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/secure"
)

func init() {
	module.Register(protocol.Kind, "quic", module.Spec[struct{}, protocol.Protocol]{
		Doc: "QUIC and HTTP/3",
		New: New,
	})
}

// New makes the protocol.
func New(ctx *module.Context, _ struct{}) (protocol.Protocol, error) {
	conns, err := module.Share(ctx, "quic connections", newRegistry, nil)
	return &Protocol{ctx, conns}, err
}

// Protocol is QUIC.
type Protocol struct {
	ctx   *module.Context
	conns *registry
}

// Listen opens, or shares, the UDP socket of each address and port.
func (p *Protocol) Listen(addr address.Address, o *protocol.ListenOptions) ([]protocol.Listener, error) {
	if secure.Config(o.TLS) == nil {
		return nil, errors.New(`QUIC needs TLS: write { address = "quic@:443", tls = "FILE" }`)
	}
	return protocol.ListenEach(addr, func(at netip.AddrPort) (protocol.Listener, error) { return p.listen(at, o) })
}

func (p *Protocol) listen(at netip.AddrPort, o *protocol.ListenOptions) (protocol.Listener, error) {
	key := "quic@" + at.String()
	if o.Interface != "" {
		key += " interface " + o.Interface
	}
	e, err := module.Share(p.ctx, key, func() (*endpoint, error) { return openEndpoint(at, o, p.conns) }, (*endpoint).close)
	if err != nil {
		return nil, err
	}
	return newListener(e, key, o, p.ctx.Log()), nil
}

// Dial is not what QUIC does: it has no connections of bytes alone.
func (*Protocol) Dial(to protocol.Target, _ *protocol.DialOptions) (*relay.Conn, error) {
	return nil, fmt.Errorf("%v: %w: QUIC carries HTTP alone", to.Addr, net.UnknownNetworkError("quic"))
}
