// Package leastconn is the balancer that picks the server with the fewest
// streams for its weight, those in its queue counted (HAProxy manual section 4.2
// "balance"). Servers that are equal in that take turns.
//
//	[backend.app]
//	balance = "leastconn"
package leastconn

import (
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(balancer.Kind, "leastconn", module.Spec[Config, balancer.Balancer]{
		Doc: "Picks the server with the fewest connections for its weight",
		New: New,
	})
}

// Config is the configuration: there is nothing to configure.
type Config struct{}

// Balancer remembers where the last pick was made.
type Balancer struct{ next atomic.Int64 } // the place in the set after it

// New makes the balancer.
func New(*module.Context, Config) (balancer.Balancer, error) { return &Balancer{}, nil }

// Update keeps the set.
func (b *Balancer) Update(servers []balancer.Server) balancer.Picker { return &picker{b, servers} }

type picker struct {
	b       *Balancer
	servers []balancer.Server
}

// Pick looks at all servers, beginning after the one picked last, so that those
// that are equal take turns.
func (p *picker) Pick(r *balancer.Request) balancer.Server {
	n := len(p.servers)
	if n == 0 {
		return nil
	}
	start := int(p.b.next.Load()) // the set may have shrunk since
	best, avoided := -1, -1
	var load, weight int64
	for i := range n {
		at := (start + i) % n
		s := p.servers[at]
		switch {
		case s.Full():
			continue
		case s == r.Avoid:
			avoided = at
			continue
		}
		// conns/weight is compared without dividing.
		if c, w := s.Conns(), int64(s.Weight()); best < 0 || c*weight < load*w {
			best, load, weight = at, c, w
		}
	}
	if best < 0 {
		best = avoided
	}
	if best < 0 {
		return nil
	}
	p.b.next.Store(int64(best + 1))
	return p.servers[best]
}
