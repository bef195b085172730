package relay

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// handle is what Conn needs of a socket that the runtime's poller serves; an
// *os.File over a non-blocking descriptor and every net.Conn of the standard
// library that has a descriptor are such handles.
type handle interface {
	io.Closer
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// Conn is a connection. Over a kernel socket it reads and writes with system
// calls of its own on Linux; over any other net.Conn (TLS, QUIC streams, sockets
// of other systems) it uses that connection's methods.
type Conn struct {
	h    handle
	raw  syscall.RawConn // nil when there is soft
	soft net.Conn        // nil when the socket is read and written by system calls
	fd   int             // -1 when there is soft

	base    *Conn // the connection that this one is a layer over, nil for none
	layered bool  // another connection is a layer over this one, and keeps its deadlines

	read  operation
	write operation
	ahead []byte // written when the next wait for bytes begins

	mptcp       bool // an MPTCP socket
	datagrams   bool // each read and write is a datagram
	apart       bool // activity in one direction does not refresh the other's timeout
	closed      bool
	interrupted atomic.Bool
}

// operation is one direction's pending system call and its lazy deadline.
type operation struct {
	call func(fd uintptr) bool // bound once, so that waiting allocates nothing
	buf  []byte
	into *Buffer // when reading: take storage only when there are bytes
	flag int
	n    int
	err  error

	timeout atomic.Int64 // nanoseconds; 0: for ever
	armed   int64        // tick for which the runtime's timer is set; 0: not set
	began   atomic.Int64 // tick at which the last wait with a timeout began, or bytes moved
	waits   bool         // the wait has begun: the socket was asked, and not ready
	resumed bool         // the wait goes on after its timer fired too early
}

// WrapConn makes a Conn of any net.Conn.
func WrapConn(nc net.Conn) *Conn { return &Conn{h: nc, soft: nc, fd: -1} }

// Wrap makes c a Conn of nc, whatever it was before; c must be made by WrapConn
// and not be in use.
func (c *Conn) Wrap(nc net.Conn) {
	c.h, c.soft, c.closed = nc, nc, false
	c.interrupted.Store(false)
	for _, op := range []*operation{&c.read, &c.write} {
		op.timeout.Store(0)
		op.began.Store(0)
		op.armed, op.resumed = 0, false
	}
}

// FD gives the descriptor of a socket on Linux, -1 when there is none. It stays
// the connection's own: use it for socket options only, never close it.
func (c *Conn) FD() int {
	if c.base != nil {
		return c.base.FD()
	}
	return c.fd
}

// MarkMPTCP says that the socket is an MPTCP socket.
func (c *Conn) MarkMPTCP() { c.mptcp = true }

// MPTCP reports whether the socket is an MPTCP socket.
func (c *Conn) MPTCP() bool { return c.mptcp }

// MarkDatagrams says that each Read of the wrapped connection gives one datagram
// and each Write sends one, which may be empty. Such a connection has no end that
// its peer could tell of; io.EOF means that nothing more comes either way.
func (c *Conn) MarkDatagrams() { c.datagrams = true }

// Datagrams reports whether the connection carries datagrams. A Fill of an empty
// buffer gives one of them; more must not be filled in behind it.
func (c *Conn) Datagrams() bool { return c.datagrams }

// ReadTimeout sets how long a Fill, Read or Splice from c may wait for bytes;
// 0 means for ever.
func (c *Conn) ReadTimeout(d time.Duration) { c.read.timeout.Store(int64(d)) }

// WriteTimeout sets how long a Write to c may wait for room; 0 means for ever.
func (c *Conn) WriteTimeout(d time.Duration) { c.write.timeout.Store(int64(d)) }

// KeepApart has activity in one direction not refresh the timeout of the other: for
// connections whose reader looks up now and then, whatever comes.
func (c *Conn) KeepApart() { c.apart = true }

// Touch says that the connection is active by what does not pass through it, as
// if bytes had moved.
func (c *Conn) Touch() { c.read.began.Store(Ticks()) }

// arm sets the runtime's timer if it would fire too late. One that fires too
// early is set anew by retry, so a busy connection with one timeout touches its
// timer once in that time.
func (c *Conn) arm(op *operation, set func(time.Time) error) {
	if c.layered {
		return
	}
	op.waits = true
	timeout := op.timeout.Load()
	if timeout <= 0 {
		if op.armed != 0 {
			c.setTimer(op, 0, set)
		}
		return
	}
	if op.resumed {
		op.resumed = false
		return
	}
	now := Ticks()
	op.began.Store(now)
	if want := now + timeout; op.armed == 0 || op.armed > want {
		c.setTimer(op, want, set)
	}
}

// retry reports whether err came from a timer that was set for an earlier wait,
// or while the connection's other direction moved bytes (activity in one
// direction refreshes the timeouts of both), and sets it anew if so. A timer that
// fired since, while nothing had to wait, says nothing: the socket is asked again.
func (c *Conn) retry(op *operation, err error, set func(time.Time) error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || c.interrupted.Load() {
		return false
	}
	timeout := op.timeout.Load()
	if timeout <= 0 || !op.waits {
		op.resumed = false
		c.setTimer(op, 0, set)
		return true
	}
	op.resumed = true
	last := op.began.Load()
	if !c.apart {
		last = max(c.read.began.Load(), c.write.began.Load())
	}
	want := last + timeout
	if Ticks() >= want {
		op.resumed = false
		c.setTimer(op, 0, set) // one that is over would end the next wait before it began
		return false
	}
	c.setTimer(op, want, set)
	return true
}

// setTimer sets the runtime's timer for a direction to a tick, 0 for none. An
// error means that the connection is closed, which the wait itself reports.
func (c *Conn) setTimer(op *operation, tick int64, set func(time.Time) error) {
	op.armed = tick
	if tick == 0 {
		_ = set(time.Time{})
	} else {
		_ = set(At(tick))
	}
	if c.interrupted.Load() {
		_ = set(past)
	}
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// WriteAhead writes all of p, which must not change until then, at the latest
// when the next Fill begins. A request whose answer that Fill waits for then
// needs no look at whether the answer is there already. An error of writing is
// Fill's, marked as the receiving side's.
func (c *Conn) WriteAhead(p []byte) error {
	if c.soft != nil {
		if _, err := c.Write(p); err != nil {
			return AsWriteSide(err)
		}
		return nil
	}
	c.ahead = p
	return nil
}

// Fill adds what is there to b, at least one byte, waiting for it if it must.
// An empty b holds no storage while it waits. It returns io.EOF at the end of
// the stream and os.ErrDeadlineExceeded after the read timeout.
func (c *Conn) Fill(b *Buffer) error {
	if c.soft != nil {
		n, err := c.readSoft(b.Space())
		b.Added(n)
		if b.Len() == 0 {
			b.Release()
		}
		return err
	}
	c.read.into = b
	_, err := c.wait()
	c.read.into = nil
	return err
}

// Read reads at least one byte into p, as io.Reader does.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.soft != nil {
		return c.readSoft(p)
	}
	c.read.buf = p
	n, err := c.wait()
	c.read.buf = nil
	return n, err
}

