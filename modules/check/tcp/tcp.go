// Package tcp is the health check by connecting, and optionally by a question
// and its answer (HAProxy manual section 4.2 "option tcp-check").
//
//	[backend.redis]
//	check = { type = "tcp", send = "PING\r\n", expect = "+PONG" }
package tcp

import (
	"bytes"
	"fmt"

	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(health.Kind, "tcp", module.Spec[Config, health.Check]{
		Doc: "Connects, and optionally sends bytes and looks for others in the answer",
		New: New,
	})
}

// Config is the configuration of the check.
type Config struct {
	// Send are bytes to send once connected. Default: none.
	Send string `toml:"send"`
	// Expect is what has to be in the answer. Default: no answer is waited for.
	Expect string `toml:"expect"`
}

// maxAnswer is how much of an answer is looked at, in bytes.
const maxAnswer = 16 << 10

type check struct{ send, expect []byte }

// New makes the check.
func New(_ *module.Context, c Config) (health.Check, error) {
	return &check{[]byte(c.Send), []byte(c.Expect)}, nil
}

// Run connects and talks.
func (c *check) Run(t *health.Target) health.Result {
	p, r := t.Connect()
	if p == nil {
		return r
	}
	defer p.Close()
	if len(c.send) > 0 {
		if _, err := p.Write(c.send); err != nil {
			return health.Failed(err)
		}
	}
	if len(c.expect) == 0 {
		return health.Result{OK: true, Code: "L4OK"}
	}
	var got []byte
	b := make([]byte, maxAnswer)
	for {
		n, err := p.Read(b[:maxAnswer-len(got)])
		got = append(got, b[:n]...)
		switch {
		case bytes.Contains(got, c.expect):
			return health.Result{OK: true, Code: "L7OK"}
		case len(got) == maxAnswer:
			return health.Result{Code: "L7RSP", Desc: fmt.Sprintf("%q is not in the answer", c.expect)}
		case err != nil && len(got) > 0:
			return health.Result{Code: "L7RSP", Desc: fmt.Sprintf("%q is not in the answer", c.expect)}
		case err != nil:
			return health.Failed(err)
		}
	}
}
