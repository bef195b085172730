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
	"time"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/protocol"
)

// endpoint is a UDP socket and the connections on it, which outlive reloads.
type endpoint struct {
	socket    *net.UDPConn
	transport *quic.Transport
	listener  *quic.Listener
	current   atomic.Pointer[listener] // who gets new connections
	second    atomic.Int64             // of the handshakes counted
	begun     atomic.Int64
}

// alpn is the application protocol of HTTP/3.
const alpn = "h3"

// retryThreshold is how many handshakes a second may begin before clients have
// to prove their address first (tune.quic.retry-threshold in HAProxy).
const retryThreshold = 100

// openEndpoint opens the socket at an address.
func openEndpoint(at netip.AddrPort, o *protocol.ListenOptions) (*endpoint, error) {
	socket, err := listenUDP(at, o)
	if err != nil {
		return nil, err
	}
	// quic-go would complain of small buffers on standard error, and has asked
	// for larger ones by then.
	if err := os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true"); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	e := &endpoint{socket: socket}
	var key quic.StatelessResetKey
	_, _ = rand.Read(key[:]) // it does not fail
	e.transport = &quic.Transport{Conn: socket, StatelessResetKey: &key, VerifySourceAddress: e.busy}
	e.listener, err = e.transport.Listen(
		&tls.Config{NextProtos: []string{alpn}, GetConfigForClient: e.configFor},
		&quic.Config{MaxIncomingStreams: 100, MaxIncomingUniStreams: 10, HandshakeIdleTimeout: 5 * time.Second},
	)
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	go e.accept()
	return e, nil
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

// configFor gives the TLS settings of the configuration in force.
func (e *endpoint) configFor(h *tls.ClientHelloInfo) (*tls.Config, error) {
	l := e.current.Load()
	if l == nil {
		return nil, net.ErrClosed
	}
	if l.tls.GetConfigForClient != nil {
		c, err := l.tls.GetConfigForClient(h)
		if c == nil || err != nil {
			return l.tls, err
		}
		return overQUIC(c), nil
	}
	return l.tls, nil
}

// overQUIC gives settings with what QUIC demands of them.
func overQUIC(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.NextProtos = []string{alpn}
	c.MinVersion = tls.VersionTLS13
	return c
}

// busy reports whether so many handshakes begin that clients have to prove
// their addresses (RFC 9000 section 8.1).
func (e *endpoint) busy(net.Addr) bool {
	now := time.Now().Unix()
	if e.second.Swap(now) != now {
		e.begun.Store(0)
	}
	return e.begun.Add(1) > retryThreshold
}

// accept gives connections to the configuration in force until the end.
func (e *endpoint) accept() {
	for {
		c, err := e.listener.Accept(context.Background())
		if err != nil {
			return // the endpoint is closed
		}
		l := e.current.Load()
		if l == nil || !l.offer(c) {
			_ = c.CloseWithError(quic.ApplicationErrorCode(codeRejected), "") // it cannot be served
		}
	}
}

func (e *endpoint) close() {
	_ = e.listener.Close() // what is left ends with the transport
	_ = e.transport.Close()
	_ = e.socket.Close()
}
