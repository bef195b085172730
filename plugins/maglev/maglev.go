// Package maglev is the balancer of Maglev hashing (Eisenbud et al., "Maglev: A
// Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4).
// What is alike goes to the same server; servers get shares that are even to
// about a percent; and when a server comes or goes, few other keys move.
//
//	[backend.app]
//	balance = "maglev"
//	balance = { type = "maglev", key = "req.hdr(x-user)", size = 655373 }
//
// A table says for each value of the hash which server it belongs to. It
// depends on nothing but the servers' names and weights, so that several load
// balancers with the same servers agree, whatever order they are written in.
// A pick is one look into the table.
//
// Pickers are immutable but for the turn of requests without a key, and safe
// for concurrent use. The server of a key may be at its maxconn: then the
// stream waits for it.
package maglev

import (
	"math/big"
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// The version of core's API that the package is written for.
var _ = module.API1

func init() {
	module.Register(balancer.Kind, "maglev", module.Spec[Config, balancer.Balancer]{
		Doc:       "Picks by a hash from a table that is even and changes little when servers come and go",
		Stability: module.Beta,
		Defaults:  func() Config { return Config{Size: 65537} },
		New:       New,
	})
}

// Config is the configuration.
type Config struct {
	// Key is the sample expression to hash. Default: the client's address.
	Key tree.Text `toml:"key"`
	// Size is the number of places in the table, a prime number. With a hundred
	// places for each server, shares differ by a percent. Default 65537.
	Size int `toml:"size" min:"3" max:"5000011"`
}

// Balancer makes tables.
type Balancer struct {
	text string // of the key, "" for the client's address
	key  *expr.Expr
	size int
	turn atomic.Uint64 // of requests without a key
}

// New makes the balancer.
func New(_ *module.Context, c Config) (balancer.Balancer, error) {
	if !prime(c.Size) {
		return nil, module.Wrong("size", "%d is not a prime number: write %d", c.Size, nextPrime(c.Size))
	}
	return &Balancer{text: c.Key.Value, size: c.Size}, nil
}

func prime(n int) bool { return big.NewInt(int64(n)).ProbablyPrime(0) } // exact below 2^64

// nextPrime gives the smallest prime number above n.
func nextPrime(n int) int {
	for n++; !prime(n); n++ {
	}
	return n
}

// Compile parses the key.
func (b *Balancer) Compile(sc *expr.Scope) (err error) {
	if b.text == "" {
		return nil
	}
	if b.key, err = expr.ParseExpr(sc, b.text); err != nil {
		return &module.FieldError{Field: "key", Err: err}
	}
	return nil
}

// Update makes the table.
func (b *Balancer) Update(servers []balancer.Server) balancer.Picker {
	return &picker{b: b, servers: servers, table: newTable(servers, b.size)}
}
