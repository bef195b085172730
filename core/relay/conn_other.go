//go:build !linux || portable

package relay

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// Here every socket is one of the standard library's, which each system's
// poller serves. What Linux does with system calls of its own is done with their
// methods.

const sendMore = 0

// socket is a connection of the standard library that the watcher can wait for.
type socket struct {
	net.Conn
	raw syscall.RawConn
}

// NewSocket makes a Conn of a connection of the standard library that has a
// descriptor, which it owns from now on: on an error it is closed.
func NewSocket(nc net.Conn) (*Conn, error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil, errors.Join(os.ErrInvalid, nc.Close())
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, nc.Close())
	}
	return WrapConn(&socket{nc, raw}), nil
}

func (s *socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	return n, Cause(err)
}

func (s *socket) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	return n, Cause(err)
}

func (s *socket) CloseWrite() error {
	if hc, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return Cause(hc.CloseWrite())
	}
	return nil
}

// Cause takes the addresses off an error of the standard library's network
// functions, which whoever tells of it knows, and has errors.Is find
// os.ErrDeadlineExceeded and the constants of package syscall in it.
func Cause(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return posix(err)
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return os.ErrDeadlineExceeded // of a dialer's timeout too, which is none by itself
	}
	return err
}

// socket gives the socket below, nil for none.
func (c *Conn) socket() *socket {
	if c.base != nil {
		return c.base.socket()
	}
	s, _ := c.soft.(*socket)
	return s
}

// Watchable reports whether a Watcher can look after the connection.
func (c *Conn) Watchable() bool { return c.socket() != nil }

// The two are for sockets that are read by system calls, of which there are none.

func (*Conn) tryRead(uintptr) bool  { return true }
func (*Conn) tryWrite(uintptr) bool { return true }

// CloseWrite tells the peer that nothing more comes (a half-close).
func (c *Conn) CloseWrite() error {
	if hc, ok := c.soft.(interface{ CloseWrite() error }); ok {
		return hc.CloseWrite()
	}
	return nil
}

// Reset makes Close send a reset instead of a normal end.
func (c *Conn) Reset() error {
	if s := c.socket(); s != nil {
		if tcp, ok := s.Conn.(*net.TCPConn); ok {
			return Cause(tcp.SetLinger(0))
		}
	}
	return nil
}

// Vanish would have Close not tell the peer, which this system has no way for.
func (*Conn) Vanish(int) {}

// PeerClosed reports whether the peer has closed or reset the connection and
// nothing is left to read, without waiting and without taking bytes.
func (c *Conn) PeerClosed() bool {
	n, err := c.peek()
	return n == 0 && err != errNothing
}

// HalfClosed reports whether the peer has closed its side or reset the connection,
// as far as that can be told: behind bytes that nobody has read its end is not seen.
func (c *Conn) HalfClosed() bool { return c.PeerClosed() }

// peerReset reports whether the peer has reset the connection.
func (c *Conn) peerReset() bool {
	_, err := c.peek()
	return err != nil && err != errNothing
}

// Pending reports whether bytes have come that nobody has read, without waiting.
func (c *Conn) Pending() bool {
	n, _ := c.peek()
	return n > 0
}

// errNothing says that neither bytes nor the end of the stream have come.
var errNothing = errors.New("nothing has come")

func (c *Conn) peek() (n int, err error) {
	s := c.socket()
	if s == nil {
		return 0, errNothing
	}
	if cerr := s.raw.Control(func(fd uintptr) { n, err = peek(fd) }); cerr != nil {
		return 0, cerr
	}
	return n, err
}
