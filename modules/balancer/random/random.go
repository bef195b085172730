// Package random is the balancer that draws servers at random, by weight, and
// picks the least loaded of those drawn (HAProxy manual section 4.2 "balance").
//
//	[backend.app]
//	balance = { type = "random", draws = 3 }
package random

import (
	"math/rand/v2"
	"sort"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(balancer.Kind, "random", module.Spec[Config, balancer.Balancer]{
		Doc:      "Draws servers at random and picks the least loaded of them",
		Defaults: func() Config { return Config{Draws: 2} },
		New:      New,
	})
}

// Config is the configuration.
type Config struct {
	// Draws is how many servers are drawn for each pick. Default 2.
	Draws int `toml:"draws" min:"1" max:"100"`
}

// Balancer draws servers.
type Balancer struct {
	draws int
	intN  func(n int) int // a number from 0 to n-1
}

// New makes the balancer.
func New(_ *module.Context, c Config) (balancer.Balancer, error) {
	return &Balancer{draws: c.Draws, intN: rand.IntN}, nil
}

// Update sums the weights.
func (b *Balancer) Update(servers []balancer.Server) balancer.Picker {
	p := &picker{b: b, servers: servers, upTo: make([]int, len(servers))}
	for i, s := range servers {
		p.total += s.Weight()
		p.upTo[i] = p.total
	}
	return p
}

type picker struct {
	b       *Balancer
	servers []balancer.Server
	upTo    []int // the sum of the weights up to each server
	total   int
}

// Pick draws.
func (p *picker) Pick(r *balancer.Request) balancer.Server {
	if len(p.servers) == 0 {
		return nil
	}
	var best balancer.Server
	for range p.b.draws {
		s := p.servers[sort.SearchInts(p.upTo, p.b.intN(p.total)+1)]
		if !s.Full() && s != r.Avoid && (best == nil || s.Conns()*int64(best.Weight()) < best.Conns()*int64(s.Weight())) {
			best = s
		}
	}
	if best != nil {
		return best
	}
	return p.any(r)
}

// any finds a free server when none of those drawn was.
func (p *picker) any(r *balancer.Request) balancer.Server {
	var avoided balancer.Server
	start := p.b.intN(len(p.servers))
	for i := range p.servers {
		s := p.servers[(start+i)%len(p.servers)]
		switch {
		case s.Full():
		case s == r.Avoid:
			avoided = s
		default:
			return s
		}
	}
	return avoided
}
