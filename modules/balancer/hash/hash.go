// Package hash is the balancers that send what is alike to the same server, by
// a hash of something (HAProxy manual section 4.2 "balance"): "source" of the
// client's address, "uri" of the request's URI, "url_param" of a parameter,
// "hdr" of a header field, "rdp-cookie" of an RDP client's cookie, and "hash" of
// any expression.
//
//	balance = "source"
//	balance = { type = "uri", depth = 2, hash-type = "consistent" }
//	balance = { type = "hash", key = "req.cook(id)" }
//
// Where a request lacks what is hashed, servers take turns. The server of a hash
// may be at its maxconn: then the stream waits for it.
package hash

import (
	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/hashing"
)

func init() {
	module.Register(balancer.Kind, "hash", module.Spec[Config, balancer.Balancer]{
		Doc: "Picks by a hash of an expression",
		New: New,
	})
}

// Config is the configuration of "hash".
type Config struct {
	// Key is the sample expression to hash. Required.
	Key tree.Text `toml:"key,required"`
	hashing.Config
}

// Balancer hashes an expression.
type Balancer struct {
	*hashing.Balancer
	field string // of the configuration, for errors
	text  string
}

// New makes the balancer.
func New(_ *module.Context, c Config) (balancer.Balancer, error) {
	return &Balancer{hashing.New(c.Config, nil, nil), "key", c.Key.Value}, nil
}

// Compile parses the expression.
func (b *Balancer) Compile(sc *expr.Scope) error {
	x, err := expr.ParseExpr(sc, b.text)
	if err != nil {
		return &module.FieldError{Field: b.field, Err: err}
	}
	b.SetKey(hashing.KeyOf(x))
	return nil
}
