package load

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
)

func TestBound(t *testing.T) {
	for _, c := range []struct {
		name    string
		weights []int
		conns   []int64
		factor  int
		allowed []bool
	}{
		{"none", []int{1, 1}, []int64{1000, 0}, 0, []bool{true, true}},
		{"idle", []int{1, 1, 1}, []int64{0, 0, 0}, 150, []bool{true, true, true}},
		{"over the mean", []int{1, 1}, []int64{10, 9}, 101, []bool{true, true}}, // ⌈1.01 × 20/2⌉ is 11
		{"at the bound", []int{1, 1}, []int64{15, 4}, 150, []bool{false, true}},
		{"below the bound", []int{1, 1}, []int64{14, 5}, 150, []bool{true, true}},
		{"by weight", []int{3, 1}, []int64{45, 14}, 101, []bool{true, true}},
		{"by weight, at the bound", []int{3, 1}, []int64{43, 16}, 101, []bool{true, false}},
	} {
		list := balancertest.Servers(c.weights...)
		for i, n := range c.conns {
			list[i].InFlight = n
		}
		set := balancertest.Set(list)
		limit := Bound(set, c.factor)
		for i, s := range set {
			if limit.Allows(s) != c.allowed[i] {
				t.Errorf("%s: %s with %d streams: allowed is %v", c.name, s.Name(), s.Conns(), !c.allowed[i])
			}
		}
	}
}

// There is always a server that may take one more, whatever the factor from 100 on.
func TestOneIsAllowed(t *testing.T) {
	for _, factor := range []int{100, 101, 125, 65535} {
		for n := range int64(200) {
			list := balancertest.Servers(1, 2, 256)
			for i, s := range list {
				s.InFlight = n * int64(i*i+1) % 97
			}
			set := balancertest.Set(list)
			limit, any := Bound(set, factor), false
			for _, s := range set {
				any = any || limit.Allows(s)
			}
			if !any {
				t.Fatalf("factor %d: no server may take a stream of %v", factor, list)
			}
		}
	}
}
