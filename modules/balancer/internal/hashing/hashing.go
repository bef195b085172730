// Package hashing is what balancers by hash have in common: hash functions, and
// the two ways from a hash to a server (HAProxy manual section 4.2 "hash-type").
// Modules give a Key; the rest is here.
//
// map-based is a table with as many places for each server as its weight says:
// fast and even, but nearly all keys move when a server comes or goes.
// consistent is a ring of points: only the keys of that server move.
package hashing

import (
	"slices"
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/hash"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/weighted"
)

// Config is the part of the configuration that balancers by hash share; they
// embed it. What is absent is taken from the backend's hash-type.
type Config struct {
	// HashType is "map-based" or "consistent". Default: the backend's hash-type.
	HashType string `toml:"hash-type" enum:"map-based|consistent"`
	// HashFunction is "sdbm", "djb2", "wt6", "crc32" or "none". Default: that of
	// the backend's hash-type, else sdbm; for addresses their own bytes.
	HashFunction string `toml:"hash-function" enum:"sdbm|djb2|wt6|crc32|none"`
	// Avalanche mixes the hash once more. Default: as the backend's hash-type says.
	Avalanche bool `toml:"avalanche"`
	// HashBalanceFactor bounds a server's load with a consistent hash, in
	// percent of the mean. Default 0: the backend's hash-balance-factor.
	HashBalanceFactor int `toml:"hash-balance-factor" min:"0" max:"65535"`
}

// Key appends the bytes to hash for a request to dst; ok is false when the
// request has no such key, and then servers take turns.
type Key func(dst []byte, r *balancer.Request) (key []byte, ok bool)

// Balancer picks servers by the hash of a key.
type Balancer struct {
	c    Config
	key  Key
	hash Function
	turn atomic.Uint64 // of requests without a key
}

// New makes a balancer. own is the function for when none is configured, nil for sdbm.
func New(c Config, key Key, own Function) *Balancer {
	b := &Balancer{c: c, key: key, hash: own}
	if own == nil {
		b.hash = hash.SDBM
	}
	if f := functions[c.HashFunction]; f != nil {
		b.hash = f
	}
	return b
}

// SetHashType gives the backend's settings.
func (b *Balancer) SetHashType(method, function, modifier string, factor int) {
	if b.c.HashType == "" {
		b.c.HashType = method
	}
	if f := functions[function]; f != nil && b.c.HashFunction == "" {
		b.hash = f
	}
	b.c.Avalanche = b.c.Avalanche || modifier == "avalanche"
	if b.c.HashBalanceFactor == 0 {
		b.c.HashBalanceFactor = factor
	}
}

// SetKey replaces the key, as when an expression was compiled.
func (b *Balancer) SetKey(key Key) { b.key = key }

// Update makes the table or the ring.
func (b *Balancer) Update(servers []balancer.Server) balancer.Picker {
	p := &picker{b: b, servers: servers, seq: weighted.Map(servers)}
	if b.c.HashType == "consistent" {
		p.ring = newRing(servers)
	}
	return p
}

type picker struct {
	b       *Balancer
	servers []balancer.Server
	seq     []balancer.Server // the table, and the turns of requests without a key
	ring    []point
}

// Pick gives the key's server, which may be full.
func (p *picker) Pick(r *balancer.Request) balancer.Server {
	if len(p.servers) == 0 {
		return nil
	}
	var room []byte
	if r.Env != nil {
		room = r.Env.Scratch(256)
	}
	key, ok := p.b.key(room, r)
	if !ok {
		return p.inTurn(r)
	}
	h := p.b.hash(key)
	if p.b.c.Avalanche {
		h = hash.Avalanche(h)
	}
	if p.ring != nil {
		return p.onRing(h, r)
	}
	at := int(h % uint32(len(p.seq)))
	for i := range p.seq {
		if s := p.seq[(at+i)%len(p.seq)]; s != r.Avoid {
			return s
		}
	}
	return p.seq[at]
}

func (p *picker) inTurn(r *balancer.Request) balancer.Server {
	var avoided balancer.Server
	for range p.seq {
		s := p.seq[(p.b.turn.Add(1)-1)%uint64(len(p.seq))]
		switch {
		case s.Full():
		case s == r.Avoid:
			avoided = s
		default:
			return s
		}
	}
	return avoided
}

// point is a place on the ring.
type point struct {
	at     uint32
	server balancer.Server
}

// pointsPerWeight is how many points a server has for each unit of its weight,
// before common factors; more make the parts more even.
const pointsPerWeight = 16

// newRing places the servers by their IDs, so that a server has the same points
// whichever others there are.
func newRing(servers []balancer.Server) []point {
	var ring []point
	for _, s := range servers {
		for i := range s.Weight() * pointsPerWeight {
			ring = append(ring, point{hash.Avalanche(uint32(s.ID())*0x9e3779b1 + uint32(i)*0x85ebca6b), s})
		}
	}
	slices.SortFunc(ring, func(a, b point) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return a.server.ID() - b.server.ID()
	})
	return ring
}

// onRing walks from the hash to the first server that is not to be avoided, and
// with hash-balance-factor not overloaded either.
func (p *picker) onRing(h uint32, r *balancer.Request) balancer.Server {
	start, _ := slices.BinarySearchFunc(p.ring, h, func(x point, h uint32) int {
		switch {
		case x.at < h:
			return -1
		case x.at > h:
			return 1
		}
		return 0
	})
	limit := p.limit()
	for i := range p.ring {
		s := p.ring[(start+i)%len(p.ring)].server
		if s != r.Avoid && (limit < 0 || s.Conns() < limit*int64(s.Weight())/scale) {
			return s
		}
	}
	return p.ring[start%len(p.ring)].server
}

// scale keeps fractions in the limit for a unit of weight.
const scale = 1 << 16

// limit is the load that a server may have for each unit of its weight, times
// scale: the mean times hash-balance-factor; -1 for no limit.
func (p *picker) limit() int64 {
	f := int64(p.b.c.HashBalanceFactor)
	if f == 0 {
		return -1
	}
	conns, weight := int64(1), int64(0)
	for _, s := range p.servers {
		conns += s.Conns()
		weight += int64(s.Weight())
	}
	return (conns*f*scale + 100*weight - 1) / (100 * weight)
}

var _ balancer.HashTyped = (*Balancer)(nil)

// KeyOf makes a Key of an expression.
func KeyOf(x *expr.Expr) Key {
	return func(dst []byte, r *balancer.Request) ([]byte, bool) {
		if r.Env == nil {
			return nil, false
		}
		s := r.Env.Borrow()
		defer r.Env.GiveBack()
		if !x.Eval(r.Env, s) || !expr.Cast(r.Env, s, expr.Bin) {
			return nil, false
		}
		return append(dst, s.Bytes...), true
	}
}