func (c *Conn) wait() (int, error) {
	op := &c.read
	op.resumed = false
	for {
		op.n, op.err, op.waits = 0, nil, false
		err := c.raw.Read(op.call)
		if err == nil && len(c.ahead) > 0 { // there was no room for all of it
			rest := c.ahead
			c.ahead = nil
			if _, err := c.Write(rest); err != nil {
				return 0, AsWriteSide(err)
			}
			continue
		}
		if err == nil {
			return op.n, op.err
		}
		if !c.retry(op, err, c.h.SetReadDeadline) {
			return 0, err
		}
	}
}

// readMustWait and writeMustWait are called when the socket is not ready, before
// the wait for it: what needs no wait needs no timer.
func (c *Conn) readMustWait()  { c.arm(&c.read, c.h.SetReadDeadline) }
func (c *Conn) writeMustWait() { c.arm(&c.write, c.h.SetWriteDeadline) }

func (c *Conn) readSoft(p []byte) (int, error) {
	c.read.resumed = false
	c.readMustWait()
	for {
		n, err := c.soft.Read(p)
		if n > 0 {
			return n, nil // an error that came with bytes comes again without
		}
		if err == nil || !c.retry(&c.read, err, c.h.SetReadDeadline) {
			return n, err
		}
	}
}

