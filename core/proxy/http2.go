package proxy

import (
	"github.com/fairleadproxy/fairlead/core/http2/limits"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// HTTP2 is HTTP/2 for the mode http. The module that gives the mode hands it over,
// since package http2 is no part of builds without.
type HTTP2 interface {
	// Preface looks for the beginning of a client's connection; with more it may be one.
	Preface(b []byte) (match, more bool)
	// UpgradeSettings gives the settings in a request of HTTP/1.1 that asks for HTTP/2.
	// ok is false where it is not fit for that.
	UpgradeSettings(m *httpmsg.Message) (settings []byte, ok bool)
	// Server carries a client's connection, of which in has been read.
	Server(c *relay.Conn, in *relay.Buffer, o *limits.Options) HTTP2Server
	// Client carries a connection to a server.
	Client(c *relay.Conn, o *limits.Options) (httpmsg.ClientSession, error)
}

// HTTP2Server is a client's connection.
type HTTP2Server interface {
	httpmsg.ServerSession
	// Upgrade makes the first stream of a request that UpgradeSettings found fit, and
	// whose fields about the connection are deleted. It is called before Serve, and the
	// client is told of it between the two.
	Upgrade(m *httpmsg.Message, settings []byte)
}

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
	match, more = s.fe.opts.h2.Preface(b)
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
	settings, ok := s.fe.opts.h2.UpgradeSettings(m)
	if !ok {
		return false
	}
	dropHopByHop(m)
	x := c.fe.opts.h2.Server(c.Conn, &c.in, &c.fe.opts.http2)
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
	c.openSession(c.fe.opts.h2.Server(c.Conn, &c.in, &c.fe.opts.http2))
}

// clientHTTP2 gives the settings of HTTP/2 for clients with these timeouts.
func (e *Engine) clientHTTP2(t *Timeouts) limits.Options {
	idle := t.KeepAlive
	if idle == 0 {
		idle = t.Client
	}
	o := e.Tuning.Clients
	o.ParkAfter, o.IdleTimeout, o.HeadTimeout, o.WriteTimeout = e.Tuning.ParkAfter, idle, t.HTTPRequest, t.Client
	o.Pool = e.pool
	return o
}

// http2Options gives the settings of HTTP/2 for a connection to the server.
func (s *Server) http2Options(t *Timeouts) limits.Options {
	e := s.backend.engine
	o := e.Tuning.Servers
	o.Secure, o.WriteTimeout, o.Breaches = s.tls != nil, t.Server, &s.Mux
	o.Pool = e.pool
	return o
}
