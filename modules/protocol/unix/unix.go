// Package unix is the protocol of UNIX stream sockets: paths, unix@, and the
// abstract namespace with abns@ and abnsz@.
//
// A socket file that nobody listens at any more is replaced; it is not removed
// at the end, so that another process can take the name over at any time.
package unix

import (
	"errors"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

func init() {
	module.Register(protocol.Kind, "unix", module.Spec[struct{}, protocol.Protocol]{
		Doc: "UNIX stream sockets, with a path or in the abstract namespace",
		New: New,
	})
}

// New makes the protocol.
func New(*module.Context, struct{}) (protocol.Protocol, error) { return Protocol{}, nil }

// Protocol is UNIX stream sockets.
type Protocol struct{}

// Listen opens a listener, or takes one over.
func (Protocol) Listen(addr address.Address, o *protocol.ListenOptions) ([]protocol.Listener, error) {
	path := protocol.UnixPath(addr)
	if path == "" {
		return nil, errors.New("the path is empty")
	}
	key := addr.String()
	fd := -1
	if o.Inherit != nil {
		fd = o.Inherit(key)
	}
	if fd < 0 {
		var err error
		if fd, err = protocol.ListenUnix(path, o); err != nil {
			return nil, err
		}
	}
	l, err := protocol.NewListener(fd, key, key, false)
	if err != nil {
		return nil, err
	}
	return []protocol.Listener{l}, nil
}

// Dial connects to a server.
func (Protocol) Dial(to protocol.Target, o *protocol.DialOptions) (*relay.Conn, error) {
	return protocol.DialUnix(to.Path, o)
}
