package roundrobin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
)

func TestConformance(t *testing.T) {
	moduletest.Run(t, balancer.Kind, "roundrobin")
	moduletest.Run(t, balancer.Kind, "static-rr")
}

func TestLaws(t *testing.T) {
	balancertest.Laws(t, func() balancer.Balancer { return &Balancer{} }, balancertest.Options{})
}

func order(p balancer.Picker, n int) string {
	var names []string
	for range n {
		names = append(names, p.Pick(&balancer.Request{}).Name())
	}
	return strings.Join(names, " ")
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		weights []int
		want    string
	}{
		{[]int{1, 1, 1}, "s1 s2 s3 s1 s2 s3"},
		{[]int{100, 100}, "s1 s2 s1 s2"},
		{[]int{1, 2}, "s2 s1 s2 s2 s1 s2"},
		{[]int{3, 1}, "s1 s1 s2 s1 s1 s1 s2 s1"},
	} {
		p := (&Balancer{}).Update(balancertest.Set(balancertest.Servers(c.weights...)))
		if got := order(p, len(strings.Fields(c.want))); got != c.want {
			t.Errorf("weights %v: got %s, want %s", c.weights, got, c.want)
		}
	}
}

// The order is that of HAProxy 2.6.
func TestStaticOrder(t *testing.T) {
	p := (&Balancer{static: true}).Update(balancertest.Set(balancertest.Servers(3, 1, 5)))
	const want = "s1 s3 s1 s3 s2 s3 s1 s3 s3 s1 s3 s1"
	if got := order(p, 12); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// In a full cycle every server has exactly its part, whatever the weights.
func TestWeights(t *testing.T) {
	for _, weights := range [][]int{{1, 256}, {7, 11, 13}, {256, 255, 254, 1}, {5, 5, 10}} {
		total := 0
		for _, w := range weights {
			total += w
		}
		got := balancertest.Counts((&Balancer{}).Update(balancertest.Set(balancertest.Servers(weights...))), total)
		for i, w := range weights {
			if n := got[fmt.Sprintf("s%d", i+1)]; n != w {
				t.Errorf("weights %v: s%d had %d turns", weights, i+1, n)
			}
		}
	}
}

func TestPositionSurvives(t *testing.T) {
	b := &Balancer{}
	set := balancertest.Set(balancertest.Servers(1, 1, 1))
	first := order(b.Update(set), 2)
	if then := order(b.Update(set), 1); first != "s1 s2" || then != "s3" {
		t.Errorf("%s, and after an update %s", first, then)
	}
}

func BenchmarkPick(b *testing.B) {
	p := (&Balancer{}).Update(balancertest.Set(balancertest.Servers(1, 2, 3, 4)))
	r := &balancer.Request{}
	b.ReportAllocs()
	for b.Loop() {
		p.Pick(r)
	}
}
