package quic

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/protocol"
)

// endpoint is a UDP socket and the connections on it, which outlive reloads.
type endpoint struct {
	socket    *socket
	transport *quic.Transport
	listener  *quic.EarlyListener
	current   atomic.Pointer[listener] // who gets new connections
	halfOpen  atomic.Int64             // handshakes in progress
	verdicts  verdicts
	conns     *registry
}

// alpn is the application protocol of HTTP/3.
const alpn = "h3"

// openEndpoint opens the socket at an address.
func openEndpoint(at netip.AddrPort, o *protocol.ListenOptions, conns *registry) (*endpoint, error) {
	udp, err := listenUDP(at, o)
	if err != nil {
		return nil, err
	}
	if err := environ(o.Sessions != nil && o.Sessions.NoGSO); err != nil {
		return nil, errors.Join(err, udp.Close())
	}
	e := &endpoint{conns: conns}
	e.socket = newSocket(udp, e.pass)
	var key quic.StatelessResetKey
	_, _ = rand.Read(key[:]) // it does not fail
	e.transport = &quic.Transport{
		Conn: e.socket, StatelessResetKey: &key, VerifySourceAddress: e.mustProve, ConnContext: e.begin, Tracer: (*refusals)(e),
	}
	e.listener, err = e.transport.ListenEarly(
		&tls.Config{NextProtos: []string{alpn}, GetConfigForClient: e.tlsFor},
		&quic.Config{GetConfigForClient: e.configFor},
	)
	if err != nil {
		return nil, errors.Join(err, udp.Close())
	}
	go e.accept()
	return e, nil
}

// environ sets what quic-go takes from the environment alone.
func environ(noGSO bool) error {
	// It would complain of small buffers on standard error, and has asked for
	// larger ones by then.
	err := os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
	if noGSO {
		err = errors.Join(err, os.Setenv("QUIC_GO_DISABLE_GSO", "true"))
	}
	return err
}

func listenUDP(at netip.AddrPort, o *protocol.ListenOptions) (*net.UDPConn, error) {
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
		if o.V4V6 || at.Addr().IsUnspecified() && !o.V6Only {
			network = "udp"
		}
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if o.Interface == "" {
			return nil
		}
		if cerr := c.Control(func(fd uintptr) { err = bindToInterface(fd, o.Interface) }); cerr != nil {
			return cerr
		}
		return err
	}}
	pc, err := lc.ListenPacket(context.Background(), network, at.String())
	if err != nil {
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return nil, fmt.Errorf("UDP port %d of %v is in use by another process: %w", at.Port(), at.Addr(), err)
		case errors.Is(err, syscall.EACCES):
			return nil, fmt.Errorf("no permission for port %d: start as root, or give the binary CAP_NET_BIND_SERVICE: %w", at.Port(), err)
		}
		return nil, err
	}
	return pc.(*net.UDPConn), nil
}

// pass judges a packet that belongs to no connection yet and reports whether
// quic-go gets it.
func (e *endpoint) pass(packet []byte, src *net.UDPAddr, dst netip.AddrPort) bool {
	l := e.current.Load()
	if l == nil {
		return true // quic-go refuses it
	}
	if packet[0]&longHeader == 0 {
		l.o.Counters.Malformed.Add(1)
		return false
	}
	if l.o.RejectPrivileged && src.Port < privileged {
		l.o.Counters.Dropped.Add(1)
		return false
	}
	if l.o.Judge == nil {
		return true
	}
	v := l.o.Judge(addrPort(src), dst)
	if v == protocol.Drop {
		l.o.Counters.Dropped.Add(1)
		return false
	}
	e.verdicts.remember(src, v)
	return true
}

// privileged is the first port that any user's program may have (RFC 6335 section 6).
const privileged = 1024

// verdict gives what was decided of the packet that came from an address.
func (e *endpoint) verdict(l *listener, src net.Addr) protocol.Packet {
	if l.o.Judge == nil {
		return protocol.Take
	}
	if u, ok := src.(*net.UDPAddr); ok {
		if v, ok := e.verdicts.recall(u); ok {
			return v
		}
	}
	return l.o.Judge(addrPort(src), addrPort(e.socket.LocalAddr()))
}

// mustProve reports whether a client has to prove its address (RFC 9000 section
// 8.1): a rule or the bind says so, or many handshakes are in progress.
func (e *endpoint) mustProve(src net.Addr) bool {
	l := e.current.Load()
	if l == nil {
		return false
	}
	switch e.verdict(l, src) {
	case protocol.Drop, protocol.Refuse:
		return false
	case protocol.Prove:
		return true
	}
	return l.o.ForceRetry || e.halfOpen.Load() >= int64(l.o.RetryThreshold)
}

var (
	errClosed   = errors.New("nobody listens")
	errUnwanted = errors.New("a rule refuses the connection")
)

// configFor gives the settings of the configuration in force, or refuses the
// connection.
func (e *endpoint) configFor(client *quic.ClientInfo) (*quic.Config, error) {
	l := e.current.Load()
	if l == nil {
		return nil, errClosed
	}
	if v := e.verdict(l, client.RemoteAddr); v == protocol.Drop || v == protocol.Refuse {
		l.o.Counters.Refused.Add(1)
		return nil, errUnwanted
	}
	return l.config, nil
}

// overQUIC gives settings with what QUIC demands of them.
func overQUIC(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.NextProtos = []string{alpn}
	c.MinVersion = tls.VersionTLS13
	return c
}

// accept gives connections to the configuration in force until the end.
func (e *endpoint) accept() {
	for {
		c, err := e.listener.Accept(context.Background())
		if err != nil {
			return // the endpoint is closed
		}
		go e.greet(c)
	}
}

func (e *endpoint) close() {
	_ = e.listener.Close() // what is left ends with the transport
	_ = e.transport.Close()
	_ = e.socket.Close()
}
