package stream

import (
	"errors"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// CaptureConfig is the configuration of capture: a new place for the value, or
// one that an earlier rule has made.
type CaptureConfig struct {
	// Expr is the sample expression whose value is kept. Required.
	Expr string `toml:"expr,required" pos:"1"`
	// Len is how many bytes of it are kept at most, in a place that the rule makes:
	// rules of a frontend alone do, in their order. Either len or id is needed.
	Len int `toml:"len" min:"1" max:"65535"`
	// ID is the number of the place, from 0, in which the value replaces that of
	// an earlier capture; it is kept up to 65535 bytes. Where no rule has made the
	// place, nothing is kept.
	ID *int `toml:"id" min:"0"`
}

type capture struct {
	c        CaptureConfig
	expr     *expr.Expr
	response bool
	place    int
}

func (*capture) Phases() expr.Phases {
	return expr.In(expr.TCPContent, expr.HTTPRequest, expr.HTTPResponse, expr.HTTPAfterResponse)
}

func (a *capture) Compile(sc *expr.Scope) (err error) {
	if (a.c.Len == 0) == (a.c.ID == nil) {
		return errors.New("write either len, for a new place, or id, for one that is there")
	}
	a.response = sc.Phase == expr.HTTPResponse || sc.Phase == expr.HTTPAfterResponse
	if err := a.choosePlace(sc.Captures); err != nil {
		return err
	}
	a.expr, err = action.Expr(sc, "expr", a.c.Expr)
	return err
}

// choosePlace takes the place that id names, or the frontend's next one: a rule
// that is passed over leaves its place empty.
func (a *capture) choosePlace(made *expr.Captures) error {
	if a.c.ID != nil {
		a.place = *a.c.ID
		return nil
	}
	if made == nil {
		return &module.FieldError{Field: "len", Err: errors.New("only a frontend makes places for captured values: " +
			"capture it in a rule of the frontend, or write the id of a place that one has made")}
	}
	next := &made.Request
	if a.response {
		next = &made.Response
	}
	a.place = *next
	*next++
	return nil
}

func (a *capture) Run(tx *action.Tx) action.Verdict {
	if tx.Stream == nil {
		return action.Continue
	}
	places, limit := tx.Stream.CapturedReq, a.c.Len
	if a.response {
		places = tx.Stream.CapturedRes
	}
	if a.c.ID != nil {
		limit = valueLen
	}
	if a.place < len(places) {
		places[a.place] = a.value(tx, limit)
	}
	return action.Continue
}

// valueLen is how many bytes are kept at most in a place that another rule has made.
const valueLen = 65535

// value gives a copy of the value, nil where there is none.
func (a *capture) value(tx *action.Tx, limit int) []byte {
	s := tx.Borrow()
	defer tx.GiveBack()
	if !a.expr.Eval(tx.Env, s) || !expr.Cast(tx.Env, s, expr.Str) {
		return nil
	}
	b := s.Bytes[:min(len(s.Bytes), limit)]
	return append(tx.Scratch(len(b)), b...)
}
