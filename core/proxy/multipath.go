package proxy

import (
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/mptcp"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Multipath lists the live MPTCP connections, on both sides, with their paths.
// The kernel is asked while streams go on, so a connection that ends meanwhile
// may show no paths.
func (g *Graph) Multipath() string {
	var b strings.Builder
	for _, f := range g.order {
		f.conns.each(func(c *conn) {
			if c.MPTCP() {
				describePaths(&b, fmt.Sprintf("%d %s client", c.facts.ID, f.name), c.Conn)
			}
			if sc := c.upstream.Load(); sc != nil && sc.MPTCP() {
				describePaths(&b, fmt.Sprintf("%d %s server %s/%s", c.facts.ID, f.name, sc.server.backend.name, sc.server.name), sc.Conn)
			}
		})
	}
	for _, f := range g.order {
		if n, plain := f.MPTCP.Load(), f.MPTCPPlain.Load(); n+plain > 0 {
			fmt.Fprintf(&b, "# frontend %s: %d connections by MPTCP, %d by plain TCP, %d further paths, %d retransmits\n",
				f.name, n, plain, f.MPTCPSubflows.Load(), f.MPTCPRetransmits.Load())
		}
	}
	for _, be := range g.backends {
		for _, s := range be.servers {
			if n, plain := s.MPTCP.Load(), s.MPTCPPlain.Load(); n+plain > 0 {
				fmt.Fprintf(&b, "# server %s/%s: %d connections by MPTCP, %d by plain TCP, %d further paths, %d retransmits\n",
					be.name, s.name, n, plain, s.MPTCPSubflows.Load(), s.MPTCPRetransmits.Load())
			}
		}
	}
	return b.String()
}

func describePaths(b *strings.Builder, name string, c *relay.Conn) {
	info, ok := mptcp.Read(c.FD())
	switch {
	case !ok:
		return
	case info.Fallback:
		fmt.Fprintf(b, "%s plain TCP, fallen back\n", name)
		return
	}
	fmt.Fprintf(b, "%s token %08x sent %d received %d retransmits %d\n", name, info.Token, info.Sent, info.Received, info.Retransmits)
	for _, p := range mptcp.Subflows(c.FD()) {
		fmt.Fprintf(b, "  %v -> %v %s rtt %v sent %d received %d retransmits %d\n", p.Local, p.Remote, p.State, p.RTT, p.Sent, p.Received, p.Retransmits)
	}
}
