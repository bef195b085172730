package ewma

import (
	"math"
	"sync/atomic"
	"time"
)

// latency is a peak average and the time of its last observation: nanoseconds
// as a float32 above, milliseconds below, in one word that changes at once. Zero
// means that nothing was observed.
type latency struct{ word atomic.Uint64 }

func pack(nanoseconds float64, at uint32) uint64 {
	return uint64(math.Float32bits(float32(nanoseconds)))<<32 | uint64(at)
}

func unpack(w uint64) (nanoseconds float64, at uint32) {
	return float64(math.Float32frombits(uint32(w >> 32))), uint32(w)
}

// observe takes one latency in.
func (l *latency) observe(now uint32, nanoseconds int64, decay time.Duration) {
	x := float64(max(1, nanoseconds))
	for {
		old := l.word.Load()
		next := x
		if avg, at := unpack(old); old != 0 && avg > x {
			w := influence(now, at, decay)
			next = avg*w + x*(1-w)
		}
		if l.word.CompareAndSwap(old, pack(next, now)) {
			return
		}
	}
}

// value gives the average in nanoseconds, less the older it is; known is false
// when nothing was observed.
func (l *latency) value(now uint32, decay time.Duration) (nanoseconds float64, known bool) {
	w := l.word.Load()
	if w == 0 {
		return 0, false
	}
	avg, at := unpack(w)
	return avg * influence(now, at, decay), true
}

// late is by how many milliseconds two goroutines may disagree on what now is.
const late = 10_000

// influence gives what is left of a value at a later time, from 1 down to 0.
// The clock comes round in 49 days: more than half of that is taken for over.
func influence(now, at uint32, decay time.Duration) float64 {
	d := int32(now - at)
	switch {
	case d < -late:
		return 0
	case d <= 0:
		return 1
	}
	return math.Exp(-float64(d) * float64(time.Millisecond) / float64(decay))
}
