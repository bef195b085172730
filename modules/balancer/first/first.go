// Package first is the balancer that fills servers one after another: the first
// by ID that has a free slot (HAProxy manual section 4.2 "balance"). It makes
// sense with a maxconn on each server, so that those at the end can be turned off.
//
//	[backend.app]
//	balance = "first"
package first

import (
	"cmp"
	"slices"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(balancer.Kind, "first", module.Spec[Config, balancer.Balancer]{
		Doc: "Picks the first server, by ID, that has a free slot",
		New: New,
	})
}

// Config is the configuration: there is nothing to configure.
type Config struct{}

// Balancer has no state.
type Balancer struct{}

// New makes the balancer.
func New(*module.Context, Config) (balancer.Balancer, error) { return Balancer{}, nil }

// Update sorts the servers by ID.
func (Balancer) Update(servers []balancer.Server) balancer.Picker {
	slices.SortFunc(servers, func(a, b balancer.Server) int { return cmp.Compare(a.ID(), b.ID()) })
	return picker(servers)
}

type picker []balancer.Server

// Pick gives the first one that is free.
func (p picker) Pick(r *balancer.Request) balancer.Server {
	var avoided balancer.Server
	for _, s := range p {
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
