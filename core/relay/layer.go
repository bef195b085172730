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
	l := &lower{c: base, pre: pre}
	nc := open(l)
	l.upper = &Conn{h: nc, soft: nc, fd: -1, base: base, mptcp: base.mptcp}
	return l.upper
}

// lower is a Conn as a net.Conn. Deadlines are set by the layer above it.
type lower struct {
	c     *Conn
	pre   *Buffer
	upper *Conn
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

// Write writes all of p. A timer that fires too early is dealt with here: to the
// layer above, a write that timed out is the end of all writing.
func (l *lower) Write(p []byte) (int, error) {
	sent := 0
	for {
		n, err := l.write(p[sent:])
		sent += n
		up := &l.upper.write
		if err == nil || up.armed == 0 {
			return sent, err
		}
		if n > 0 {
			up.began.Store(Ticks()) // what it has written meanwhile is activity
		}
		if !l.upper.retry(up, err, l.upper.h.SetWriteDeadline) {
			return sent, err
		}
	}
}

func (l *lower) write(p []byte) (int, error) {
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
