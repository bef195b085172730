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
	// The numbers of seeded are for one goroutine.
	balancertest.Laws(t, func() balancer.Balancer { return moduletest.New(t, balancer.Kind, "random", ``) }, balancertest.Options{})
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

// With hash-balance-factor no server exceeds its part of the mean, however
// uneven the draws are.
func TestBoundedLoad(t *testing.T) {
	b := seeded(1)
	b.SetHashType("map-based", "", "", 110)
	list := balancertest.Servers(1, 1, 1, 1)
	p := b.Update(balancertest.Set(list))
	for range 400 {
		p.Pick(&balancer.Request{}).(*balancertest.Server).InFlight++
	}
	for _, s := range list {
		if s.InFlight > 111 {
			t.Errorf("%s has %d of 400 streams, more than 1.1 times the mean", s.Label, s.InFlight)
		}
	}
}

// The server that failed the stream is taken only when no other is free, even
// one above the bound.
func TestBoundAndAvoid(t *testing.T) {
	b := seeded(2)
	b.SetHashType("map-based", "", "", 110)
	list := balancertest.Servers(1, 1)
	list[1].InFlight = 50
	set := balancertest.Set(list)
	p := b.Update(set)
	if s := p.Pick(&balancer.Request{Avoid: set[0]}); s != set[1] {
		t.Errorf("picked %v to avoid s1", s)
	}
}

func BenchmarkPick(b *testing.B) {
	p := seeded(2).Update(balancertest.Set(balancertest.Servers(1, 2, 3, 4)))
	r := &balancer.Request{}
	b.ReportAllocs()
	for b.Loop() {
		p.Pick(r)
	}
}
