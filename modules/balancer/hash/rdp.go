package hash

import (
	"strings"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/hashing"
)

func init() {
	module.Register(balancer.Kind, "rdp-cookie", module.Spec[RDPConfig, balancer.Balancer]{
		Doc:      "Picks by a hash of the cookie in an RDP client's first packet",
		Defaults: func() RDPConfig { return RDPConfig{Name: "mstshash"} },
		New:      NewRDP,
	})
}

// RDPConfig is the configuration of "rdp-cookie".
type RDPConfig struct {
	// Name is the cookie's. Default "mstshash".
	Name string `toml:"name"`
	hashing.Config
}

// NewRDP makes the balancer. The cookie has to have come when a server is
// picked: a tcp-request content rule waits for it, as { req.rdp_cookie_cnt gt 0 } does.
func NewRDP(_ *module.Context, c RDPConfig) (balancer.Balancer, error) {
	if c.Name == "" || strings.ContainsAny(c.Name, "()'\"\\,= \t\r\n") {
		return nil, module.Wrong("name", "%q is not a cookie's name", c.Name)
	}
	return &Balancer{hashing.New(c.Config, nil, nil), "name", "req.rdp_cookie(" + c.Name + ")"}, nil
}
