// Package weighted spreads turns over servers by weight, for balancers that go
// round.
package weighted

import (
	"github.com/fairleadproxy/fairlead/core/balancer"
)

// maxWork bounds the time and memory of making a sequence.
const maxWork = 1 << 20

// Sequence gives a cycle of turns in which each server stands as often as its
// weight says, and as evenly as can be: of servers with equal weights each in
// turn, in the order given. Where the exact cycle would be too long, weights
// are scaled down, with one turn at least for each server.
func Sequence(servers []balancer.Server) []balancer.Server {
	weights, total := reduced(servers)
	weights, total = bounded(weights, total)
	return turns(servers, weights, total, 1)
}

// Map is Sequence in the order that HAProxy's static map has for static-rr and
// hashes: a turn goes to the first of the servers that are owed the same number
// of whole turns. With equal weights both are the same.
func Map(servers []balancer.Server) []balancer.Server {
	weights, total := reduced(servers)
	weights, total = bounded(weights, total)
	return turns(servers, weights, total, total)
}

// turns gives each turn to the server that is owed most, in units, which then
// owes the others.
func turns(servers []balancer.Server, weights []int, total, unit int) []balancer.Server {
	owed := make([]int, len(servers))
	seq := make([]balancer.Server, 0, total)
	for range total {
		best, most := 0, -1
		for i := range owed {
			owed[i] += weights[i]
			// What is owed is at least -total, so that this is not negative.
			if units := (owed[i] + total) / unit; units > most {
				best, most = i, units
			}
		}
		owed[best] -= total
		seq = append(seq, servers[best])
	}
	return seq
}

// bounded scales weights down where the cycle would be too long.
func bounded(weights []int, total int) ([]int, int) {
	for total*len(weights) > maxWork && total > len(weights) {
		total = 0
		for i := range weights {
			weights[i] = max(1, weights[i]/2)
			total += weights[i]
		}
	}
	return weights, total
}

// reduced gives the weights without their common factor, and their sum.
func reduced(servers []balancer.Server) (weights []int, total int) {
	weights = make([]int, len(servers))
	common := 0
	for i, s := range servers {
		weights[i] = s.Weight()
		common = gcd(common, weights[i])
	}
	for i := range weights {
		weights[i] /= max(1, common)
		total += weights[i]
	}
	return weights, total
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
