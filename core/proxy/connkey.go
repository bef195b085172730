package proxy

import (
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/expr"
)

// findKey finds what a connection to the server begins with, and what it has to have in
// common with the stream to be used for it besides the server (HAProxy manual section
// 4.2 "http-reuse"): the address, where clients choose it, what it began with, and its
// name, that of pool-conn-name or else of sni.
func (s *stream) findKey() (err error) {
	srv := s.srv
	if s.greeting, err = srv.proxyOut.append(s.greeting[:0], s); err != nil {
		return err
	}
	if !s.facts.HTTP || !srv.keyed() {
		s.connKey = ""
		return nil
	}
	key := s.env.Scratch(128)
	if srv.perClient {
		key = srv.target(&s.c.facts).Addr.AppendTo(key)
		key = append(key, ' ')
	}
	key = append(key, s.greeting...)
	key = srv.appendName(key, &s.env)
	if s.connKey != string(key) { // streams are pooled, so it mostly is
		s.connKey = string(key)
	}
	return nil
}

// keyed reports whether not all streams may have any of its connections.
func (s *Server) keyed() bool {
	return s.perClient || s.proxyOut.used() || s.poolName != nil || s.sni != nil
}

// appendName appends the name of the connection that a stream needs.
func (s *Server) appendName(b []byte, e *expr.Env) []byte {
	if s.poolName == nil {
		return append(b, s.serverName(e)...)
	}
	e.Phase = expr.UseServer
	name, _ := s.poolName.EvalStr(e)
	return append(b, name...)
}

// poolName compiles pool-conn-name; nil for none.
func (b *builder) poolName(c *config.Backend, sc *config.Server, scope *expr.Scope) *expr.Expr {
	if sc.PoolConnName.IsZero() {
		return nil
	}
	if !c.HTTP() {
		sc.PoolConnName.Fail(b.errs, 0, "pool-conn-name needs HTTP, but backend %q is in mode %q", c.Name, config.TCP).
			Hint = `leave it out, or write mode = "http"`
		return nil
	}
	x, err := expr.ParseExpr(scope.In(expr.UseServer), sc.PoolConnName.Value)
	if err != nil {
		b.textError(sc.PoolConnName, err)
	}
	return x
}
