package secure

import (
	"context"
	"crypto/tls"

	"github.com/fairleadproxy/fairlead/core/module"
)

// Kind is the kind of certificate sources: what gets certificates by itself,
// named by an [acme.NAME] section.
var Kind = module.NewKind[Source]("certs")

// Source gets and renews certificates. Manage is called before the module is
// prepared; the rest is for all connections at once.
type Source interface {
	// Manage adds a name for which a certificate is wanted, "" for none, and the
	// ports of the listeners: http is where authorities find plain HTTP, 0 for
	// nowhere, and https where they find TLS. The error says why the name cannot be
	// served.
	Manage(name string, http, https int) error
	// Choose gives the certificate for a client. It does not wait.
	Choose(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Protocols are application protocols of its own, which handshakes have to
	// offer for authorities; such connections end with the handshake.
	Protocols() []string
	// Challenge answers an authority's HTTP request; ok is false when the request
	// is none of its.
	Challenge(host, path string) (body []byte, ok bool)
}

// Obtainer is a source that gets certificates for names that nobody listed, when
// clients ask for them.
type Obtainer interface {
	// Obtain waits until Choose has the certificate for a name. The error says why
	// there is none.
	Obtain(ctx context.Context, name string) error
}
