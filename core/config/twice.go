package config

import (
	"fmt"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// boundTwice warns of addresses that two binds have: the kernel would give each
// of them a part of the connections, as it does for programs that start several
// processes.
func (l *loader) boundTwice() {
	seen := map[string]tree.Pos{}
	for _, f := range l.cfg.Frontends {
		if f.Disabled {
			continue
		}
		for i := range f.Bind {
			b := &f.Bind[i]
			addrs, err := address.ParseBind(b.Address.Value)
			if err != nil {
				continue // which is said elsewhere
			}
			for _, a := range addrs {
				l.bound(b, a, seen)
			}
		}
	}
}

func (l *loader) bound(b *Bind, a address.Address, seen map[string]tree.Pos) {
	for one := range a.Each() {
		at := place(one)
		if at == "" || one.HasPort && one.PortLow == 0 {
			continue // the system chooses
		}
		at += b.Interface
		if first, twice := seen[at]; twice {
			l.warn(b.Address.Pos, b.Address.Path, "%v is bound at %v too: each of the two gets a part of the connections", one, first).
				Hint = "give one of them another address"
			return
		}
		seen[at] = b.Address.Pos
	}
}

// place gives what two binds cannot share, "" for what has no place of its own:
// MPTCP has the ports of TCP, and QUIC those of UDP.
func place(a address.Address) string {
	transport := ""
	switch a.Network {
	case address.TCP, address.MPTCP:
		transport = "tcp"
	case address.UDP, address.QUIC:
		transport = "udp"
	case address.Unix, address.Abns, address.Abnsz:
		return a.String()
	default:
		return ""
	}
	host := a.Host
	if ip, ok := a.BindIP(); ok {
		host = ip.String()
	}
	return fmt.Sprintf("%s %s %d ", transport, host, a.PortLow)
}
