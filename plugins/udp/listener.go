package udp

import (
	"net"
	"net/netip"
	"sync"

	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// listener is what one configuration has of an endpoint. Those of several
// configurations take new sessions from one queue, as those of one TCP socket do.
type listener struct {
	e     *endpoint
	key   string
	first sync.Once // the first Accept, or Close instead
	done  chan struct{}
	close sync.Once
}

func newListener(e *endpoint, key string) *listener {
	e.listen()
	return &listener{e: e, key: key, done: make(chan struct{})}
}

// Accept waits for a client that has no session yet.
func (l *listener) Accept(info *protocol.Accepted) (*relay.Conn, error) {
	l.first.Do(l.e.serve)
	select {
	case <-l.done:
		return nil, net.ErrClosed
	default:
	}
	select {
	case <-l.done:
		return nil, net.ErrClosed
	case s := <-l.e.waiting:
		client := s.id.client
		info.Src = netip.AddrPortFrom(client.Addr().Unmap(), client.Port())
		info.Dst = netip.AddrPortFrom(s.id.local.Unmap(), l.e.local.Port())
		c := relay.WrapConn(s)
		c.MarkDatagrams()
		return c, nil
	}
}

// Addr gives the address.
func (l *listener) Addr() string { return "udp@" + l.e.local.String() }

// Key tells sockets apart.
func (l *listener) Key() string { return l.key }

// FD gives the socket.
func (l *listener) FD() int { return l.e.fd }

// Close takes no more sessions. Those there are go on.
func (l *listener) Close() error {
	l.close.Do(func() {
		l.first.Do(func() {})
		close(l.done)
		l.e.unlisten()
	})
	return nil
}
