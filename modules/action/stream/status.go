package stream

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
)

// StatusConfig is the configuration of set-status.
type StatusConfig struct {
	// Status is the status, from 200, but not 204 or 304, which would have no body.
	// Required.
	Status int `toml:"status,required" pos:"1" min:"200" max:"999"`
	// Reason is the reason phrase. Default: the usual one for the status.
	Reason string `toml:"reason"`
}

type status struct {
	code   int
	reason string
}

// NewStatus makes set-status.
func NewStatus(_ *module.Context, c StatusConfig) (action.Action, error) {
	if c.Status == 204 || c.Status == 304 {
		return nil, module.Wrong("status", "%d has no body, but the response may have one: write do = \"return\" with that status", c.Status)
	}
	if c.Reason == "" {
		c.Reason = httpmsg.StatusText(c.Status)
	}
	for _, b := range []byte(c.Reason) {
		if b < ' ' || b == 0x7f {
			return nil, module.Wrong("reason", "%q has control characters: leave them out", c.Reason)
		}
	}
	return &status{c.Status, c.Reason}, nil
}

func (*status) Phases() expr.Phases {
	return expr.In(expr.HTTPResponse, expr.HTTPAfterResponse)
}
func (*status) Compile(*expr.Scope) error { return nil }

func (a *status) Run(tx *action.Tx) action.Verdict {
	if tx.Res == nil {
		return action.Continue
	}
	tx.Res.SetStatus(a.code, a.reason)
	if tx.Stream != nil {
		tx.Stream.Status = a.code
	}
	return action.Continue
}
