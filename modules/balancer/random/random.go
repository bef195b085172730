// Package random is the balancer that draws servers at random, by weight, and
// picks the least loaded of those drawn (HAProxy manual section 4.2 "balance").
//
//	[backend.app]
//	balance = { type = "random", draws = 3 }
//
// With hash-balance-factor in the backend, servers that carry more than so many
// percent of the mean are not drawn.
package random

import (
	"math/rand/v2"
	"sort"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/load"
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
	draws  int
	factor int             // hash-balance-factor
	intN   func(n int) int // a number from 0 to n-1
}

// New makes the balancer.
func New(_ *module.Context, c Config) (balancer.Balancer, error) {
	return &Balancer{draws: c.Draws, intN: rand.IntN}, nil
}

// SetHashType gives the backend's hash-balance-factor, which random has in
// common with consistent hashes.
func (b *Balancer) SetHashType(_, _, _ string, factor int) { b.factor = factor }

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
	limit := load.Bound(p.servers, p.b.factor)
	for range p.b.draws {
		s := p.servers[sort.SearchInts(p.upTo, p.b.intN(p.total)+1)]
		if !s.Full() && s != r.Avoid && limit.Allows(s) && (best == nil || s.Conns()*int64(best.Weight()) < best.Conns()*int64(s.Weight())) {
			best = s
		}
	}
	if best != nil {
		return best
	}
	if s := p.any(r, limit); s != nil && s != r.Avoid {
		return s
	}
	return p.any(r, load.Limit{})
}

// any finds a free server within the limit when none of those drawn was.
func (p *picker) any(r *balancer.Request, limit load.Limit) balancer.Server {
	var avoided balancer.Server
	start := p.b.intN(len(p.servers))
	for i := range p.servers {
		s := p.servers[(start+i)%len(p.servers)]
		switch {
		case s.Full() || !limit.Allows(s):
		case s == r.Avoid:
			avoided = s
		default:
			return s
		}
	}
	return avoided
}

var _ balancer.HashTyped = (*Balancer)(nil)
