package layer

import (
	"context"
	"time"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Kind is the kind of layers.
var Kind = module.NewKind[Layer]("layer")

// TLS is the name of the layer that tls in a bind or server asks for.
const TLS = "tls"

// Layer makes the settings of the binds and servers of a configuration. An
// instance lives as long as the configuration does: it is prepared, started and
// stopped as other modules are.
type Layer interface {
	// Bind makes the settings of a bind that has tls. It gives nil, and adds to the
	// build's errors, where these are wrong.
	Bind(b *Build, f *config.Frontend, c *config.Bind) Acceptor
	// Server does the same for a server that has tls.
	Server(b *Build, c *config.ServerTLS, s Server) Connector
	// Finish is called once all binds and servers are built.
	Finish(b *Build)
}

// Challenger is a Layer that answers authorities, which ask by plain HTTP whether
// a name is ours (RFC 8555 section 8.3).
type Challenger interface {
	// Challenge answers a request for what is below /.well-known/acme-challenge/; ok
	// is false when it is none of an authority's. All connections call it at once.
	Challenge(host, path string) (body []byte, ok bool)
}

// Build is the building of a configuration.
type Build struct {
	Config  *config.Config
	Errs    *tree.Errors
	Context *module.Context
	// Instances are the modules of the configuration, which layers add theirs to.
	Instances *module.Instances
	// MaxConns and MaxRate are maxsslconn and maxsslrate as they were when the
	// process started; 0 for no limit.
	MaxConns, MaxRate int
}

// Instance makes a module of its part of the configuration, which lives as long as
// that does. What is wrong is added to the errors.
func Instance[I any](b *Build, k *module.Kind[I], m *tree.Module) (I, bool) {
	var none I
	entry, err := k.Lookup(b.Context.Registry(), m.Type)
	if err != nil {
		b.Errs.Add(err, m.Pos, m.Path)
		return none, false
	}
	v, err := entry.Build(b.Context, m.Decode)
	if err != nil {
		m.Refuse(b.Errs, err)
		return none, false
	}
	b.Instances.Add(v)
	return v, true
}

// Server is what a layer has to know of a server.
type Server struct {
	// Host is the name in the server's address, "" for an IP address or a path.
	Host string
	// Named says that the name in handshakes is found for each connection.
	Named bool
	// Offer are the application protocols for a server whose settings name none.
	Offer []string
}

// Acceptor speaks a layer with the clients of a bind.
type Acceptor interface {
	protocol.TLS
	// Accept does the handshake with a client, whose first bytes are in pre, within the
	// timeout (0: any). It gives the connection above, which takes the place of base
	// from then on, after an error too. The error is an *Error, or ErrAnswered with
	// facts where the connection has done what it came for.
	Accept(base *relay.Conn, pre *relay.Buffer, timeout time.Duration) (*relay.Conn, *session.TLS, error)
	Gate
}

// Gate is what protocols that do the handshakes of a bind by themselves need.
type Gate interface {
	// Enter waits within the timeout until another handshake may begin (maxsslconn,
	// maxsslrate). leave is due once the connection has ended.
	Enter(timeout time.Duration) (leave func(), err error)
	// Failure tells why such a handshake failed.
	Failure(err error) *Error
}

// Connector speaks a layer with a server.
type Connector interface {
	protocol.TLS
	// Connect does the handshake with the server within the timeout (0: any) and for as
	// long as ctx lasts, under a name, "" for the configured one. It gives the
	// connection above base, or closes base. The error is an *Error where the handshake
	// failed.
	Connect(ctx context.Context, base *relay.Conn, name string, timeout time.Duration) (*relay.Conn, *session.TLS, error)
	// Check gives the settings for health checks.
	Check() Connector
	// Offering gives the settings with one application protocol in place of those that
	// are offered, if any are.
	Offering(protocol string) Connector
}
