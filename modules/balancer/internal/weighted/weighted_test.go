package weighted

import (
	"math"
	"sync/atomic"
	"testing"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
)

// At every point of the cycle each server has had its part of the turns, give
// or take one.
func TestSequenceIsSmooth(t *testing.T) {
	for _, weights := range [][]int{{1}, {1, 1}, {3, 1}, {7, 11, 13}, {256, 1}, {100, 99, 98, 2}} {
		set := balancertest.Set(balancertest.Servers(weights...))
		total := 0
		for _, w := range weights {
			total += w
		}
		seq := Sequence(set)
		had := map[balancer.Server]int{}
		for i, s := range seq {
			had[s]++
			for _, x := range set {
				due := float64(i+1) * float64(x.Weight()) / float64(total)
				if math.Abs(float64(had[x])-due) > 1 {
					t.Fatalf("weights %v: after %d turns %s had %d, and %.2f are due", weights, i+1, x.Name(), had[x], due)
				}
			}
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	weights := make([]int, 4000)
	for i := range weights {
		weights[i] = 1 + i%256
	}
	set := balancertest.Set(balancertest.Servers(weights...))
	for name, seq := range map[string][]balancer.Server{"sequence": Sequence(set), "map": Map(set)} {
		had := map[balancer.Server]bool{}
		for _, s := range seq {
			had[s] = true
		}
		if len(seq)*len(set) > 16*maxWork || len(had) != len(set) {
			t.Errorf("%s: %d turns for %d of %d servers", name, len(seq), len(had), len(set))
		}
	}
}

// When the servers that have most turns are full, the others are found without
// a walk over the whole cycle, and take turns.
func TestTurnsPassFullServers(t *testing.T) {
	list := balancertest.Servers(256, 1, 1)
	list[0].Max, list[0].InFlight = 1, 1
	set := balancertest.Set(list)
	turns := NewTurns(Sequence(set), set)
	var position atomic.Uint64
	got := map[string]int{}
	const picks = 1000
	for range picks {
		got[turns.Next(&position, nil).Name()]++
	}
	if got["s1"] > 0 || got["s2"] < picks/3 || got["s3"] < picks/3 {
		t.Errorf("picked %v while s1 is full", got)
	}
	if n := position.Load(); n > 2*3*picks {
		t.Errorf("%d turns were passed over for %d picks", n, picks)
	}
	if s := turns.Next(&position, set[1]); s != set[2] {
		t.Errorf("picked %v to avoid s2", s)
	}
	list[1].Max, list[1].InFlight = 1, 1
	list[2].Max, list[2].InFlight = 1, 1
	if s := turns.Next(&position, nil); s != nil {
		t.Errorf("picked %s while all are full", s.Name())
	}
}
