//go:build !portable

package mptcp

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

func init() {
	module.Register(protocol.Kind, "mptcp", module.Spec[struct{}, protocol.Protocol]{
		Doc: "Multipath TCP over IPv4 and IPv6",
		New: New,
	})
}

// New makes the protocol.
func New(*module.Context, struct{}) (protocol.Protocol, error) { return Protocol{}, nil }

// Protocol is Multipath TCP.
type Protocol struct{}

var (
	multipath = protocol.Inet{Name: "mptcp", Proto: unix.IPPROTO_MPTCP}
	plain     = protocol.Inet{Name: "mptcp"}
)

// Listen opens listeners.
func (Protocol) Listen(addr address.Address, o *protocol.ListenOptions) ([]protocol.Listener, error) {
	opts := *o
	if opts.MSS > 0 {
		// mptcp_net-next issue 515: TCP_MAXSEG is not settable there.
		warn(o, "the option mss has no effect on MPTCP sockets: the kernel does not take it")
		opts.MSS = 0
	}
	list, err := multipath.Listen(addr, &opts)
	if !missing(err) {
		return list, err
	}
	if !o.MPTCPFallback {
		return nil, fmt.Errorf("%s: %w", advice(), err)
	}
	warn(o, advice()+"; plain TCP is used, as mptcp-fallback says")
	return plain.Listen(addr, &opts)
}

// Dial connects to a server.
func (Protocol) Dial(to protocol.Target, o *protocol.DialOptions) (*relay.Conn, error) {
	c, err := multipath.Dial(to, o)
	if missing(err) && o.MPTCPFallback {
		return plain.Dial(to, o)
	}
	if err == nil {
		c.MarkMPTCP()
	}
	return c, err
}

func warn(o *protocol.ListenOptions, text string) {
	if o.Warn != nil {
		o.Warn(text)
	}
}

// missing reports whether the kernel has no Multipath TCP, or has it turned off.
func missing(err error) bool {
	return errors.Is(err, syscall.EPROTONOSUPPORT) || errors.Is(err, syscall.ENOPROTOOPT) || errors.Is(err, syscall.EINVAL) && !enabled()
}

func enabled() bool {
	text, err := os.ReadFile("/proc/sys/net/mptcp/enabled")
	return err == nil && strings.TrimSpace(string(text)) == "1"
}

// advice says what to do about a kernel without it.
func advice() string {
	if _, err := os.Stat("/proc/sys/net/mptcp/enabled"); err != nil {
		return "this kernel has no Multipath TCP (it needs Linux 5.6 with CONFIG_MPTCP)"
	}
	return "Multipath TCP is turned off in this kernel; turn it on with: sysctl -w net.mptcp.enabled=1"
}
