// Package layer is the contract of what lies between a protocol and the streams
// that it carries: TLS, by the module layer.tls.
//
// Core reaches TLS through this package alone, so that a build without the
// module has none of its code. What core and the module tell each other is
// therefore without the types of crypto/tls and crypto/x509; package secure has
// those, and functions for who has to see them.
//
//	entry, err := layer.Kind.Lookup(registry, layer.TLS)
//	tls, err := entry.Build(ctx, nil)
//	acceptor := tls.Bind(build, frontend, bind)
//	conn, facts, err := acceptor.Accept(conn, &buffer, timeout)
//
// A Layer belongs to one configuration, and is built with it by one goroutine.
// Acceptors and connectors are for all connections at once.
package layer
