package relay

import (
	"net"
	"net/netip"
	"time"
)

// Layer makes a Conn of a protocol that runs over another Conn, such as TLS.
// open is given the lower connection as a net.Conn, which first gives what pre
// holds, and makes the upper one of it. From then on the lower one belongs to
// the upper; its socket still tells when the peer closes.
func Layer(base *Conn, pre *Buffer, open func(net.Conn) net.Conn) *Conn {
	base.layered = true
	nc := open(&lower{base, pre})
	return &Conn{h: nc, soft: nc, fd: -1, base: base, mptcp: base.mptcp}
}

// lower is a Conn as a net.Conn. Deadlines are set by the layer above it.
type lower struct {
	c   *Conn
	pre *Buffer
}

func (l *lower) Read(p []byte) (int, error) {
	if l.pre.Len() > 0 {
		n := copy(p, l.pre.Bytes())
		l.pre.Consume(n)
		return n, nil
	}
	if l.c.soft != nil {
		return l.c.soft.Read(p)
	}
	op := &l.c.read
	op.buf, op.n, op.err = p, 0, nil
	err := l.c.raw.Read(op.call)
	op.buf = nil
	if err == nil {
		err = op.err
	}
	return op.n, err
}

func (l *lower) Write(p []byte) (int, error) {
	if l.c.soft != nil {
		return l.c.soft.Write(p)
	}
	op := &l.c.write
	op.buf, op.flag, op.n, op.err = p, 0, 0, nil
	err := l.c.raw.Write(op.call)
	op.buf = nil
	if err == nil {
		err = op.err
	}
	return op.n, err
}

func (l *lower) Close() error                       { return l.c.Close() }
func (l *lower) SetReadDeadline(t time.Time) error  { return l.c.h.SetReadDeadline(t) }
func (l *lower) SetWriteDeadline(t time.Time) error { return l.c.h.SetWriteDeadline(t) }

func (l *lower) SetDeadline(t time.Time) error {
	if err := l.SetReadDeadline(t); err != nil {
		return err
	}
	return l.SetWriteDeadline(t)
}

// The addresses are nobody's business up there: the session knows them.

func (*lower) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
func (*lower) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
