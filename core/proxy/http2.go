package proxy

import (
	"github.com/fairleadproxy/fairlead/core/http2"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// speaksHTTP2 reports whether the connection carries many streams: it came so,
// or its client agreed on HTTP/2 in the handshake, or the bind says so.
func (c *conn) speaksHTTP2() bool {
	if c.session.Load() != nil {
		return true
	}
	if c.facts.TLS != nil && c.facts.TLS.ALPN == "h2" || c.bind.http2 {
		c.openHTTP2()
		return true
	}
	return false
}

// preface looks for the beginning of HTTP/2, which clients that know what they
// speak to may send unasked (RFC 9113 section 3.3). With more it may be one.
func (s *stream) preface(b []byte) (match, more bool) {
	if s.c.facts.Requests > 0 || b[0] != 'P' || s.c.bind.http1 {
		return false, false
	}
	match, more = http2.Preface(b)
	if match {
		s.c.openHTTP2()
	}
	return match, more
}

// upgraded makes the connection one of HTTP/2 where the request asks for that,
// and reports whether it did. What is not fit for it is carried by HTTP/1.1.
func (s *stream) upgraded() bool {
	c, m := s.c, &s.req
	if !s.reqP.HopByHop() || c.bind.http1 || c.facts.TLS != nil || c.draining() || !connectionSays(m, "upgrade") || !upgradesTo(m, "h2c") {
		return false
	}
	settings, ok := http2.UpgradeSettings(m)
	if !ok {
		return false
	}
	dropHopByHop(m)
	x := http2.NewServer(c.Conn, &c.in, &c.fe.http2)
	x.Upgrade(m, settings)
	c.in.Consume(s.reqHead)
	c.WriteTimeout(c.fe.opts.timeouts.Client)
	_, _ = c.Write([]byte(switchingToHTTP2)) // who reads next notices an error
	c.openSession(x)
	return true
}

const switchingToHTTP2 = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"

// openHTTP2 has the connection carry the streams of HTTP/2.
func (c *conn) openHTTP2() {
	c.openSession(http2.NewServer(c.Conn, &c.in, &c.fe.http2))
}

// clientHTTP2 gives the settings of HTTP/2 for clients with these timeouts.
func (e *Engine) clientHTTP2(t *Timeouts) http2.Options {
	idle := t.KeepAlive
	if idle == 0 {
		idle = t.Client
	}
	o := e.Tuning.Clients
	o.ParkAfter, o.IdleTimeout, o.WriteTimeout = e.Tuning.ParkAfter, idle, t.Client
	o.Pool = e.pool
	return o
}

// serverHTTP2 makes a session of a connection to a server.
func (e *Engine) serverHTTP2(c *relay.Conn, secure bool) (*http2.ClientConn, error) {
	o := e.Tuning.Servers
	o.Secure = secure
	o.Pool = e.pool
	return http2.NewClient(c, &o)
}
