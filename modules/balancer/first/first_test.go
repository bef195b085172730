package first

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
)

func TestConformance(t *testing.T) { moduletest.Run(t, balancer.Kind, "first") }

func TestLaws(t *testing.T) {
	balancertest.Laws(t, func() balancer.Balancer { return Balancer{} }, balancertest.Options{})
}

func TestFillsByID(t *testing.T) {
	list := balancertest.Servers(1, 1, 1)
	list[0].Number, list[2].Number = 3, 1 // s3 comes first by its ID
	for _, s := range list {
		s.Max = 2
	}
	p := Balancer{}.Update(balancertest.Set(list))
	for _, want := range []string{"s3", "s3", "s2", "s2", "s1", "s1"} {
		s := p.Pick(&balancer.Request{}).(*balancertest.Server)
		if s.Label != want {
			t.Fatalf("picked %s, want %s", s.Label, want)
		}
		s.InFlight++
	}
}
