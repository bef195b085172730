// Package load bounds what servers carry, for hash-balance-factor (HAProxy
// manual section 4.2): no server is to have more than so many percent of the
// mean of all.
package load

import "github.com/fairleadproxy/fairlead/core/balancer"

// A Limit is how many streams servers may carry for each unit of their weight.
// The zero Limit is none.
type Limit struct{ perWeight int64 }

// scale keeps fractions of a stream for each unit of weight.
const scale = 1 << 16

// Bound gives the limit that factor, in percent of the mean, sets with one more
// stream; 0 sets none. It looks at all servers.
func Bound(servers []balancer.Server, factor int) Limit {
	if factor == 0 {
		return Limit{}
	}
	conns, weight := int64(1), int64(0)
	for _, s := range servers {
		conns += s.Conns()
		weight += int64(s.Weight())
	}
	if weight == 0 {
		return Limit{}
	}
	const percent = 100
	return Limit{(conns*int64(factor)*scale + percent*weight - 1) / (percent * weight)}
}

// Allows reports whether the server may carry one more stream.
func (l Limit) Allows(s balancer.Server) bool {
	return l.perWeight == 0 || s.Conns() < (l.perWeight*int64(s.Weight())+scale-1)/scale
}
