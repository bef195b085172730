package proxy

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// handshake makes TLS of the client's connection.
func (c *conn) handshake() error {
	begun := relay.Ticks()
	timeout := c.fe.opts.timeouts.HTTPRequest
	if timeout == 0 {
		timeout = c.fe.opts.timeouts.Client
	}
	pre := c.in
	c.in = relay.Buffer{Pool: pre.Pool}
	rc, facts, err := c.bind.tls.Accept(c.Conn, &pre, timeout)
	pre.Release()
	c.Conn, c.facts.TLS = rc, facts
	c.bind.shaken.Count(facts, err)
	c.fe.TLS.Count(facts, err)
	c.shook = time.Duration(relay.Ticks() - begun)
	var failed *layer.Error
	if errors.As(err, &failed) {
		c.facts.Err = failed.Conn
		if failed.Conn != session.SSLEmpty || !c.fe.opts.dontLogNull {
			c.logFailure()
		}
	}
	return err
}

// secure makes TLS of a connection to the server. name is for the handshake, ""
// for the configured one. Whoever ends ctx says nothing of the server.
func (s *Server) secure(ctx context.Context, with layer.Connector, base *relay.Conn, name string, timeout time.Duration) (*relay.Conn, *session.TLS, error) {
	conn, facts, err := with.Connect(ctx, base, name, timeout)
	if ctx.Err() == nil {
		s.TLS.Count(facts, err)
	}
	return conn, facts, err
}

// factsOf gives what is known of TLS on a session with a server that does it by itself.
func factsOf(x httpmsg.ClientSession) *session.TLS {
	if t, ok := x.(protocol.SecuredSession); ok {
		return t.TLS()
	}
	return nil
}

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
