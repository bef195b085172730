package proxy

import (
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/layer"
)

// building is what layers have of the builder.
func (b *builder) building() *layer.Build {
	t := &b.o.Engine.Tuning
	return &layer.Build{
		Config: b.cfg, Errs: b.errs, Context: b.ctx, Instances: &b.g.instances, MaxConns: t.MaxSSLConn, MaxRate: t.MaxSSLRate,
	}
}

// tls gives the layer that the tls of a bind or server asks for, nil where this
// build has none: that is an error, which is told once.
func (b *builder) tls(at tree.Pos) layer.Layer {
	l, ok := b.layers[layer.TLS]
	if !ok {
		l, _ = instance(b, layer.Kind, &tree.Module{Type: layer.TLS, Pos: at})
		b.layers[layer.TLS] = l
		b.g.challenger, _ = l.(layer.Challenger)
	}
	return l
}

func (b *builder) finishLayers() {
	for _, l := range b.layers {
		if l != nil {
			l.Finish(b.building())
		}
	}
}

// bindTLS makes the TLS settings of a bind; nil for none.
func (b *builder) bindTLS(c *config.Frontend, bc *config.Bind) layer.Acceptor {
	if bc.TLS == nil {
		return nil
	}
	if l := b.tls(bc.TLS.Pos); l != nil {
		return l.Bind(b.building(), c, bc)
	}
	return nil
}

// serverTLS sets up TLS with a server.
func (b *builder) serverTLS(c *config.Backend, sc *config.Server, s *Server, scope *expr.Scope) {
	if t := sc.TLS; t != nil {
		name := t.SNI
		if t.SNIAuto && name.IsZero() && c.HTTP() {
			name = tree.Text{Value: autoSNI, Pos: t.Pos}
		}
		if !name.IsZero() {
			var err error
			if s.sni, err = expr.ParseExpr(scope.In(expr.UseServer), name.Value); err != nil {
				b.textError(name, err)
			}
		}
		s.tls = b.connector(c, sc, s, t)
	}
	k := sc.CheckSSL
	switch {
	case k != nil && k.TLS == nil:
	case k != nil && (k.Own || s.tls == nil):
		if with := b.connector(c, sc, s, k.TLS); with != nil {
			s.checks.tls = with.Check()
		}
	case s.tls != nil:
		s.checks.tls = s.tls.Check()
	}
}

// autoSNI is the name that a request asks for (sni-auto).
const autoSNI = "req.hdr(host),field(1,:)"

// connector makes the settings of TLS with a server; nil after an error.
func (b *builder) connector(c *config.Backend, sc *config.Server, s *Server, t *config.ServerTLS) layer.Connector {
	spec := layer.Server{Named: s.sni != nil}
	if !s.spec.IP.IsValid() {
		spec.Host = s.spec.Host
	}
	if c.HTTP() && sc.Proto == "h2" {
		spec.Offer = []string{"h2"}
	}
	at := t.Pos
	if at.Line == 0 { // true has no place of its own
		at = sc.Address.Pos
	}
	if l := b.tls(at); l != nil {
		return l.Server(b.building(), t, spec)
	}
	return nil
}
