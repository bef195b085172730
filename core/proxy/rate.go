package proxy

import (
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/relay"
)

const second = int64(1e9)

// rate counts events over a sliding second, as HAProxy does: the events of this
// second, and those of the last one in proportion to what is left of it.
type rate struct {
	start      atomic.Int64 // tick at which the current second began
	curr, prev atomic.Int64
	max        atomic.Int64 // the most in one of the seconds that are over
}

func (r *rate) add() {
	r.turn(relay.Ticks())
	r.curr.Add(1)
}

// turn begins a new second when the current one is over.
func (r *rate) turn(now int64) {
	start := r.start.Load()
	age := now - start
	if age < second || !r.start.CompareAndSwap(start, now-age%second) {
		return
	}
	n := r.curr.Swap(0)
	if n > r.max.Load() {
		r.max.Store(n)
	}
	if age >= 2*second {
		n = 0
	}
	r.prev.Store(n)
}

func (r *rate) perSecond() int64 {
	now := relay.Ticks()
	r.turn(now)
	left := second - (now - r.start.Load())
	return r.curr.Load() + r.prev.Load()*max(left, 0)/second
}

// most gives the most in any second.
func (r *rate) most() int64 { return max(r.max.Load(), r.perSecond()) }
