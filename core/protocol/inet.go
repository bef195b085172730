package protocol

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Inet is a stream protocol over IP, for modules to build on.
type Inet struct {
	// Name is the prefix of its addresses.
	Name string
	// Proto is the number that socket(2) takes, 0 for TCP; others are Linux's.
	Proto int
}

// Listen opens, or takes over, a listener for each address and port of addr.
func (p Inet) Listen(addr address.Address, o *ListenOptions) ([]Listener, error) {
	return ListenEach(addr, func(at netip.AddrPort) (Listener, error) { return p.listen(at, o) })
}

// ListenEach has open make a listener for each IP address and port of addr. Where
// one fails those before it are closed.
func ListenEach(addr address.Address, open func(netip.AddrPort) (Listener, error)) ([]Listener, error) {
	if !addr.HasPort {
		return nil, errors.New(`a port is missing: write it after the last colon, as in ":80"`)
	}
	ips, err := resolveBind(addr)
	if err != nil {
		return nil, err
	}
	var list []Listener
	for one := range addr.Each() {
		for _, ip := range ips {
			l, err := open(netip.AddrPortFrom(ip, one.PortLow))
			if err != nil {
				for _, l := range list {
					err = errors.Join(err, l.Close())
				}
				return nil, err
			}
			list = append(list, l)
		}
	}
	return list, nil
}

func (p Inet) listen(at netip.AddrPort, o *ListenOptions) (Listener, error) {
	name := p.Name + "@" + at.String()
	key := name + keyOptions(o)
	fd := o.inherited(key)
	if fd < 0 {
		var err error
		if fd, err = ListenInet(p.Proto, at, o); err != nil {
			return nil, explainListen(at, o, err)
		}
	}
	return NewListener(fd, key, name, p.Proto != 0)
}

// keyOptions are the options that a socket which is open cannot change.
func keyOptions(o *ListenOptions) string {
	var b strings.Builder
	if o.Interface != "" {
		b.WriteString(" interface " + o.Interface)
	}
	if o.Transparent {
		b.WriteString(" transparent")
	}
	if o.V4V6 {
		b.WriteString(" v4v6")
	}
	return b.String()
}

// explainListen says what to do about an error.
func explainListen(at netip.AddrPort, o *ListenOptions, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%v is in use by another process%s: %w", at, holder(at), err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("no permission for port %d: start as root, or give the binary CAP_NET_BIND_SERVICE: %w", at.Port(), err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%v is not an address of this machine; the option transparent, or net.ipv4.ip_nonlocal_bind, allows that: %w", at.Addr(), err)
	case errors.Is(err, syscall.EPERM) && o.Transparent:
		return fmt.Errorf("the option transparent needs CAP_NET_ADMIN: %w", err)
	case errors.Is(err, syscall.ENODEV):
		return fmt.Errorf("there is no network interface %q: %w", o.Interface, err)
	}
	return fmt.Errorf("%v: %w", at, err)
}

// Dial connects.
func (p Inet) Dial(to Target, o *DialOptions) (*relay.Conn, error) {
	return DialInet(p.Proto, to.Addr, o)
}

// resolveTimeout bounds the time that a bind's name takes to resolve.
const resolveTimeout = 5 * time.Second

// resolveBind gives the addresses to bind to.
func resolveBind(addr address.Address) ([]netip.Addr, error) {
	if ip, ok := addr.BindIP(); ok {
		return []netip.Addr{ip}, nil
	}
	return Resolve(context.Background(), addr, resolveTimeout)
}

// Resolve finds the addresses of a host by the system's resolver, those of the
// family that the address demands.
func Resolve(ctx context.Context, addr address.Address, timeout time.Duration) ([]netip.Addr, error) {
	if addr.IP.IsValid() {
		return []netip.Addr{addr.IP}, nil
	}
	network := "ip"
	switch addr.Family {
	case address.V4:
		network = "ip4"
	case address.V6:
		network = "ip6"
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, network, addr.Host)
	if err != nil {
		return nil, fmt.Errorf("cannot resolve %q: %w", addr.Host, err)
	}
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	return ips, nil
}
