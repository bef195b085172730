package maglev

import (
	"net/netip"

	"github.com/cespare/xxhash/v2"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/expr"
)

type picker struct {
	b       *Balancer
	servers []balancer.Server
	table   []uint32 // indices of servers
}

// Pick gives the server of the request's key, which may be full. Requests
// without a key are spread as the weights say.
func (p *picker) Pick(r *balancer.Request) balancer.Server {
	if len(p.servers) == 0 {
		return nil
	}
	hash, ok := p.b.hash(r)
	if !ok {
		hash = p.b.turn.Add(1) * spread
	}
	at := int(hash % uint64(len(p.table)))
	s := p.servers[p.table[at]]
	if s == r.Avoid {
		return p.other(at)
	}
	return s
}

// spread is 2^64 divided by the golden ratio: its multiples fall far from one
// another wherever they are taken from.
const spread = 0x9e3779b97f4a7c15

// other gives the next server in the table after a place; that of the place
// when there is none.
func (p *picker) other(at int) balancer.Server {
	this := p.table[at]
	for i := 1; i < len(p.table) && len(p.servers) > 1; i++ {
		if next := p.table[(at+i)%len(p.table)]; next != this {
			return p.servers[next]
		}
	}
	return p.servers[this]
}

// hash gives the hash of the request's key, if it has one.
func (b *Balancer) hash(r *balancer.Request) (h uint64, ok bool) {
	if b.key == nil {
		return hashAddr(r.Src), r.Src.IsValid()
	}
	if r.Env == nil {
		return 0, false
	}
	s := r.Env.Borrow()
	defer r.Env.GiveBack()
	if !b.key.Eval(r.Env, s) || !expr.Cast(r.Env, s, expr.Bin) || len(s.Bytes) == 0 {
		return 0, false
	}
	return xxhash.Sum64(s.Bytes), true
}

// hashAddr hashes an address; an IPv4 address counts the same in its mapped form.
func hashAddr(a netip.Addr) uint64 {
	if a = a.Unmap(); a.Is4() {
		b := a.As4()
		return xxhash.Sum64(b[:])
	}
	b := a.As16()
	return xxhash.Sum64(b[:])
}
