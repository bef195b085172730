package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/fairleadproxy/fairlead/core/protocol"
)

// receiveBuffer is how many bytes the kernel is asked to keep of what has come
// and is not read yet; it grants up to net.core.rmem_max.
const receiveBuffer = 4 << 20

// openSocket takes over the socket called key, or opens one at the address.
func openSocket(at netip.AddrPort, key string, o *protocol.ListenOptions) (*net.UDPConn, error) {
	if o.Inherit != nil {
		if fd := o.Inherit(key); fd >= 0 {
			return inherited(fd, o)
		}
	}
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
		if o.V4V6 && !o.V6Only {
			network = "udp"
		}
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return control(c, o) }}
	pc, err := lc.ListenPacket(context.Background(), network, at.String())
	if err != nil {
		return nil, explain(at, o, err)
	}
	return pc.(*net.UDPConn), nil
}

// inherited makes use of a descriptor, which is its own from now on.
func inherited(fd int, o *protocol.ListenOptions) (*net.UDPConn, error) {
	f := os.NewFile(uintptr(fd), "udp")
	pc, err := net.FilePacketConn(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("the socket that was handed over: %w", err)
	}
	c, ok := pc.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(errors.New("the socket that was handed over is not a UDP socket"), pc.Close())
	}
	raw, err := c.SyscallConn()
	if err == nil {
		err = control(raw, o)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// control sets a socket's options.
func control(c syscall.RawConn, o *protocol.ListenOptions) (err error) {
	if cerr := c.Control(func(fd uintptr) { err = setOptions(int(fd), o) }); cerr != nil {
		return cerr
	}
	return err
}

func setOptions(fd int, o *protocol.ListenOptions) error {
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer) // less is no fault
	level, addresses, transparent := unix.SOL_IP, unix.IP_PKTINFO, unix.IP_TRANSPARENT
	if family == unix.AF_INET6 {
		level, addresses, transparent = unix.SOL_IPV6, unix.IPV6_RECVPKTINFO, unix.IPV6_TRANSPARENT
	}
	if err := unix.SetsockoptInt(fd, level, addresses, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if o.Transparent {
		if err := unix.SetsockoptInt(fd, level, transparent, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	return bindToDevice(fd, o.Interface)
}

func bindToDevice(fd int, name string) error {
	if name == "" {
		return nil
	}
	if err := unix.BindToDevice(fd, name); err != nil {
		return fmt.Errorf("option interface %q: %w", name, os.NewSyscallError("setsockopt", err))
	}
	return nil
}

// onInterface gives what binds a socket to a network interface as it is made.
func onInterface(name string) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) (err error) {
		if cerr := c.Control(func(fd uintptr) { err = bindToDevice(int(fd), name) }); cerr != nil {
			return cerr
		}
		return err
	}
}

// explain says what to do about an error.
func explain(at netip.AddrPort, o *protocol.ListenOptions, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("UDP port %d of %v is in use by another process: %w", at.Port(), at.Addr(), err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("no permission for port %d: start as root, or give the binary CAP_NET_BIND_SERVICE: %w", at.Port(), err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%v is not an address of this machine; the option transparent, or net.ipv4.ip_nonlocal_bind, allows that: %w", at.Addr(), err)
	case errors.Is(err, syscall.EPERM) && o.Transparent:
		return fmt.Errorf("the option transparent needs CAP_NET_ADMIN: %w", err)
	case errors.Is(err, syscall.ENODEV):
		return fmt.Errorf("there is no network interface %q: %w", o.Interface, err)
	}
	return err
}
