// Package roundrobin is the balancers that give each server its turn, by weight:
// "roundrobin" and "static-rr" (HAProxy manual section 4.2 "balance").
//
//	[backend.app]
//	balance = "roundrobin"
//
// Servers that are at their maxconn are passed over.
package roundrobin

import (
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/weighted"
)

func init() {
	module.Register(balancer.Kind, "roundrobin", module.Spec[Config, balancer.Balancer]{
		Doc: "Gives each server its turn, by weight",
		New: New,
	})
	module.Register(balancer.Kind, "static-rr", module.Spec[Config, balancer.Balancer]{
		Doc: "Gives each server its turn, by weight, in the order of HAProxy's static map",
		New: NewStatic,
	})
}

// Config is the configuration: there is nothing to configure.
type Config struct{}

// Balancer remembers whose turn it is while the set of servers changes.
type Balancer struct {
	turn   atomic.Uint64
	static bool
}

// New makes roundrobin.
func New(*module.Context, Config) (balancer.Balancer, error) { return &Balancer{}, nil }

// NewStatic makes static-rr.
func NewStatic(*module.Context, Config) (balancer.Balancer, error) {
	return &Balancer{static: true}, nil
}

// Update makes the cycle of turns.
func (b *Balancer) Update(servers []balancer.Server) balancer.Picker {
	cycle := weighted.Sequence
	if b.static {
		cycle = weighted.Map
	}
	return &picker{b, weighted.NewTurns(cycle(servers), servers)}
}

type picker struct {
	b     *Balancer
	turns weighted.Turns
}

// Pick gives the server whose turn it is, or the next that can take the stream.
func (p *picker) Pick(r *balancer.Request) balancer.Server {
	return p.turns.Next(&p.b.turn, r.Avoid)
}
