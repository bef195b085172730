//go:build !portable

package fd

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

func init() {
	module.Register(protocol.Kind, "fd", module.Spec[struct{}, protocol.Protocol]{
		Doc: "Listening sockets inherited from the process's parent",
		New: New,
	})
}

// New makes the protocol.
func New(*module.Context, struct{}) (protocol.Protocol, error) { return Protocol{}, nil }

// Protocol is inherited sockets.
type Protocol struct{}

// Listen makes a listener of the descriptor.
func (Protocol) Listen(addr address.Address, o *protocol.ListenOptions) ([]protocol.Listener, error) {
	key := "fd@" + strconv.Itoa(addr.FD)
	fd := -1
	if o.Inherit != nil {
		fd = o.Inherit(key)
	}
	if fd < 0 {
		var err error
		if fd, err = unix.FcntlInt(uintptr(addr.FD), unix.F_DUPFD_CLOEXEC, 0); err != nil {
			return nil, fmt.Errorf("the process was started without descriptor %d: %w", addr.FD, err)
		}
	}
	if on, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || on == 0 {
		unix.Close(fd)
		return nil, fmt.Errorf("descriptor %d is not a listening socket", addr.FD)
	}
	proto, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("descriptor %d: %w", addr.FD, err)
	}
	l, err := protocol.NewListener(fd, key, key, proto == unix.IPPROTO_MPTCP)
	if err != nil {
		return nil, err
	}
	return []protocol.Listener{l}, nil
}

// Dial is an error: such an address is for binds only.
func (Protocol) Dial(protocol.Target, *protocol.DialOptions) (*relay.Conn, error) {
	return nil, fmt.Errorf("fd@ is for binds, not for servers: %w", unix.EINVAL)
}
