package hashing

import (
	"math"
	"testing"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/load"
)

// near finds the closest point by looking at all of them.
func near(r *ring, h uint32) balancer.Server {
	best, found := uint32(math.MaxUint32), balancer.Server(nil)
	for _, p := range r.points {
		d := min(uint32(p>>32)-h, h-uint32(p>>32))
		if d < best {
			best, found = d, r.servers[uint32(p)]
		}
	}
	return found
}

func TestNearest(t *testing.T) {
	for _, weights := range [][]int{{1}, {1, 1, 1}, {3, 1, 256}} {
		r := newRing(balancertest.Set(balancertest.Servers(weights...)))
		for i := range uint32(2000) {
			h := i * 2147483659 // the ring's ends are among them
			if i%2 == 0 {
				h = -i
			}
			if got, want := r.pick(h, nil, load.Limit{}), near(r, h); got != want {
				t.Errorf("weights %v: hash %#x is at %s, want %s", weights, h, got.Name(), want.Name())
			}
		}
	}
}

// A server's points depend on its ID and weight alone.
func TestPointsStay(t *testing.T) {
	list := balancertest.Servers(2, 3, 4)
	alone := newRing(balancertest.Set(list[1:2]))
	list[0], list[2] = list[2], list[0] // nor does the order count
	all := newRing(balancertest.Set(list))
	of := map[uint64]bool{}
	for i, p := range all.points {
		if all.at(i).Name() == "s2" {
			of[p>>32] = true
		}
	}
	if len(of) != 3 {
		t.Fatalf("s2 has %d points", len(of))
	}
	for _, p := range alone.points {
		if !of[p>>32] {
			t.Errorf("the point %#x is s2's only without others", p>>32)
		}
	}
}

func TestSetHashType(t *testing.T) {
	words := func([]byte) uint32 { return 42 }
	for _, c := range []struct {
		name                       string
		config                     Config
		own                        Function
		method, function, modifier string
		want                       uint32 // of the key "k", which is 107 by sdbm
		avalanche                  bool
	}{
		{"defaults", Config{}, nil, "map-based", "", "", 'k', false},
		{"the backend's function", Config{}, nil, "map-based", "djb2", "", 5381*33 + 'k', false},
		{"its own function", Config{HashFunction: "sdbm"}, nil, "map-based", "djb2", "", 'k', false},
		{"consistent without a function", Config{}, nil, "consistent", "", "", 'k', true},
		{"consistent with one", Config{}, nil, "consistent", "sdbm", "", 'k', false},
		{"consistent with its own", Config{HashType: "consistent", HashFunction: "sdbm"}, nil, "map-based", "", "", 'k', false},
		{"the backend's modifier", Config{}, nil, "map-based", "", "avalanche", 'k', true},
		{"an address", Config{}, words, "map-based", "", "", 42, false},
		{"an address, whatever the backend says", Config{}, words, "consistent", "sdbm", "", 42, false},
		{"an address, consistent", Config{}, words, "consistent", "", "", 42, true},
		{"an address with a function", Config{HashFunction: "sdbm"}, words, "map-based", "djb2", "", 'k', false},
	} {
		b := New(c.config, nil, c.own)
		b.SetHashType(c.method, c.function, c.modifier, 0)
		if h := b.hash([]byte("k")); h != c.want || b.avalanche() != c.avalanche {
			t.Errorf("%s: hash %d, avalanche %v", c.name, h, b.avalanche())
		}
	}
}

func BenchmarkNewRing(b *testing.B) {
	set := balancertest.Set(balancertest.Servers(100, 100, 100, 100, 100, 100, 100, 100, 100, 100))
	for b.Loop() {
		newRing(set)
	}
}
