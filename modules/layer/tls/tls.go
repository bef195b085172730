// Package tls is TLS with clients and servers, by Go's crypto/tls: what tls in a
// bind or a server asks for (HAProxy manual sections 5.1 and 5.2). It makes the
// settings, with the certificates of files, lists and stores and those that come by
// themselves, does the handshakes, and has the commands about certificates.
//
// Core looks the module up where a configuration has tls, and reaches it through
// core/layer alone. An instance belongs to one configuration; what all connections
// of the process share is in an engine, which reloads hand on.
package tls

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
)

func init() {
	module.Register(layer.Kind, layer.TLS, module.Spec[Config, layer.Layer]{
		Doc: "TLS with clients and servers",
		New: New,
	})
}

// Config is the configuration of the module: there is none, as binds and servers
// have it.
type Config struct{}

// Layer is the TLS of a configuration.
type Layer struct {
	engine  *engine // of the first bind or server on
	store   *secure.Store
	issuers map[string]secure.Source
	sources []secure.Source // the same in the order of the configuration
	warned  map[string]bool
}

// New makes the layer.
func New(*module.Context, Config) (layer.Layer, error) {
	return &Layer{issuers: map[string]secure.Source{}, warned: map[string]bool{}}, nil
}

// builder makes the settings of one configuration.
type builder struct {
	*Layer
	build *layer.Build
	cfg   *config.Config
	errs  *tree.Errors
}

// building gives the builder; nil after an error.
func (l *Layer) building(b *layer.Build) *builder {
	if l.engine == nil {
		e, err := module.Share(b.Context, "layer.tls", func() (*engine, error) {
			tune := &b.Config.Global.Tune
			return newEngine(b.MaxConns, b.MaxRate, secure.NewSessions(tune.SSLCachesize, time.Duration(tune.SSLLifetime))), nil
		}, nil)
		if err != nil {
			b.Errs.Add(err, tree.Pos{}, "")
			return nil
		}
		l.engine = e
	}
	return &builder{Layer: l, build: b, cfg: b.Config, errs: b.Errs}
}

// Bind makes the settings of a bind.
func (l *Layer) Bind(lb *layer.Build, f *config.Frontend, c *config.Bind) layer.Acceptor {
	if b := l.building(lb); b != nil {
		if a := b.bind(f, c); a != nil {
			return a
		}
	}
	return nil
}

// Server makes the settings of a server.
func (l *Layer) Server(lb *layer.Build, t *config.ServerTLS, s layer.Server) layer.Connector {
	if b := l.building(lb); b != nil {
		if c := b.server(t, s); c != nil {
			return c
		}
	}
	return nil
}

// Finish tells the sources what is wanted of them.
func (l *Layer) Finish(lb *layer.Build) {
	if b := l.building(lb); b != nil {
		b.manage()
		b.updateStaples()
	}
}

// Challenge has the sources answer an authority.
func (l *Layer) Challenge(host, path string) ([]byte, bool) {
	for _, s := range l.sources {
		if body, ok := s.Challenge(host, path); ok {
			return body, true
		}
	}
	return nil, false
}

var (
	_ layer.Challenger = (*Layer)(nil)
	_ admin.Commander  = (*Layer)(nil)
)
