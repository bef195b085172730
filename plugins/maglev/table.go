package maglev

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/fairleadproxy/fairlead/core/balancer"
)

// claimant is a server on its way through the table.
type claimant struct {
	index  uint32 // in the servers
	name   string
	weight int
	at     uint64 // the place that it asks for next
	skip   uint64 // from one such place to the next
	credit int    // the largest weight buys a place
}

// newTable gives for each of size places the index of its server.
//
// Each server wants all places, in an order of its own that its name settles.
// They take turns at claiming the next free place of theirs; one with half the
// largest weight is passed over every second time. In the first round all have
// their turn, so that none is without a place as long as there are enough.
func newTable(servers []balancer.Server, size int) []uint32 {
	claimants := claimantsOf(servers, size)
	if len(claimants) == 0 {
		return nil
	}
	price := 0
	for _, c := range claimants {
		price = max(price, c.weight)
	}
	for i := range claimants {
		claimants[i].credit = price - claimants[i].weight
	}
	const free = ^uint32(0)
	table := slices.Repeat([]uint32{free}, size)
	for left := size; ; {
		for i := range claimants {
			c := &claimants[i]
			if c.credit += c.weight; c.credit < price {
				continue
			}
			c.credit -= price
			for table[c.at] != free {
				c.at = advance(c.at, c.skip, uint64(size))
			}
			table[c.at] = c.index
			if left--; left == 0 {
				return table
			}
		}
	}
}

// claimantsOf gives the servers by name.
func claimantsOf(servers []balancer.Server, size int) []claimant {
	list := make([]claimant, len(servers))
	for i, s := range servers {
		first, second := xxhash.Sum64String(s.Name()), xxhash.Sum64String(s.Name()+"\x00skip")
		list[i] = claimant{
			index: uint32(i), name: s.Name(), weight: s.Weight(),
			at: first % uint64(size), skip: second%uint64(size-1) + 1,
		}
	}
	slices.SortFunc(list, func(a, b claimant) int { return cmp.Compare(a.name, b.name) })
	return list
}

func advance(at, skip, size uint64) uint64 {
	if at += skip; at >= size {
		at -= size
	}
	return at
}
