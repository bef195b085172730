//go:build !linux || portable

package protocol

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/fairleadproxy/fairlead/core/relay"
)

// keepAlive has probes sent or not, at the system's own times.
func keepAlive(on bool) net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: on, Idle: -1, Interval: -1, Count: -1}
}

// ListenInet opens a listening socket of an IP protocol, of which there is TCP
// alone: proto is 0.
func ListenInet(proto int, a netip.AddrPort, o *ListenOptions) (int, error) {
	if proto != 0 {
		return -1, fmt.Errorf("IP protocol %d: %w", proto, syscall.EPROTONOSUPPORT)
	}
	network := "tcp4"
	if a.Addr().Is6() && !a.Addr().Is4In6() {
		network = "tcp6"
		if o.V4V6 && !o.V6Only {
			network = "tcp"
		}
	}
	lc := net.ListenConfig{KeepAlive: -1, KeepAliveConfig: keepAlive(o.KeepAlive), Control: control(func(fd uintptr) error { return setOptions(fd, o) })}
	lc.SetMultipathTCP(false)
	l, err := lc.Listen(context.Background(), network, a.String())
	if err != nil {
		return -1, relay.Cause(err)
	}
	return share(l), nil
}

// control calls set before a socket is bound.
func control(set func(fd uintptr) error) func(string, string, syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) (err error) {
		if cerr := c.Control(func(fd uintptr) { err = set(fd) }); cerr != nil {
			return cerr
		}
		return err
	}
}

// DialInet connects with an IP protocol, of which there is TCP alone: proto is 0.
func DialInet(proto int, to netip.AddrPort, o *DialOptions) (*relay.Conn, error) {
	if proto != 0 {
		return nil, fmt.Errorf("IP protocol %d: %w", proto, syscall.EPROTONOSUPPORT)
	}
	d := net.Dialer{Timeout: o.Timeout, KeepAlive: -1, KeepAliveConfig: keepAlive(o.KeepAlive)}
	d.SetMultipathTCP(false)
	if o.Source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(o.Source)
	}
	return dial(&d, "tcp", to.String(), o)
}

func dial(d *net.Dialer, network, address string, o *DialOptions) (*relay.Conn, error) {
	nc, err := d.DialContext(o.DialContext(), network, address)
	if err != nil {
		return nil, relay.Cause(err)
	}
	return relay.NewSocket(nc)
}
