package proxy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/mptcp"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// paths are what a configuration declares for the kernel's path manager, and
// what was changed there for it.
type paths struct {
	at      tree.Text // in the configuration
	want    mptcp.Paths
	manager *mptcp.Manager
	applied *mptcp.Applied
}

func pathsOf(c *config.Mptcp) paths {
	p := paths{want: mptcp.NoPaths()}
	if c == nil {
		return p
	}
	p.at = tree.Text{Pos: c.Pos, Path: "global.mptcp"}
	if c.Subflows != nil {
		p.want.Limits.Subflows = *c.Subflows
	}
	if c.AddAddrAccepted != nil {
		p.want.Limits.AddAddrAccepted = *c.AddAddrAccepted
	}
	for _, e := range c.Endpoints {
		p.want.Endpoints = append(p.want.Endpoints, mptcp.Endpoint{
			Addr: e.Address.Addr, Port: e.Port, Device: e.Device,
			Signal: e.Signal, Subflow: e.Subflow, Backup: e.Backup, Fullmesh: e.Fullmesh,
		})
	}
	return p
}

// apply makes the kernel have what is declared, in place of what the graph
// before declared.
func (p *paths) apply(before *Graph) error {
	var had *mptcp.Applied
	if before != nil {
		had = before.paths.applied
	}
	declared := p.at.Path != ""
	if !declared && (had == nil || had.Empty()) {
		return nil
	}
	var err error
	if p.manager, err = mptcp.Open(); err == nil {
		p.applied, err = mptcp.Apply(p.manager, p.want, had)
	}
	if err != nil {
		return where(p.at, err)
	}
	return nil
}

// undo takes back what was changed, unless another graph has taken it over.
func (p *paths) undo() error {
	var err error
	if p.applied != nil {
		err = p.applied.Undo()
	}
	if p.manager != nil {
		err = errors.Join(err, p.manager.Close())
	}
	return err
}

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
	if n := relay.SpliceRefused(); n > 0 {
		fmt.Fprintf(&b, "# splice(2) was refused by this kernel %d times; those connections pass through buffers\n", n)
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
