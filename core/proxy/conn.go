package proxy

import (
	"fmt"
	"io"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// conn is a client's connection. While it idles it is all that is kept of it.
type conn struct {
	*relay.Conn
	fe    *Frontend
	bind  *Bind
	in    relay.Buffer
	owned *serverConn // with http-reuse never: the server's connection that goes with it
	facts session.Conn
	src   netip.AddrPort // the addresses as the rules before the first request left them
	dst   netip.AddrPort
	shook time.Duration // the time of the TLS handshake

	// upstream is the stream's connection to its server where that speaks MPTCP,
	// for those who list such connections.
	upstream atomic.Pointer[serverConn]

	session atomic.Pointer[clientSession] // nil: the connection carries one stream at a time
	above   *conn                         // the connection that this stream of a session came by
	x       httpmsg.Stream                // such a stream

	gone     atomic.Bool // it has ended
	welcomed bool        // the rules that come before the first request have passed it
}

// Run serves the connection on a worker: from its start, or from where its
// idling ended.
func (c *conn) Run() {
	defer c.recover()
	e := c.fe.engine
	if c.welcomed && c.session.Load() != nil {
		c.fe.mode.serve(c, nil)
		return
	}
	s := e.streams.Get().(*stream)
	s.attach(c)
	if c.x != nil {
		c.fe.mode.serve(c, s)
		return
	}
	if c.welcomed || s.welcome() {
		if !c.welcomed {
			c.welcomed, c.src, c.dst = true, c.facts.Src, c.facts.Dst
		}
		if c.fe.mode != nil {
			c.fe.mode.serve(c, s)
			return
		}
		s.serveTCP()
	}
	s.detach()
	e.streams.Put(s)
	c.end()
}

// serveHTTP carries the requests of a connection until it ends or idles.
func (c *conn) serveHTTP(s *stream) {
	ended := goOn
	for ended == goOn {
		ended = s.exchange()
	}
	s.detach()
	c.fe.engine.streams.Put(s)
	switch {
	case ended == many:
		c.serveSession()
	case ended != park || !c.parked():
		c.end()
	}
}

// welcome applies what comes before the first request: tcp-request connection
// and session rules, and the PROXY protocol.
func (s *stream) welcome() bool {
	f := s.fe
	s.env.Phase = expr.TCPConnection
	if !s.admit(f.rules.tcpConnection, expr.TCPConnection) {
		return false
	}
	if s.c.session.Load() != nil {
		return s.admit(f.rules.tcpSession, expr.TCPSession)
	}
	if (s.c.bind.acceptsProxy(&s.c.facts) || s.tx.ExpectProxy) && !s.c.takeProxyHeader() {
		return false
	}
	if s.c.bind.tls != nil {
		if err := s.c.handshake(); err != nil {
			f.ConErrors.Add(1)
			f.log.Debug("TLS handshake", "frontend", f.name, "client", s.c.facts.Src, "error", err)
			return false
		}
	}
	return s.admit(f.rules.tcpSession, expr.TCPSession)
}

// mayPark reports whether the connection may wait without a goroutine: it has
// idled for so long of its keep-alive time.
func (c *conn) mayPark(idled, limit time.Duration) bool {
	return c.Watchable() && (limit == 0 || idled < limit)
}

// parked hands the connection to the watcher for the rest of its keep-alive time.
func (c *conn) parked() bool {
	e := c.fe.engine
	t := &c.fe.opts.timeouts
	limit := t.KeepAlive
	if c.facts.Requests == 0 || limit == 0 {
		limit = t.HTTPRequest
	}
	if limit == 0 {
		limit = t.Client
	}
	if limit > 0 {
		if limit -= e.Tuning.ParkAfter; limit <= 0 {
			return false
		}
	}
	c.in.Release()
	return e.watcher.Park(c.Conn, c, limit, c.resume)
}

// resume is the watcher's word that the connection's idling is over.
func (c *conn) resume(ev relay.Event) {
	x := c.session.Load()
	if x != nil && ev != relay.Readable {
		x.Shutdown()
	}
	if x != nil || ev == relay.Readable || ev == relay.Stopped && c.Pending() {
		c.fe.engine.workers.Go(c)
		return
	}
	c.end()
}

// draining reports whether the connection should end as soon as it idles.
func (c *conn) draining() bool { return c.fe.stopping.Load() }

// end closes the connection and counts it out.
func (c *conn) end() {
	c.gone.Store(true)
	if c.owned != nil {
		c.owned.server.discard(c.owned)
		c.owned = nil
	}
	c.in.Release()
	c.fe.multipath(c.Conn)
	if x := c.session.Load(); x != nil {
		_ = x.Close() // it may have ended already
		c.fe.departed(c)
	} else if c.Close() == nil {
		c.fe.departed(c)
	}
}

// cut ends what the connection waits for.
func (c *conn) cut() {
	if x := c.session.Load(); x != nil {
		_ = x.Close() // it may have ended already
	}
	c.Interrupt()
}

// recover keeps a defect of ours from taking more than one connection down.
func (c *conn) recover() {
	if r := recover(); r != nil {
		c.broke(r)
		switch {
		case c.x != nil:
			c.x.Cancel(httpmsg.Broken)
			_ = c.Close()
			c.above.leaveSession()
		case c.session.Load() != nil:
			c.leaveSession()
		default:
			c.end()
		}
	}
}

// broke counts and logs a panic.
func (c *conn) broke(r any) {
	c.fe.engine.Counters.Panics.Add(1)
	c.fe.Panics.Add(1)
	c.fe.log.Error("a stream ended by a defect", "frontend", c.fe.name, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
}

// linger lets the client read a last answer before the connection goes: closing
// with bytes unread would reset it.
func (c *conn) linger() {
	if c.CloseWrite() != nil {
		return
	}
	c.ReadTimeout(lingerTime)
	for range 64 {
		c.in.Consume(c.in.Len())
		if err := c.Fill(&c.in); err == io.EOF || err != nil {
			return
		}
	}
}

const lingerTime = time.Second
