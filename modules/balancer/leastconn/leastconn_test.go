package leastconn

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
)

func TestConformance(t *testing.T) { moduletest.Run(t, balancer.Kind, "leastconn") }

func TestLaws(t *testing.T) {
	balancertest.Laws(t, func() balancer.Balancer { return &Balancer{} }, balancertest.Options{})
}

func TestLeast(t *testing.T) {
	for _, c := range []struct {
		name    string
		weights []int
		conns   []int64
		want    string
	}{
		{"fewest", []int{1, 1, 1}, []int64{3, 1, 2}, "s2"},
		{"for its weight", []int{1, 10, 1}, []int64{2, 15, 3}, "s2"},
		{"idle", []int{1, 256}, []int64{0, 1}, "s1"},
	} {
		list := balancertest.Servers(c.weights...)
		for i, n := range c.conns {
			list[i].InFlight = n
		}
		p := (&Balancer{}).Update(balancertest.Set(list))
		for range 5 { // wherever the look begins
			if got := p.Pick(&balancer.Request{}).Name(); got != c.want {
				t.Errorf("%s: picked %s, want %s", c.name, got, c.want)
			}
		}
	}
}

func TestEqualsTakeTurns(t *testing.T) {
	got := balancertest.Counts((&Balancer{}).Update(balancertest.Set(balancertest.Servers(1, 1, 1))), 300)
	for _, s := range []string{"s1", "s2", "s3"} {
		if got[s] != 100 {
			t.Errorf("%s was picked %d times of 300", s, got[s])
		}
	}
}

// Also when others, between them in the list, are busy.
func TestSomeEqualsTakeTurns(t *testing.T) {
	list := balancertest.Servers(1, 1, 1, 1)
	list[1].InFlight, list[2].InFlight = 5, 5
	got := balancertest.Counts((&Balancer{}).Update(balancertest.Set(list)), 100)
	if got["s1"] != 50 || got["s4"] != 50 {
		t.Errorf("picked %v while s1 and s4 are idle", got)
	}
}

func BenchmarkPick(b *testing.B) {
	p := (&Balancer{}).Update(balancertest.Set(balancertest.Servers(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)))
	r := &balancer.Request{}
	b.ReportAllocs()
	for b.Loop() {
		p.Pick(r)
	}
}