// Await calls read, which waits for bytes of a wrapped connection in a way of
// its own, within the read timeout.
func (c *Conn) Await(read func() error) error {
	c.read.resumed = false
	c.readMustWait()
	for {
		err := read()
		if err == nil || !c.retry(&c.read, err, c.h.SetReadDeadline) {
			return err
		}
	}
}

// Write writes all of p.
func (c *Conn) Write(p []byte) (int, error) { return c.send(p, 0) }

// WriteMore is Write for bytes that others follow at once: the kernel may hold
// back a partial segment until then.
func (c *Conn) WriteMore(p []byte) (int, error) { return c.send(p, sendMore) }

func (c *Conn) send(p []byte, flag int) (int, error) {
	if len(p) == 0 && !c.datagrams {
		return 0, nil
	}
	op := &c.write
	if c.soft != nil {
		return c.sendSoft(p, false)
	}
	op.buf, op.flag, op.n, op.err, op.resumed = p, flag, 0, nil, false
	for {
		op.waits = false
		err := c.raw.Write(op.call)
		if err != nil && c.retry(op, err, c.h.SetWriteDeadline) {
			continue
		}
		op.buf = nil
		if err == nil {
			err = op.err
		}
		return op.n, err
	}
}

// WriteLast writes all of p and ends the direction to the peer with it, in one
// where the connection can.
func (c *Conn) WriteLast(p []byte) (int, error) {
	if _, ok := c.soft.(lastWriter); ok {
		return c.sendSoft(p, true)
	}
	n, err := c.Write(p)
	if err == nil {
		err = c.CloseWrite()
	}
	return n, err
}

// softPiece is how much is given to a wrapped connection at once: what has been
// written refreshes the timeouts, and only its end is told.
const softPiece = 64 << 10

type lastWriter interface{ WriteLast(p []byte) (int, error) }

func (c *Conn) sendSoft(p []byte, last bool) (int, error) {
	c.write.resumed = false
	c.writeMustWait()
	sent := 0
	for {
		var n int
		var err error
		if last {
			n, err = c.soft.(lastWriter).WriteLast(p[sent:])
		} else {
			n, err = c.soft.Write(p[sent:min(sent+softPiece, len(p))])
		}
		sent += n
		switch {
		case err == nil && sent < len(p):
			c.writeMustWait()
		case err == nil || !c.retry(&c.write, err, c.h.SetWriteDeadline):
			return sent, err
		}
	}
}

// Hasten sets both timeouts and has waits in progress heed them, counted from
// the last activity. It may be called by any goroutine.
func (c *Conn) Hasten(d time.Duration) {
	c.ReadTimeout(d)
	c.WriteTimeout(d)
	// Waits whose timers fire look at the timeout again.
	soon := time.Now().Add(d)
	_ = c.h.SetReadDeadline(soon)
	_ = c.h.SetWriteDeadline(soon)
}

// Interrupted reports whether Interrupt was called.
func (c *Conn) Interrupted() bool { return c.interrupted.Load() }

// Interrupt ends waits in progress with os.ErrDeadlineExceeded, and all later
// ones. It may be called by any goroutine.
func (c *Conn) Interrupt() {
	c.interrupted.Store(true)
	_ = c.h.SetReadDeadline(past)
	_ = c.h.SetWriteDeadline(past)
}

// Resume undoes Interrupt. Nobody may be waiting.
func (c *Conn) Resume() {
	c.interrupted.Store(false)
	c.setTimer(&c.read, 0, c.h.SetReadDeadline)
	c.setTimer(&c.write, 0, c.h.SetWriteDeadline)
}

// Close closes the connection; os.ErrClosed says that it was closed before. That
// a protocol such as TLS could not take its leave of the peer is no error: the
// connection is closed all the same.
func (c *Conn) Close() error {
	if c.closed {
		return os.ErrClosed
	}
	c.closed = true
	err := c.h.Close()
	if c.soft != nil {
		return nil
	}
	return err
}
