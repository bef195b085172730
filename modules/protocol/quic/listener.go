package quic

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// listener is what one configuration has of an endpoint.
type listener struct {
	e      *endpoint
	key    string
	name   string
	tls    *tls.Config
	o      *protocol.SessionOptions
	config *quic.Config
	conns  chan *quic.Conn
	done   chan struct{}
	once   sync.Once
}

// backlog is how many connections wait to be accepted.
const backlog = 256

// newListener takes the endpoint's new connections over at the first accept.
func newListener(e *endpoint, key string, o *protocol.ListenOptions, log *slog.Logger) *listener {
	l := &listener{
		e: e, key: key, name: "quic@" + e.socket.LocalAddr().String(), tls: overQUIC(secure.Config(o.TLS)), o: listenerOptions(o.Sessions),
		conns: make(chan *quic.Conn, backlog), done: make(chan struct{}),
	}
	l.config = config(&l.o.SessionTuning, l.o.Counters, log)
	l.config.Tracer = tracing(entryOf, l.config.Tracer)
	l.config.MaxIncomingStreams, l.config.Allow0RTT = int64(l.o.MaxStreams), l.o.EarlyData
	e.current.CompareAndSwap(nil, l)
	return l
}

// offer gives a connection to the listener, unless too many wait.
func (l *listener) offer(c *quic.Conn) bool {
	select {
	case <-l.done:
		return false
	default:
	}
	select {
	case l.conns <- c:
		return true
	default:
		return false
	}
}

// AcceptSession waits for a connection.
func (l *listener) AcceptSession(info *protocol.Accepted) (httpmsg.ServerSession, error) {
	if l.e.current.Load() != l {
		select {
		case <-l.done:
		default:
			l.e.current.Store(l)
		}
	}
	select {
	case c := <-l.conns:
		state := c.ConnectionState().TLS
		info.Src, info.Dst, info.TLS = addrPort(c.RemoteAddr()), addrPort(c.LocalAddr()), secure.Facts(&state)
		h := handshakeOf(c.Context())
		s := newServerSession(c, h.early, l.o)
		h.entry.carried(c, s.session)
		return s, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	u, ok := a.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := u.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// Accept is AcceptSession for connections of bytes, which QUIC has not.
func (l *listener) Accept(*protocol.Accepted) (*relay.Conn, error) {
	return nil, errors.New("QUIC carries HTTP alone")
}

// Addr gives the address.
func (l *listener) Addr() string { return l.name }

// Key tells sockets apart.
func (l *listener) Key() string { return l.key }

// FD gives -1: the socket's connections cannot be handed over with it.
func (l *listener) FD() int { return -1 }

// Close takes no more connections; those that wait are refused.
func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.e.current.CompareAndSwap(l, nil)
		for {
			select {
			case c := <-l.conns:
				_ = c.CloseWithError(quic.ApplicationErrorCode(codeRejected), "") // nobody serves it
			default:
				return
			}
		}
	})
	return nil
}
