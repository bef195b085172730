// Package tcp is the protocol of plain TCP: tcp@, tcp4@, tcp6@, ipv4@, ipv6@ and
// addresses without a prefix. Its sockets really are plain, where a program in
// Go would get Multipath TCP by default.
package tcp

import (
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

func init() {
	module.Register(protocol.Kind, "tcp", module.Spec[struct{}, protocol.Protocol]{
		Doc: "Plain TCP over IPv4 and IPv6",
		New: New,
	})
}

// New makes the protocol.
func New(*module.Context, struct{}) (protocol.Protocol, error) {
	return protocol.Inet{Name: "tcp"}, nil
}
