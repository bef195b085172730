//go:build !linux || portable

package protocol

import (
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/fairleadproxy/fairlead/core/descriptor"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// shared is a listening socket, which the listeners of several configurations
// have a part in. The first accept begins to take connections: each goes to
// whoever waits for one.
type shared struct {
	net.Listener
	begin sync.Once
	got   chan accepted
	over  chan struct{} // closed when the socket is
}

type accepted struct {
	c   net.Conn
	err error
}

// share numbers a listening socket.
func share(l net.Listener) int {
	return descriptor.Put(&shared{Listener: l, got: make(chan accepted), over: make(chan struct{})})
}

func (s *shared) accept() {
	for {
		c, err := s.Listener.Accept()
		select {
		case s.got <- accepted{c, err}:
		case <-s.over:
			if err == nil {
				_ = c.Close() // nobody listens any more
			}
			return
		}
	}
}

// Close is for the one table of descriptors, and called once.
func (s *shared) Close() error {
	close(s.over)
	return s.Listener.Close()
}

// listener accepts on a socket.
type listener struct {
	socket *shared
	fd     int
	name   string
	key    string
	once   sync.Once
	closed chan struct{}
}

// NewListener makes a Listener of a listening socket, which it owns from now
// on. prefix and the bound address make what Addr gives, name when the socket
// has no IP address.
func NewListener(fd int, key, name string, _ bool) (Listener, error) {
	c, err := descriptor.Get(fd)
	if err != nil {
		return nil, err
	}
	l := &listener{socket: c.(*shared), fd: fd, key: key, name: name, closed: make(chan struct{})}
	if a := addrPort(l.socket.Addr()); a.IsValid() {
		if prefix, _, ok := strings.Cut(name, "@"); ok {
			l.name = prefix + "@" + a.String()
		}
	}
	return l, nil
}

func (l *listener) Accept(info *Accepted) (*relay.Conn, error) {
	select {
	case <-l.closed:
		return nil, net.ErrClosed
	default:
	}
	l.socket.begin.Do(func() { go l.socket.accept() })
	select {
	case <-l.closed:
		return nil, net.ErrClosed
	case a := <-l.socket.got:
		if a.err != nil {
			return nil, relay.Cause(a.err)
		}
		info.Src, info.Dst = addrPort(a.c.RemoteAddr()), addrPort(a.c.LocalAddr())
		return relay.NewSocket(a.c)
	}
}

// addrPort gives an IP address, the zero value of others.
func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := t.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

func (l *listener) Addr() string { return l.name }
func (l *listener) Key() string  { return l.key }
func (l *listener) FD() int      { return l.fd }

func (l *listener) Close() (err error) {
	l.once.Do(func() {
		close(l.closed)
		err = relay.Cause(descriptor.Close(l.fd))
	})
	return err
}
