package process

import "testing"

func TestGrowth(t *testing.T) {
	for kept, want := range map[uint64]int{0: mostGrowth, 1 << 20: mostGrowth, 8 << 20: 600, 16 << 20: 300, 48 << 20: 100, 1 << 30: leastGrowth} {
		if got := growthFor(kept); got != want {
			t.Errorf("a heap of %d MiB may grow by %d%%, want %d%%", kept>>20, got, want)
		}
	}
}

// What was garbage when the work ended is given back while nothing happens.
func TestQuietHeapIsCollected(t *testing.T) {
	h := newHeap()
	var keep [][]byte
	for range 64 {
		keep = append(keep, make([]byte, 1<<20))
	}
	h.look()
	clear(keep)
	for range 3 {
		h.look()
	}
	if now := h.samples[objects].Value.Uint64(); now > 32<<20 {
		t.Errorf("%d MiB are held after the work has ended", now>>20)
	}
}
