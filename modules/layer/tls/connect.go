package tls

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
)

// connector is TLS with a server.
type connector struct {
	engine *engine
	config *tls.Config
	check  *tls.Config // for health checks
	hiding *hiding     // nil for names that everyone sees

	verifyHost bool // the certificate has to be for a configured name
}

// Protocols gives the application protocols that are offered.
func (c *connector) Protocols() []string { return c.config.NextProtos }

// TLSConfig gives the settings for protocols that do TLS by themselves.
func (c *connector) TLSConfig() *tls.Config { return c.config }

// Check gives the settings for health checks.
func (c *connector) Check() layer.Connector {
	return &connector{engine: c.engine, config: c.check, check: c.check, hiding: c.hiding, verifyHost: c.verifyHost}
}

// Offering gives the settings with one application protocol.
func (c *connector) Offering(protocol string) layer.Connector {
	if len(c.config.NextProtos) == 0 {
		return c
	}
	out := *c
	out.config = c.config.Clone()
	out.config.NextProtos = []string{protocol}
	return &out
}

// Connect does the handshake with the server.
func (c *connector) Connect(ctx context.Context, base *relay.Conn, name string, timeout time.Duration) (*relay.Conn, *session.TLS, error) {
	config, told := c.config, c.hiding.list()
	if name == "" {
		name = config.ServerName
	}
	if name != config.ServerName || told != nil {
		config = config.Clone()
		config.ServerName = name
	}
	if told != nil {
		config.EncryptedClientHelloConfigList = told
	}
	if err := c.engine.enter(ctx, timeout, false); err != nil {
		base.Close()
		return nil, nil, err
	}
	hs := &handshake{engine: c.engine, connects: true, secrets: secretsOf(config)}
	var tc *tls.Conn
	upper := relay.Layer(base, &relay.Buffer{}, func(nc net.Conn) net.Conn {
		hs.Conn = nc
		tc = tls.Client(hs, config)
		return tc
	})
	hs.take()
	if err := shake(ctx, tc, hs, timeout); err != nil {
		c.hiding.failed(err, name)
		hs.Close()
		return nil, nil, c.failure(err)
	}
	st := tc.ConnectionState()
	secure.SetFacts(&hs.facts, &hs.certs, &st)
	if hs.facts.SNI == "" {
		hs.facts.SNI = config.ServerName
	}
	return upper, &hs.facts, nil
}
