package random

import (
	"math/rand/v2"
	"testing"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
)

func TestConformance(t *testing.T) { moduletest.Run(t, balancer.Kind, "random", ``, `draws = 3`) }

// seeded draws the same numbers each time.
func seeded(draws int) *Balancer {
	return &Balancer{draws: draws, intN: rand.New(rand.NewPCG(1, 2)).IntN}
}

func TestLaws(t *testing.T) {
	balancertest.Laws(t, func() balancer.Balancer { return seeded(2) }, balancertest.Options{})
}

func TestWeights(t *testing.T) {
	got := balancertest.Counts(seeded(1).Update(balancertest.Set(balancertest.Servers(1, 3))), 40000)
	if n := got["s2"]; n < 29000 || n > 31000 {
		t.Errorf("a server with 3/4 of the weight was drawn %d times of 40000", n)
	}
}

func TestLeastLoadedOfTwo(t *testing.T) {
	list := balancertest.Servers(1, 1)
	list[0].InFlight = 10
	got := balancertest.Counts(seeded(2).Update(balancertest.Set(list)), 4000)
	// The busy one is picked only when both draws are it: a quarter of the time.
	if n := got["s1"]; n < 800 || n > 1200 {
		t.Errorf("the busy server was picked %d times of 4000", n)
	}
}
