// Package stream is the actions that change what is known of the stream or how
// it is logged: set-log-level, set-status, set-src, set-src-port, set-dst,
// set-dst-port and capture (HAProxy manual section 4.4).
//
//	http-response = [ { do = "set-status", status = 503, reason = "Slow down" } ]
//
// They change the facts in package session and nothing on the wire but the
// status line. The actions hold no state of streams: they may run for many at a
// time.
package stream

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(action.Kind, "set-log-level", module.Spec[LevelConfig, action.Action]{
		Doc: "Sets the level of the stream's log line, or silences it",
		New: func(_ *module.Context, c LevelConfig) (action.Action, error) { return level(c.Level), nil },
	})
	module.Register(action.Kind, "set-status", module.Spec[StatusConfig, action.Action]{
		Doc: "Sets the response's status",
		New: NewStatus,
	})
	for _, a := range []struct {
		name, doc string
		apply     func(tx *action.Tx, s *expr.Sample)
	}{
		{"set-src", "Sets the client's address as rules, logs and servers see it", setSrc},
		{"set-src-port", "Sets the client's port as rules, logs and servers see it", setSrcPort},
		{"set-dst", "Sets the address that the client connected to as rules, logs and servers see it", setDst},
		{"set-dst-port", "Sets the port that the client connected to as rules, logs and servers see it", setDstPort},
	} {
		module.Register(action.Kind, a.name, module.Spec[AddressConfig, action.Action]{
			Doc: a.doc,
			New: func(_ *module.Context, c AddressConfig) (action.Action, error) {
				return &address{text: c.Expr, apply: a.apply}, nil
			},
		})
	}
	module.Register(action.Kind, "capture", module.Spec[CaptureConfig, action.Action]{
		Doc: "Keeps a value for the log line, in the braces of captured fields",
		New: func(_ *module.Context, c CaptureConfig) (action.Action, error) { return &capture{c: c}, nil },
	})
}

// LevelConfig is the configuration of set-log-level.
type LevelConfig struct {
	// Level is the level, or "silent" for no line. Required.
	Level string `toml:"level,required" pos:"1" enum:"emerg|alert|crit|err|warning|notice|info|debug|silent"`
}

type level string

func (level) Phases() expr.Phases       { return action.Streams }
func (level) Compile(*expr.Scope) error { return nil }

func (l level) Run(tx *action.Tx) action.Verdict {
	tx.LogLevel = string(l)
	return action.Continue
}
