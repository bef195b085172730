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
	t := sc.TLS
	if t == nil {
		return
	}
	if !t.SNI.IsZero() {
		var err error
		if s.sni, err = expr.ParseExpr(scope.In(expr.UseServer), t.SNI.Value); err != nil {
			b.textError(t.SNI, err)
		}
	}
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
		s.tls = l.Server(b.building(), t, spec)
	}
}
