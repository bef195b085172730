//go:build !portable

package protocol

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fairleadproxy/fairlead/core/mptcp"
	"github.com/fairleadproxy/fairlead/core/relay"
	"golang.org/x/sys/unix"
)

// socket opens a non-blocking stream socket.
func socket(family, proto int) (int, error) {
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
	return fd, os.NewSyscallError("socket", err)
}

// SockaddrOf gives the kernel's form of an IP address.
func SockaddrOf(a netip.AddrPort) (family int, sa unix.Sockaddr, err error) {
	if a.Addr().Is4() || a.Addr().Is4In6() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}, nil
	}
	sa6 := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if zone := a.Addr().Zone(); zone != "" {
		ifi, err := net.InterfaceByName(zone)
		if err != nil {
			return 0, nil, fmt.Errorf("interface %q of the address: %w", zone, err)
		}
		sa6.ZoneId = uint32(ifi.Index)
	}
	return unix.AF_INET6, sa6, nil
}

// addrPort reads the kernel's form; UNIX addresses give the zero value.
func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		a := netip.AddrFrom16(sa.Addr)
		if a.Is4In6() {
			a = a.Unmap()
		} else if sa.ZoneId != 0 {
			if ifi, err := net.InterfaceByIndex(int(sa.ZoneId)); err == nil {
				a = a.WithZone(ifi.Name)
			}
		}
		return netip.AddrPortFrom(a, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// option is one socket option that may be asked for.
type option struct {
	wanted     bool
	name       string // as in the configuration
	level, opt int
	value      int
}

// setOptions sets options on a socket of a protocol. What the kernel does not
// take on MPTCP sockets is no error: warn is told, where it is not nil.
func setOptions(fd, proto int, opts []option, warn func(text string)) error {
	for _, o := range opts {
		if !o.wanted {
			continue
		}
		err := unix.SetsockoptInt(fd, o.level, o.opt, o.value)
		switch {
		case err == nil:
		case proto == unix.IPPROTO_MPTCP && (err == unix.ENOPROTOOPT || err == unix.EOPNOTSUPP):
			if warn != nil {
				warn("the option " + o.name + " has no effect: this kernel does not take it on MPTCP sockets")
			}
		default:
			return fmt.Errorf("option %s: %w", o.name, os.NewSyscallError("setsockopt", err))
		}
	}
	return nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tcpListenOptions are set before bind. Accepted sockets inherit those that
// concern connections, which saves a system call for each on every accept.
func tcpListenOptions(family int, o *ListenOptions) []option {
	return []option{
		{true, "reuseaddr", unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
		{!o.NoReusePort, "reuseport", unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
		{true, "nodelay", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{o.KeepAlive, "keepalive", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{family == unix.AF_INET6, "v6only", unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, flag(o.V6Only || !o.V4V6)},
		{o.Transparent && family == unix.AF_INET, "transparent", unix.SOL_IP, unix.IP_TRANSPARENT, 1},
		{o.Transparent && family == unix.AF_INET6, "transparent", unix.SOL_IPV6, unix.IPV6_TRANSPARENT, 1},
		{o.TCPUT > 0, "tcp-ut", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(o.TCPUT / time.Millisecond)},
		{o.DeferAccept, "defer-accept", unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1},
		{o.TFO, "tfo", unix.IPPROTO_TCP, unix.TCP_FASTOPEN, max(o.Backlog, 128)},
		{o.MSS > 0, "mss", unix.IPPROTO_TCP, unix.TCP_MAXSEG, o.MSS},
	}
}

// ListenInet opens a listening socket of an IP protocol: 0 for TCP,
// unix.IPPROTO_MPTCP for MPTCP.
func ListenInet(proto int, a netip.AddrPort, o *ListenOptions) (int, error) {
	family, sa, err := SockaddrOf(a)
	if err != nil {
		return -1, err
	}
	fd, err := socket(family, proto)
	if err != nil {
		return -1, err
	}
	err = setOptions(fd, proto, tcpListenOptions(family, o), o.Warn)
	if err == nil && o.Interface != "" {
		if err = unix.BindToDevice(fd, o.Interface); err != nil {
			err = fmt.Errorf("option interface %q: %w", o.Interface, os.NewSyscallError("setsockopt", err))
		}
	}
	if err == nil {
		err = os.NewSyscallError("bind", unix.Bind(fd, sa))
	}
	if err == nil {
		err = os.NewSyscallError("listen", unix.Listen(fd, backlog(o)))
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// backlog is what the configuration says, else as much as the kernel grants.
func backlog(o *ListenOptions) int {
	if o.Backlog > 0 {
		return o.Backlog
	}
	return 1 << 16
}

// listener accepts on a socket.
type listener struct {
	file  *os.File
	raw   syscall.RawConn
	fd    int
	name  string
	key   string
	local netip.AddrPort // zero when each connection has its own
	mptcp bool

	closed atomic.Bool

	accept func(fd uintptr) bool
	got    int
	from   netip.AddrPort
	err    error
}

// NewListener makes a Listener of a listening socket, which it owns from now
// on. prefix and the bound address make what Addr gives, name when the socket
// has no IP address.
func NewListener(fd int, key, name string, mptcp bool) (Listener, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	l := &listener{file: os.NewFile(uintptr(fd), name), fd: fd, key: key, name: name, mptcp: mptcp}
	var err error
	if l.raw, err = l.file.SyscallConn(); err != nil {
		l.file.Close()
		return nil, err
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		l.file.Close()
		return nil, os.NewSyscallError("getsockname", err)
	}
	if a := addrPort(sa); a.IsValid() {
		if prefix, _, ok := strings.Cut(name, "@"); ok {
			l.name = prefix + "@" + a.String()
		}
		if !a.Addr().IsUnspecified() {
			l.local = a
		}
	}
	l.accept = l.tryAccept
	return l, nil
}

func (l *listener) tryAccept(fd uintptr) bool {
	for {
		nfd, from, err := accept4(int(fd))
		switch err {
		case nil:
			l.got, l.from = nfd, from
			return true
		case unix.EINTR, unix.ECONNABORTED:
			continue
		case unix.EAGAIN:
			return false
		}
		l.err = os.NewSyscallError("accept4", err)
		return true
	}
}

func (l *listener) Accept(info *Accepted) (*relay.Conn, error) {
	l.err = nil
	if err := l.raw.Read(l.accept); err != nil {
		if l.closed.Load() {
			return nil, net.ErrClosed
		}
		return nil, err
	}
	if l.err != nil {
		return nil, l.err
	}
	fd := l.got
	info.Src, info.Dst = l.from, l.local
	if !info.Dst.IsValid() && info.Src.IsValid() {
		if sa, err := unix.Getsockname(fd); err == nil {
			info.Dst = addrPort(sa)
		}
	}
	c, err := relay.NewSocket(fd)
	// Clients that never asked for MPTCP have plain sockets.
	if err == nil && l.mptcp && mptcp.Is(fd) {
		c.MarkMPTCP()
	}
	return c, err
}

func (l *listener) Addr() string { return l.name }
func (l *listener) Key() string  { return l.key }
func (l *listener) FD() int      { return l.fd }
func (l *listener) Close() error {
	l.closed.Store(true)
	return l.file.Close()
}

// DialInet connects with an IP protocol: 0 for TCP, unix.IPPROTO_MPTCP for MPTCP.
func DialInet(proto int, to netip.AddrPort, o *DialOptions) (*relay.Conn, error) {
	family, sa, err := SockaddrOf(to)
	if err != nil {
		return nil, err
	}
	fd, err := socket(family, proto)
	if err != nil {
		return nil, err
	}
	err = setOptions(fd, proto, []option{
		{true, "nodelay", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{o.KeepAlive, "keepalive", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{o.TCPUT > 0, "tcp-ut", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(o.TCPUT / time.Millisecond)},
		{o.TFO, "tfo", unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT, 1},
	}, nil)
	if err == nil && o.Interface != "" {
		err = os.NewSyscallError("setsockopt", unix.BindToDevice(fd, o.Interface))
	}
	if err == nil && o.Source.IsValid() {
		err = bindSource(fd, o.Source)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return connect(fd, sa, o)
}

func bindSource(fd int, from netip.AddrPort) error {
	_, sa, err := SockaddrOf(from)
	if err != nil {
		return err
	}
	if from.Port() == 0 {
		// The port is chosen at connect, so that one may serve many peers.
		if err := unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	return os.NewSyscallError("bind", unix.Bind(fd, sa))
}

// connect connects the socket, which it closes on an error. The first attempt
// is made before the poller knows the socket, so that it sees no event of the
// unconnected state.
func connect(fd int, sa unix.Sockaddr, o *DialOptions) (*relay.Conn, error) {
	err := unix.Connect(fd, sa)
	if err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	c, nerr := relay.NewSocket(fd)
	if nerr != nil || err == nil {
		return c, nerr
	}
	if err := unix.Connect(fd, sa); err == nil || err == unix.EISCONN {
		return c, nil // as is the case with peers on this machine
	}
	ctx := o.DialContext()
	stop := context.AfterFunc(ctx, c.Interrupt)
	err = c.Connect(sa, o.Timeout)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}
