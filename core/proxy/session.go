package proxy

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// clientSession is a client's connection that carries many streams at once
// (HTTP/2, HTTP/3). Each stream has a conn of its own, whose above is the
// connection's.
type clientSession struct {
	httpmsg.ServerSession
	live atomic.Int32 // the streams in progress, and one for Serve
}

// serveSession carries the streams of a session until it ends or idles.
func (c *conn) serveSession() {
	x := c.session.Load()
	err := x.Serve(c.beginStream)
	if errors.Is(err, httpmsg.ErrIdle) {
		if c.draining() {
			x.Shutdown()
			err = x.Serve(c.beginStream)
		} else if c.parked() {
			return
		}
	}
	if err != nil {
		c.fe.log.Debug("a session ended", "frontend", c.fe.name, "client", c.facts.Src, "error", err)
		if errors.Is(err, httpmsg.ErrBreach) {
			c.fe.ReqErrors.Add(1)
			c.facts.Err = session.Breach
			c.logFailure()
			c.linger() // it may still send, which would keep it from reading why
		}
	}
	c.leaveSession()
}

// openSession makes the connection one that carries many streams.
func (c *conn) openSession(x httpmsg.ServerSession) {
	cs := &clientSession{ServerSession: x}
	cs.live.Store(1)
	c.session.Store(cs)
	if c.draining() {
		x.Shutdown() // who told the sessions there were may have missed this one
	}
}

// leaveSession ends the connection with the last that belongs to it.
func (c *conn) leaveSession() {
	if c.session.Load().live.Add(-1) == 0 {
		c.end()
	}
}

// beginStream has a worker carry a stream.
func (c *conn) beginStream(x httpmsg.Stream) {
	c.session.Load().live.Add(1)
	c.facts.Requests++
	k := c.fe.engine.children.Get().(*conn)
	k.Conn.Wrap(x)
	k.fe, k.bind, k.above, k.x = c.fe, c.bind, c, x
	k.in.Pool = c.in.Pool
	k.facts = c.facts
	k.facts.Requests-- // receiving it counts it
	k.src, k.dst, k.shook, k.welcomed = c.src, c.dst, c.shook, true
	c.fe.engine.workers.Go(k)
}

// newChild makes the conn of a stream.
func newChild() any { return &conn{Conn: relay.WrapConn(nil)} }

// endStream closes a stream of a session and takes its conn back.
func (c *conn) endStream() {
	e, above := c.fe.engine, c.above
	c.in.Release()
	if c.owned != nil {
		c.owned.server.discard(c.owned)
	}
	_ = c.Close() // what the client did not get, the log has
	c.fe, c.bind, c.above, c.x, c.owned = nil, nil, nil, nil, nil
	e.children.Put(c)
	above.leaveSession()
}

// serveStream carries the one request of a stream.
func (c *conn) serveStream(s *stream) {
	s.exchange()
	s.detach()
	c.fe.engine.streams.Put(s)
	c.endStream()
}

// adoptSession takes a connection of a protocol that gives sessions by itself.
func (f *Frontend) adoptSession(c *conn, x httpmsg.ServerSession, facts *session.TLS) {
	c.Conn = relay.WrapConn(&sessionConn{x})
	c.facts.TLS = facts
	if e, ok := x.(httpmsg.EarlySession); ok && facts != nil {
		facts.Handshake = e.Handshake()
	}
	c.openSession(x)
}

// sessionConn stands for the connection of a session that has no other: nothing
// can be read or written but by its streams.
type sessionConn struct{ x httpmsg.ServerSession }

func (s *sessionConn) Read([]byte) (int, error)         { return 0, io.EOF }
func (s *sessionConn) Write([]byte) (int, error)        { return 0, io.ErrClosedPipe }
func (s *sessionConn) Close() error                     { return s.x.Close() }
func (s *sessionConn) LocalAddr() net.Addr              { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
func (s *sessionConn) RemoteAddr() net.Addr             { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
func (s *sessionConn) SetDeadline(time.Time) error      { return nil }
func (s *sessionConn) SetReadDeadline(time.Time) error  { return nil }
func (s *sessionConn) SetWriteDeadline(time.Time) error { return nil }
