package balance

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/fairleadproxy/fairlead/core/hash"
)

func TestProbe(t *testing.T) {
	list := []*setting{}
	for _, w := range [][]int{{1, 1, 1}, {3, 1, 5, 2}, {100, 50}} {
		list = append(list, &setting{name: fmt.Sprint(w), toml: `balance = "source"`, haproxy: "balance hdr(x-id)\nhash-type consistent sdbm", weights: w})
	}
	pair(t, list)
	rng := rand.New(rand.NewSource(1))
	for _, s := range list {
		a := newAsker(t)
		type obs struct {
			h uint32
			s int
		}
		var seen []obs
		for range 1500 {
			b := make([]byte, 10)
			for i := range b {
				b[i] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rng.Intn(62)]
			}
			got := a.ask(t, s.haproxyPort, request{path: "/", header: "X-Id: " + string(b)})
			seen = append(seen, obs{hash.SDBM(b), int(got[1] - '0')})
		}
		slices.SortFunc(seen, func(x, y obs) int {
			if x.h < y.h {
				return -1
			}
			return 1
		})
		changes := 0
		for i := range seen {
			if i > 0 && seen[i].s != seen[i-1].s {
				changes++
			}
		}
		fmt.Println(s.name, "changes", changes)
		type pt struct {
			at uint32
			s  int
		}
		for _, per := range []int{1, 16} {
			for _, k := range []uint32{256, 4096, 65536, 1 << 24} {
				for _, base := range []uint32{0, 1} {
					var ring []pt
					for j, w := range s.weights {
						for i := range w * per {
							ring = append(ring, pt{hash.Avalanche(uint32(j+1)*k + uint32(i) + base), j + 1})
						}
					}
					slices.SortFunc(ring, func(x, y pt) int {
						if x.at < y.at {
							return -1
						}
						return 1
					})
					next, near, prev := 0, 0, 0
					for _, o := range seen {
						i := 0
						for i < len(ring) && ring[i].at < o.h {
							i++
						}
						n := ring[i%len(ring)]
						p := ring[(i+len(ring)-1)%len(ring)]
						c := n
						if o.h-p.at < n.at-o.h {
							c = p
						}
						if n.s == o.s {
							next++
						}
						if p.s == o.s {
							prev++
						}
						if c.s == o.s {
							near++
						}
					}
					fmt.Println(s.name, "per", per, "k", k, "base", base, "next", next, "near", near, "prev", prev)
				}
			}
		}
	}
}
