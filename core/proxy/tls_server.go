package proxy

import (
	"crypto/tls"
	"net"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// secureConn makes TLS of a connection to the server and gives the application
// protocol that was agreed on. name is for the handshake, "" for the configured one.
func (s *Server) secureConn(config *tls.Config, base *relay.Conn, name string, timeout time.Duration) (conn *relay.Conn, protocol string, err error) {
	if name != "" && name != config.ServerName {
		config = config.Clone()
		config.ServerName = name
	}
	engine := s.backend.engine.tls
	if err := engine.enter(timeout, false); err != nil {
		base.Close()
		return nil, "", err
	}
	hs := &handshake{engine: engine}
	var tc *tls.Conn
	upper := relay.Layer(base, &relay.Buffer{}, func(nc net.Conn) net.Conn {
		hs.Conn = nc
		tc = tls.Client(hs, config)
		return tc
	})
	hs.take()
	if err := shake(tc, hs, timeout); err != nil {
		s.TLS.failed(causeOfTLS(err))
		hs.Close()
		return nil, "", err
	}
	st := tc.ConnectionState()
	s.TLS.succeeded(st.DidResume)
	setFacts(&hs.facts, &st)
	if hs.facts.SNI == "" {
		hs.facts.SNI = config.ServerName
	}
	return upper, st.NegotiatedProtocol, nil
}

// secured gives what is known of TLS on a server's connection, nil without. Of a
// connection that many streams share it is little.
func (c *serverConn) secured() *session.TLS {
	if c.x != nil {
		if c.server.tls == nil {
			return nil
		}
		return &sharedTLS
	}
	tc, ok := c.NetConn().(*tls.Conn)
	if !ok {
		return nil
	}
	hs, ok := tc.NetConn().(*handshake)
	if !ok {
		return nil
	}
	return &hs.facts
}

// sharedTLS stands for the TLS of such connections. It is not changed.
var sharedTLS session.TLS

// serverName evaluates the expression for the name in the handshake.
func (s *Server) serverName(e *expr.Env) string {
	if s.sni == nil {
		return ""
	}
	e.Phase = expr.UseServer
	name, ok := s.sni.EvalStr(e)
	if !ok {
		return ""
	}
	host := string(name)
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return host
}
