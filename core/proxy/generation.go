package proxy

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

// The methods of process.Generation; see there.

// resolveTimeout bounds the time that a server's name takes to resolve.
const resolveTimeout = 5 * time.Second

// Open resolves the servers' names, opens the listeners and starts the modules.
// The error is a *tree.Errors where it is about a place in the configuration.
func (g *Graph) Open() error {
	errs := &tree.Errors{}
	for _, b := range g.backends {
		for _, s := range b.servers {
			errs.Add(s.resolve(), tree.Pos{}, "")
		}
	}
	for _, f := range g.order {
		for _, b := range f.binds {
			errs.Add(g.listen(b), tree.Pos{}, "")
		}
	}
	if err := errs.Err(); err != nil {
		return err
	}
	if err := g.instances.Prepare(g.ctx); err != nil {
		return err
	}
	g.prepared = true
	if err := g.instances.Start(g.ctx); err != nil {
		g.prepared = false // all are stopped
		return err
	}
	if err := g.paths.apply(g.before); err != nil {
		return err
	}
	var checked []*Server
	for _, b := range g.backends {
		b.adopt(g.before)
		b.Refresh()
		for _, s := range b.servers {
			if s.checks.check != nil {
				checked = append(checked, s)
			}
		}
	}
	for i, s := range checked {
		s.startChecks(i, len(checked))
	}
	g.before = nil
	return nil
}

// listen opens a bind's listeners.
func (g *Graph) listen(b *Bind) error {
	o := b.options
	o.Inherit = g.inherit
	o.Warn = func(text string) { g.log.Warn(text, "bind", b.name) }
	errs := &tree.Errors{}
	for _, p := range b.places {
		list, err := p.proto.Listen(p.addr, &o)
		if err != nil {
			errs.Add(where(b.at, err), tree.Pos{}, "")
			continue
		}
		for _, l := range list {
			b.listeners = append(b.listeners, listener{l, p.addr.Protocol()})
		}
	}
	return errs.Err()
}

// resolve finds the server's IP address.
func (s *Server) resolve() error {
	if s.path != "" || s.spec.Wildcard() {
		return nil
	}
	ips, err := protocol.Resolve(context.Background(), s.spec, resolveTimeout)
	if err != nil {
		return where(s.at, err)
	}
	a := netip.AddrPortFrom(ips[0], s.spec.PortLow)
	s.addr.Store(&a)
	return nil
}

// adopt takes over what the graph before knew of servers that are in both.
func (b *Backend) adopt(before *Graph) {
	if before == nil {
		return
	}
	old := before.backends[b.name]
	if old == nil {
		return
	}
	for _, s := range b.servers {
		for _, was := range old.servers {
			if was.name == s.name && was.spec == s.spec {
				s.adopt(was)
			}
		}
	}
}

// Sockets gives the listening descriptors by key.
func (g *Graph) Sockets() map[string]int {
	fds := map[string]int{}
	for _, f := range g.order {
		for _, b := range f.binds {
			for _, l := range b.listeners {
				if fd := l.FD(); fd >= 0 {
					fds[l.Key()] = fd
				}
			}
		}
	}
	return fds
}

// Listening is a socket that clients connect to.
type Listening struct {
	Frontend string
	HTTP     bool
	TLS      bool
	Address  string // such as "tcp@0.0.0.0:80"
	Port     uint16 // 0 for none
}

// Listening gives the sockets in the order of the configuration.
func (g *Graph) Listening() []Listening {
	var list []Listening
	for _, f := range g.order {
		for _, b := range f.binds {
			for _, l := range b.listeners {
				_, at, _ := strings.Cut(l.Addr(), "@")
				a, err := netip.ParseAddrPort(at)
				if err != nil {
					a = netip.AddrPort{} // it has no port
				}
				list = append(list, Listening{f.name, f.http, b.tls != nil, l.Addr(), a.Port()})
			}
		}
	}
	return list
}

// HardStopAfter is how long the graph may drain.
func (g *Graph) HardStopAfter() time.Duration { return g.hardStopAfter }

// Commands gives those that the modules have for the command socket.
func (g *Graph) Commands() []admin.Command {
	var list []admin.Command
	for _, x := range g.instances.All() {
		if c, ok := x.(admin.Commander); ok {
			list = append(list, c.Commands()...)
		}
	}
	return list
}

// Reopen has the loggers reopen their files.
func (g *Graph) Reopen() error {
	var errs []error
	for _, x := range g.instances.All() {
		if r, ok := x.(logs.Reopener); ok {
			errs = append(errs, r.Reopen())
		}
	}
	return errors.Join(errs...)
}

// closedContext is a context that is over: what cannot end at once is not waited for.
func closedContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
