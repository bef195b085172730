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
