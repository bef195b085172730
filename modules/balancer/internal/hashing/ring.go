package hashing

import (
	"cmp"
	"slices"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/hash"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/load"
)

// pointsPerID is the room for a server's points before the next ID's begin, as
// HAProxy 2.6 was seen to place servers on the ring: each has a point for each
// unit of its weight (16 for each of the configuration's). So both send a key to
// the same server.
const pointsPerID = 4096

// ring is the servers' points, sorted. A server has the same points whichever
// others there are.
type ring struct {
	servers []balancer.Server // by ID
	points  []uint64          // the place on the ring, and in the lower half the index in servers
}

func newRing(servers []balancer.Server) *ring {
	r := &ring{servers: slices.Clone(servers)}
	slices.SortStableFunc(r.servers, func(a, b balancer.Server) int { return cmp.Compare(a.ID(), b.ID()) })
	n := 0
	for _, s := range servers {
		n += s.Weight()
	}
	r.points = make([]uint64, 0, n)
	for i, s := range r.servers {
		for j := range s.Weight() {
			at := hash.Avalanche(uint32(s.ID())*pointsPerID + uint32(j))
			r.points = append(r.points, uint64(at)<<32|uint64(i))
		}
	}
	slices.Sort(r.points)
	return r
}

// nearest gives the index of the point that is closest to h, in either direction.
func (r *ring) nearest(h uint32) int {
	n := len(r.points)
	next, _ := slices.BinarySearch(r.points, uint64(h)<<32)
	next %= n
	last := (next + n - 1) % n
	// The differences wrap around, as the ring does.
	if h-uint32(r.points[last]>>32) < uint32(r.points[next]>>32)-h {
		return last
	}
	return next
}

// pick walks from the point closest to h to the first server that is not to be
// avoided and that the limit allows. Without such a server it gives the first.
func (r *ring) pick(h uint32, avoid balancer.Server, limit load.Limit) balancer.Server {
	start := r.nearest(h)
	for i := range r.points {
		s := r.at(start + i)
		if s != avoid && limit.Allows(s) {
			return s
		}
	}
	return r.at(start)
}

// at gives the server of a point, counted around the ring.
func (r *ring) at(point int) balancer.Server {
	return r.servers[uint32(r.points[point%len(r.points)])]
}
