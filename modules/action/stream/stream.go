// Package stream is the actions that change what is known of the stream or how
// it is logged: set-log-level, set-status, set-src, set-src-port, set-dst,
// set-dst-port and capture (HAProxy manual section 4.3).
//
//	http-response = [ { do = "set-status", status = 503, reason = "Slow down" } ]
package stream

import (
	"fmt"
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
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

// StatusConfig is the configuration of set-status.
type StatusConfig struct {
	// Status is the status, from 200. Required.
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
	if c.Reason == "" {
		c.Reason = httpmsg.StatusText(c.Status)
	}
	for _, b := range []byte(c.Reason) {
		if b < ' ' || b == 0x7f {
			return nil, fmt.Errorf("reason %q has control characters", c.Reason)
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

// AddressConfig is the configuration of set-src and its like.
type AddressConfig struct {
	// Expr is a sample expression for the address or port. Required.
	Expr string `toml:"expr,required" pos:"1"`
}

type address struct {
	text  string
	expr  *expr.Expr
	apply func(*action.Tx, *expr.Sample)
}

func (*address) Phases() expr.Phases {
	return expr.In(expr.TCPConnection, expr.TCPSession, expr.TCPContent, expr.HTTPRequest)
}

func (a *address) Compile(sc *expr.Scope) (err error) {
	a.expr, err = action.Expr(sc, "expr", a.text)
	return err
}

func (a *address) Run(tx *action.Tx) action.Verdict {
	s := tx.Borrow()
	defer tx.GiveBack()
	if a.expr.Eval(tx.Env, s) {
		a.apply(tx, s)
	}
	return action.Continue
}

func setSrc(tx *action.Tx, s *expr.Sample) {
	if expr.Cast(tx.Env, s, expr.IP) {
		tx.Conn.Src = netip.AddrPortFrom(s.Addr, tx.Conn.Src.Port())
	}
}

func setDst(tx *action.Tx, s *expr.Sample) {
	if expr.Cast(tx.Env, s, expr.IP) {
		tx.Conn.Dst = netip.AddrPortFrom(s.Addr, tx.Conn.Dst.Port())
	}
}

func setSrcPort(tx *action.Tx, s *expr.Sample) {
	if expr.Cast(tx.Env, s, expr.Int) {
		tx.Conn.Src = netip.AddrPortFrom(tx.Conn.Src.Addr(), uint16(s.Int))
	}
}

func setDstPort(tx *action.Tx, s *expr.Sample) {
	if expr.Cast(tx.Env, s, expr.Int) {
		tx.Conn.Dst = netip.AddrPortFrom(tx.Conn.Dst.Addr(), uint16(s.Int))
	}
}

// CaptureConfig is the configuration of capture.
type CaptureConfig struct {
	// Expr is the sample expression whose value is kept. Required.
	Expr string `toml:"expr,required" pos:"1"`
	// Len is how many bytes of it are kept at most. Required.
	Len int `toml:"len,required" min:"1" max:"65535"`
}

type capture struct {
	c        CaptureConfig
	expr     *expr.Expr
	response bool
}

func (*capture) Phases() expr.Phases {
	return expr.In(expr.TCPContent, expr.HTTPRequest, expr.HTTPResponse)
}

func (a *capture) Compile(sc *expr.Scope) (err error) {
	a.response = sc.Phase == expr.HTTPResponse
	a.expr, err = action.Expr(sc, "expr", a.c.Expr)
	return err
}

func (a *capture) Run(tx *action.Tx) action.Verdict {
	if tx.Stream == nil {
		return action.Continue
	}
	var kept []byte // an empty place where there is no value, so that places keep their meaning
	s := tx.Borrow()
	defer tx.GiveBack()
	if a.expr.Eval(tx.Env, s) && expr.Cast(tx.Env, s, expr.Str) {
		b := s.Bytes[:min(len(s.Bytes), a.c.Len)]
		kept = append(tx.Scratch(len(b)), b...)
	}
	if a.response {
		tx.Stream.CapturedRes = append(tx.Stream.CapturedRes, kept)
	} else {
		tx.Stream.CapturedReq = append(tx.Stream.CapturedReq, kept)
	}
	return action.Continue
}
