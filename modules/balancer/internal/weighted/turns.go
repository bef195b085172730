package weighted

import (
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/balancer"
)

// Turns gives servers their turns in a cycle.
type Turns struct {
	cycle, servers []balancer.Server
}

// NewTurns makes turns of a cycle of the servers.
func NewTurns(cycle, servers []balancer.Server) Turns { return Turns{cycle, servers} }

// Cycle gives the cycle, which is not to be changed.
func (t Turns) Cycle() []balancer.Server { return t.cycle }

// Next gives the server whose turn it is, or the next that can take a stream:
// avoid only when no other can, and nil when all are full. position is where the
// cycle stands; it may be shared by all goroutines.
func (t Turns) Next(position *atomic.Uint64, avoid balancer.Server) balancer.Server {
	// A cycle is much longer than the list when weights differ, and must not be
	// walked for each stream while servers are full.
	for range min(len(t.cycle), 2*len(t.servers)) {
		s := t.cycle[(position.Add(1)-1)%uint64(len(t.cycle))]
		if s != avoid && !s.Full() {
			return s
		}
	}
	var last balancer.Server
	start := int(position.Load() % uint64(max(1, len(t.servers))))
	for i := range t.servers {
		switch s := t.servers[(start+i)%len(t.servers)]; {
		case s.Full():
		case s == avoid:
			last = s
		default:
			return s
		}
	}
	return last
}
