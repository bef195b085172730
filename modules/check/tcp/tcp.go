// Package tcp is the health check by connecting, and optionally by questions
// and their answers (HAProxy manual section 4.2 "option tcp-check").
//
//	[backend.redis]
//	check = { type = "tcp", send = "PING\r\n", expect = "+PONG" }
//
//	[backend.master]
//	check = { type = "tcp", steps = [
//	  { send = "info replication\r\n", expect = "role:master" },
//	  { send = "QUIT\r\n", expect = "+OK" },
//	] }
package tcp

import (
	"bytes"
	"encoding/hex"
	"errors"
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

// Config is the configuration of the check. Without steps, its own bytes are
// the only step.
type Config struct {
	Step
	// Steps are what to send and to wait for, one after another. Default: none.
	Steps []Step `toml:"steps"`
}

// Step is something to send and what has to be in the answer to it.
type Step struct {
	// Send are bytes to send. Default: none.
	Send string `toml:"send"`
	// SendBinary are bytes to send as hexadecimal digits, such as "50494e470d0a".
	// Default: none.
	SendBinary string `toml:"send-binary"`
	// Expect is what has to be in the answer. Default: no answer is waited for.
	Expect string `toml:"expect"`
	// ExpectBinary is that as hexadecimal digits. Default: none.
	ExpectBinary string `toml:"expect-binary"`
}

// maxAnswer is how much of an answer is looked at, in bytes.
const maxAnswer = 16 << 10

type step struct{ send, expect []byte }

type check struct {
	steps []step
	talks bool // something is expected
}

// New makes the check.
func New(_ *module.Context, c Config) (health.Check, error) {
	if len(c.Steps) > 0 && c.Step != (Step{}) {
		return nil, module.Wrong("steps", "write what is sent and expected in the steps or beside them, not both")
	}
	steps := c.Steps
	if len(steps) == 0 {
		steps = []Step{c.Step}
	}
	k := &check{}
	var errs []error
	for i, s := range steps {
		where := ""
		if len(c.Steps) > 0 {
			where = fmt.Sprintf("steps[%d].", i)
		}
		send, err1 := either(where+"send", s.Send, s.SendBinary)
		expect, err2 := either(where+"expect", s.Expect, s.ExpectBinary)
		errs = append(errs, err1, err2)
		k.steps = append(k.steps, step{send, expect})
		k.talks = k.talks || len(expect) > 0
	}
	return k, errors.Join(errs...)
}

// either gives the bytes that are written as text or in hexadecimal.
func either(key, text, digits string) ([]byte, error) {
	if digits == "" {
		return []byte(text), nil
	}
	if text != "" {
		return nil, module.Wrong(key, "write %s or %[1]s-binary, not both", key)
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return nil, module.Wrong(key+"-binary", "%q is not bytes in hexadecimal such as \"0d0a\"", digits)
	}
	return b, nil
}

// Run connects and talks.
func (c *check) Run(t *health.Target) health.Result {
	p, r := t.Connect()
	if p == nil {
		return r
	}
	defer p.Close()
	var got []byte // received, and not matched by a step before
	for i, s := range c.steps {
		if len(s.send) > 0 {
			if _, err := p.Write(s.send); err != nil {
				return c.failed(i, health.Failed(err))
			}
		}
		if len(s.expect) == 0 {
			continue
		}
		if got, r = await(p, got, s.expect); r.Code != "" {
			return c.failed(i, r)
		}
	}
	if c.talks {
		return health.Result{OK: true, Code: "L7OK"}
	}
	return health.Result{OK: true, Code: "L4OK"}
}

// await reads until want has come, and gives what came after it. A result with
// a code says why it did not come.
func await(p *health.Probe, got, want []byte) ([]byte, health.Result) {
	b := make([]byte, 4<<10)
	for {
		if i := bytes.Index(got, want); i >= 0 {
			return got[i+len(want):], health.Result{}
		}
		if len(got) >= maxAnswer {
			return nil, health.Result{Code: "L7RSP", Desc: fmt.Sprintf("%q is not in the answer", want)}
		}
		n, err := p.Read(b)
		got = append(got, b[:n]...)
		if err != nil && !bytes.Contains(got, want) {
			r := health.Failed(err)
			if r.Code == "L7RSP" && len(got) > 0 {
				r.Desc = fmt.Sprintf("%q is not in the answer", want)
			}
			return nil, r
		}
	}
}

// failed says in which step of several the check failed.
func (c *check) failed(i int, r health.Result) health.Result {
	if len(c.steps) > 1 {
		r.Desc = fmt.Sprintf("%s at step %d", r.Desc, i+1)
	}
	return r
}
