package proxy

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// ConnMode is what becomes of connections after a response.
type ConnMode uint8

// The modes: option http-keep-alive, http-server-close, httpclose.
const (
	KeepAlive ConnMode = iota
	ServerClose
	Close
)

// tokens calls fn for each element of a comma-separated field value.
func tokens(value []byte, fn func(token []byte)) {
	for len(value) > 0 {
		tok := value
		if i := bytes.IndexByte(value, ','); i >= 0 {
			tok, value = value[:i], value[i+1:]
		} else {
			value = nil
		}
		if tok = bytes.Trim(tok, " \t"); len(tok) > 0 {
			fn(tok)
		}
	}
}

// connectionSays reports whether a Connection field of m has the token.
func connectionSays(m *httpmsg.Message, token string) bool {
	return hasToken(m, httpmsg.Connection, token)
}

// upgradesTo reports whether an Upgrade field of m names the protocol.
func upgradesTo(m *httpmsg.Message, protocol string) bool {
	return hasToken(m, httpmsg.Upgrade, protocol)
}

func hasToken(m *httpmsg.Message, field httpmsg.Known, token string) bool {
	found := false
	for i := m.FindKnown(field, 0); i >= 0; i = m.FindKnown(field, i+1) {
		tokens(m.Value(i), func(t []byte) { found = found || httpmsg.EqualFold(t, token) })
	}
	return found
}

// wantsKeepAlive reports whether the client lets its connection carry another request.
func (s *stream) wantsKeepAlive() bool {
	if s.req.Version == httpmsg.HTTP10 {
		return s.reqP.HopByHop() && connectionSays(&s.req, "keep-alive")
	}
	return !s.reqP.HopByHop() || !connectionSays(&s.req, "close")
}

// keepsAlive decides whether the client's connection carries another request.
func (s *stream) keepsAlive() bool {
	return s.c.x != nil || s.requestKeep && s.allComes() && s.fe.opts.connMode != Close && !s.c.draining()
}

// dropHopByHop removes the fields that are about this connection only (RFC 9110
// section 7.6.1), and says whether an Upgrade is to be passed on. One to HTTP/2 is
// not: the requests that followed it would pass no rule. Nor is one in HTTP/1.0,
// which has none (section 7.8).
func dropHopByHop(m *httpmsg.Message) (upgrade bool) {
	upgrade = m.Version != httpmsg.HTTP10 && m.FindKnown(httpmsg.Upgrade, 0) >= 0 && connectionSays(m, "upgrade")
	if upgradesTo(m, "h2c") || upgradesTo(m, "h2") {
		upgrade = false
		m.DelHeader("http2-settings")
	}
	for i := m.FindKnown(httpmsg.Connection, 0); i >= 0; i = m.FindKnown(httpmsg.Connection, i+1) {
		tokens(m.Value(i), func(t []byte) { dropNamed(m, t, upgrade) })
		m.DelAt(i)
	}
	m.DelKnown(httpmsg.KeepAlive)
	m.DelKnown(httpmsg.ProxyConnection)
	if !upgrade {
		m.DelKnown(httpmsg.Upgrade)
	}
	dropTE(m)
	return upgrade
}

// dropNamed removes the fields that a Connection token names, but never those
// that frame or route the message.
func dropNamed(m *httpmsg.Message, name []byte, upgrade bool) {
	switch httpmsg.Classify(name) {
	case httpmsg.Host, httpmsg.ContentLength, httpmsg.TransferEncoding, httpmsg.Connection, httpmsg.TE:
		return
	case httpmsg.Upgrade:
		if upgrade {
			return
		}
	}
	for i := 0; i < m.Fields(); i++ {
		if !m.Deleted(i) && bytes.EqualFold(m.Name(i), name) {
			m.DelAt(i)
		}
	}
}

// dropTE keeps TE only where it says that trailers are welcome.
func dropTE(m *httpmsg.Message) {
	for i := m.FindKnown(httpmsg.TE, 0); i >= 0; i = m.FindKnown(httpmsg.TE, i+1) {
		if !httpmsg.EqualFold(m.Value(i), "trailers") {
			m.DelAt(i)
		}
	}
}

// prepareRequest makes the request fit for the server's connection.
func (s *stream) prepareRequest() {
	m := &s.req
	if s.c.x == nil {
		s.upgrading = s.reqP.HopByHop() && dropHopByHop(m)
	}
	s.tellAddresses()
	s.tellEarly()
	s.persistRequest()
	switch {
	case s.upgrading && s.c.x == nil:
		m.AddHeaderString("connection", "Upgrade")
	case s.serverMode() != KeepAlive && !s.upgrading:
		m.AddHeaderString("connection", "close")
	case m.Version == httpmsg.HTTP10: // it stays so: it may lack what HTTP/1.1 demands, such as Host
		m.AddHeaderString("connection", "keep-alive")
	}
}

// serverMode is the connection mode towards the server.
func (s *stream) serverMode() ConnMode { return max(s.fe.opts.connMode, s.be.opts.connMode) }

// prepareResponse makes the response fit for the client's connection and
// decides whether both connections are kept.
func (s *stream) prepareResponse() {
	s.facts.ServerTLS = s.sc.tls
	m := &s.res
	keep := m.Body != httpmsg.UntilClose && s.serverMode() == KeepAlive
	if s.sc.x == nil && s.resP.HopByHop() {
		if m.Version == httpmsg.HTTP10 {
			keep = keep && connectionSays(m, "keep-alive")
		} else {
			keep = keep && !connectionSays(m, "close")
		}
		dropHopByHop(m)
	} else if m.Version == httpmsg.HTTP10 {
		keep = false
	}
	s.serverKeep = keep && !s.tunnel
	s.clientKeep = s.clientLasts()
}

// clientLasts reports whether the client's connection may carry another request
// after this response.
func (s *stream) clientLasts() bool {
	switch {
	case s.c.x != nil:
		return true
	case s.tunnel || !s.keepsAlive():
		return false
	case s.res.Body == httpmsg.UntilClose:
		return s.sc.x != nil && s.req.Version >= httpmsg.HTTP11 // it will be chunked
	}
	return s.res.Body != httpmsg.Chunked || s.req.Version >= httpmsg.HTTP11
}

// finishHead gives the response's head its last touches, after all rules.
func (s *stream) finishHead() {
	m := &s.res
	m.SetVersion(httpmsg.HTTP11)
	if m.Body == httpmsg.Chunked && s.req.Version == httpmsg.HTTP10 {
		m.DelKnown(httpmsg.TransferEncoding)
	}
	if m.Status == 204 || s.tunnel { // RFC 9110 section 8.6, RFC 9112 section 6.1
		m.DelKnown(httpmsg.ContentLength)
		m.DelKnown(httpmsg.TransferEncoding)
	}
	if s.tunnel {
		if m.Status == 101 {
			m.AddHeaderString("connection", "Upgrade")
		}
		return
	}
	s.announce(m)
}

// announce tells the client where HTTP/3 is to be had, and what becomes of its
// connection.
func (s *stream) announce(m *httpmsg.Message) {
	if s.fe.altSvc != "" && s.c.facts.TLS != nil && s.c.facts.Protocol != "quic" && m.Find("alt-svc", 0) < 0 {
		m.AddHeaderString("alt-svc", s.fe.altSvc)
	}
	switch {
	case !s.clientKeep:
		m.AddHeaderString("connection", "close")
	case s.env.Req != nil && s.req.Version == httpmsg.HTTP10:
		m.AddHeaderString("connection", "keep-alive")
	}
}
