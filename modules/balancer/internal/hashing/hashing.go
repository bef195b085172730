// Package hashing is what balancers by hash have in common: hash functions, and
// the two ways from a hash to a server (HAProxy manual section 4.2 "hash-type").
// Modules give a Key; the rest is here.
//
// map-based is a table with as many places for each server as its weight says:
// fast and even, but nearly all keys move when a server comes or goes.
// consistent is a ring of points: only the keys of that server move.
package hashing

import (
	"cmp"
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/hash"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/load"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/weighted"
)

// Config is the part of the configuration that balancers by hash share; they
// embed it. What is absent is taken from the backend's hash-type.
type Config struct {
	// HashType is "map-based" or "consistent". Default: the backend's hash-type.
	HashType string `toml:"hash-type" enum:"map-based|consistent"`
	// HashFunction is "sdbm", "djb2", "wt6", "crc32" or "none". Default: that of
	// the backend's hash-type, else sdbm; source always has addresses' own bytes
	// unless it is written here.
	HashFunction string `toml:"hash-function" enum:"sdbm|djb2|wt6|crc32|none"`
	// Avalanche mixes the hash once more. Default: as the backend's hash-type
	// says, else true for consistent hashes without a function and false for others.
	Avalanche bool `toml:"avalanche"`
	// HashBalanceFactor bounds a server's load with a consistent hash, in
	// percent of the mean. Default 0: the backend's hash-balance-factor.
	HashBalanceFactor int `toml:"hash-balance-factor" min:"0" max:"65535"`
}

// Key gives the bytes to hash for a request: a view of what the request has, or
// up to MaxRoom bytes that it appends to room. ok is false when the request has
// no such key, and then servers take turns.
type Key func(room []byte, r *balancer.Request) (key []byte, ok bool)

// MaxRoom is how many bytes a Key finds room for.
const MaxRoom = 16

// Balancer picks servers by the hash of a key.
type Balancer struct {
	c     Config
	key   Key
	hash  Function
	fixed bool          // the backend's function does not count
	named bool          // a function is named, here or in the backend
	turn  atomic.Uint64 // of requests without a key
}

// New makes a balancer. own is the function of keys that have one of their own,
// as addresses have; nil for none. It counts before the backend's.
func New(c Config, key Key, own Function) *Balancer {
	b := &Balancer{c: c, key: key, hash: own, named: c.HashFunction != ""}
	b.fixed = own != nil || b.named
	if f := functions[c.HashFunction]; f != nil {
		b.hash = f
	}
	if b.hash == nil {
		b.hash = hash.SDBM
	}
	return b
}

// SetHashType gives the backend's settings.
func (b *Balancer) SetHashType(method, function, modifier string, factor int) {
	b.c.HashType = cmp.Or(b.c.HashType, method)
	b.c.Avalanche = b.c.Avalanche || modifier == "avalanche"
	b.c.HashBalanceFactor = cmp.Or(b.c.HashBalanceFactor, factor)
	if f := functions[function]; f != nil {
		b.named = true
		if !b.fixed {
			b.hash = f
		}
	}
}

// avalanche reports whether hashes are mixed once more.
func (b *Balancer) avalanche() bool {
	return b.c.Avalanche || b.c.HashType == consistent && !b.named
}

// SetKey replaces the key, as when an expression was compiled.
func (b *Balancer) SetKey(key Key) { b.key = key }

// consistent is the hash-type of the ring; all others are map-based.
const consistent = "consistent"

// Update makes the table or the ring.
func (b *Balancer) Update(servers []balancer.Server) balancer.Picker {
	p := &picker{b: b, servers: servers, turns: weighted.NewTurns(weighted.Map(servers), servers), avalanche: b.avalanche()}
	if b.c.HashType == consistent && len(servers) > 0 {
		p.ring = newRing(servers)
	}
	return p
}

type picker struct {
	b         *Balancer
	servers   []balancer.Server
	turns     weighted.Turns // its cycle is the table too
	ring      *ring          // nil for map-based
	avalanche bool
}

// Pick gives the key's server, which may be full.
func (p *picker) Pick(r *balancer.Request) balancer.Server {
	if len(p.servers) == 0 {
		return nil
	}
	var room []byte
	if r.Env != nil {
		room = r.Env.Scratch(MaxRoom)
	}
	key, ok := p.b.key(room, r)
	if !ok {
		return p.turns.Next(&p.b.turn, r.Avoid)
	}
	h := p.b.hash(key)
	if p.avalanche {
		h = hash.Avalanche(h)
	}
	if p.ring != nil {
		return p.ring.pick(h, r.Avoid, load.Bound(p.servers, p.b.c.HashBalanceFactor))
	}
	table := p.turns.Cycle()
	at := int(h % uint32(len(table)))
	for i := range table {
		if s := table[(at+i)%len(table)]; s != r.Avoid {
			return s
		}
	}
	return table[at]
}

var _ balancer.HashTyped = (*Balancer)(nil)

// KeyOf makes a Key of an expression.
func KeyOf(x *expr.Expr) Key {
	return func(_ []byte, r *balancer.Request) ([]byte, bool) {
		if r.Env == nil {
			return nil, false
		}
		s := r.Env.Borrow()
		defer r.Env.GiveBack()
		if !x.Eval(r.Env, s) || !expr.Cast(r.Env, s, expr.Bin) {
			return nil, false
		}
		return s.Bytes, true
	}
}
