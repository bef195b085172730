// Package allocs counts allocations.
package allocs

import (
	"math"
	"runtime"
	"testing"
)

// Counted reports whether Of counts.
const Counted = !race

// Of gives how often fn allocates: the least of some rounds, since what else the
// process does allocates too. Under the race detector it gives 0, for there
// pools forget at random what they hold.
func Of(fn func()) float64 {
	if race {
		return 0
	}
	fn()
	least := math.Inf(1)
	for range 5 {
		if least = min(least, testing.AllocsPerRun(20, fn)); least == 0 {
			break
		}
		runtime.Gosched()
	}
	return least
}
