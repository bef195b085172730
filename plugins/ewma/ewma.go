// Package ewma is the balancer that prefers servers which answer fast: it draws
// two servers and picks the one where latency × (streams in flight + 1) ÷ weight
// is lower.
//
//	[backend.app]
//	balance = { type = "ewma", decay = "10s" }
//
// Latency is an exponentially weighted moving average over the time from when a
// server has the request until its response begins. It is a peak average: a
// latency above it replaces it at once, and lower ones bring it down over the
// decay time. It also goes down while a server is not used, so that a server
// that was slow once is tried again.
//
// A server whose latency is not known yet gets one stream at first; what follows
// while that one is under way counts as slow as a failure. Where nothing is
// observed at all, as in mode tcp, the balancer picks by streams in flight.
//
// Balancers and pickers are safe for concurrent use, but for Update. The package
// does not take servers out: that is what checks and observe are for.
package ewma

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
)

// The version of core's API that the package is written for.
var _ = module.API1

func init() {
	module.Register(balancer.Kind, "ewma", module.Spec[Config, balancer.Balancer]{
		Doc:       "Draws two servers and picks the one with the lower latency for its load and weight",
		Stability: module.Beta,
		Defaults:  func() Config { return Config{Decay: 10 * time.Second, Penalty: time.Second} },
		New:       New,
	})
}

// Config is the configuration.
type Config struct {
	// Decay is the time in which an old latency loses all but 37% of its
	// influence. Default 10s.
	Decay time.Duration `toml:"decay" min:"1ms"`
	// Penalty is the latency that a failed response counts as, when it took
	// less. Default 1s.
	Penalty time.Duration `toml:"penalty" min:"1ms"`
}

// Balancer remembers latencies.
type Balancer struct {
	config Config
	clock  module.Clock
	start  time.Time
	intN   func(n int) int // a number from 0 to n-1
	known  atomic.Pointer[map[balancer.Server]*latency]
}

// New makes the balancer.
func New(ctx *module.Context, c Config) (balancer.Balancer, error) {
	var clock module.Clock = module.RealClock{}
	if ctx != nil {
		clock = ctx.Clock()
	}
	return newBalancer(c, clock, rand.IntN), nil
}

func newBalancer(c Config, clock module.Clock, intN func(int) int) *Balancer {
	b := &Balancer{config: c, clock: clock, start: clock.Now(), intN: intN}
	b.known.Store(&map[balancer.Server]*latency{})
	return b
}

// Update keeps the latencies of servers that stay. One that comes back is not
// known: what it was before it went says little.
func (b *Balancer) Update(servers []balancer.Server) balancer.Picker {
	before, now := *b.known.Load(), make(map[balancer.Server]*latency, len(servers))
	p := &picker{b: b, list: make([]candidate, len(servers))}
	for i, s := range servers {
		l := before[s]
		if l == nil {
			l = new(latency)
		}
		now[s] = l
		p.list[i] = candidate{s, l}
	}
	b.known.Store(&now)
	return p
}

// Observe takes a latency into a server's average.
func (b *Balancer) Observe(s balancer.Server, nanoseconds int64, failed bool) {
	if failed {
		nanoseconds = max(nanoseconds, int64(b.config.Penalty))
	}
	if l := (*b.known.Load())[s]; l != nil {
		l.observe(b.ticks(), nanoseconds, b.config.Decay)
	}
}

// ticks gives the time in milliseconds since the balancer was made.
func (b *Balancer) ticks() uint32 { return uint32(b.clock.Now().Sub(b.start).Milliseconds()) }
