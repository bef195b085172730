package process

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A proxy's heap is small and its garbage short-lived: what a TLS handshake
// leaves is most of it. Collecting whenever the heap has doubled would cost a
// good part of the processor time, and collecting rarely would keep memory that
// idle connections have no use for. So the heap may grow by headroom before it is
// collected while there is much to do, and is collected and given back once
// there is little.

// headroom is how much the heap may grow from one collection to the next, in
// bytes, where doubling would be less.
const headroom = 48 << 20

// The bounds of the percentage that says so to the runtime, whose own is 100.
const (
	leastGrowth = 100
	mostGrowth  = 1000
)

// lookEvery is how often the heap is looked at; quiet is how little is allocated
// in that time when there is little to do, and worth how much garbage is worth
// a collection then, both in bytes.
const (
	lookEvery = time.Second
	quiet     = 1 << 20
	worth     = 4 << 20
)

// TuneMemory has the runtime collect garbage as suits a proxy, until ctx ends. An
// environment that sets GOGC has its way.
func TuneMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	h := newHeap()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.look()
		}
	}
}

// heap is what was seen of the heap.
type heap struct {
	samples   []metrics.Sample
	growth    int
	allocated uint64 // ever
}

// The places of the samples.
const (
	live = iota
	objects
	allocated
)

func newHeap() *heap {
	h := &heap{growth: leastGrowth, samples: []metrics.Sample{
		live: {Name: "/gc/heap/live:bytes"}, objects: {Name: "/memory/classes/heap/objects:bytes"}, allocated: {Name: "/gc/heap/allocs:bytes"},
	}}
	h.look()
	return h
}

// look sets how much the heap may grow, or collects it.
func (h *heap) look() {
	metrics.Read(h.samples)
	kept, now, ever := h.samples[live].Value.Uint64(), h.samples[objects].Value.Uint64(), h.samples[allocated].Value.Uint64()
	made := ever - h.allocated
	h.allocated = ever
	if made < quiet && now > kept+worth {
		debug.FreeOSMemory()
		return
	}
	growth := growthFor(kept)
	if growth > h.growth*5/4 || growth < h.growth*4/5 {
		h.growth = growth
		debug.SetGCPercent(growth)
	}
}

// growthFor gives the percentage by which a heap may grow of which so many bytes
// are in use.
func growthFor(kept uint64) int {
	return int(min(max(headroom*100/max(kept, 1), leastGrowth), mostGrowth))
}
