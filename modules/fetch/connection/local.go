package connection

import (
	"net"
	"net/netip"
	"sync"
)

// isLocal reports whether an address is one of this machine's, which are looked
// up once: at the first use of such a fetch.
func isLocal(a netip.Addr) bool {
	return a.IsLoopback() || localAddrs()[a.Unmap()]
}

var localAddrs = sync.OnceValue(func() map[netip.Addr]bool {
	set := map[netip.Addr]bool{}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return set
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			set[p.Addr().Unmap()] = true
		}
	}
	return set
})
