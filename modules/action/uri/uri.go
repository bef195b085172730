// Package uri is the actions that change the request line: set-method, set-path,
// set-pathq, set-query, set-uri, replace-path, replace-pathq and replace-uri
// (HAProxy manual section 4.4), in http-request.
//
//	http-request = [
//	  { do = "set-path", value = "/v2%[path]" },
//	  { do = "replace-path", regex = "^/old/(.*)", value = '/new/\1' },
//	]
//
// Bytes that cannot stand in a target are percent-encoded, and a path
// gets the "/" it has to begin with. The target of CONNECT, a host and a port,
// has no path or query to change. The actions hold no state of streams: they
// may run for many at a time.
package uri

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/action/internal/target"
)

func init() {
	for _, a := range []struct {
		name, doc string
		apply     part
	}{
		{"set-method", "Sets the request's method", method},
		{"set-path", "Sets the path, keeping the query", path},
		{"set-pathq", "Sets the path with the query", pathq},
		{"set-query", "Sets the query, which begins after the \"?\"; that stays if it was there", query},
		{"set-uri", "Sets the whole request target, and the Host where that names an authority", whole},
	} {
		module.Register(action.Kind, a.name, module.Spec[Config, action.Action]{
			Doc: a.doc,
			New: func(_ *module.Context, c Config) (action.Action, error) {
				return &setter{text: c.Value, apply: a.apply}, nil
			},
		})
	}
}

// Config is the configuration of the set-* actions.
type Config struct {
	// Value is a log-format string for the new value. Required.
	Value string `toml:"value,required" pos:"1"`
}

// part puts a value in its place in the request line.
type part func(tx *action.Tx, value *expr.Format)

type setter struct {
	text  string
	value *expr.Format
	apply part
}

func (*setter) Phases() expr.Phases { return action.Requests }

func (a *setter) Compile(sc *expr.Scope) (err error) {
	a.value, err = action.Format(sc, "value", a.text)
	return err
}

func (a *setter) Run(tx *action.Tx) action.Verdict {
	a.apply(tx, a.value)
	return action.Continue
}

// method sets the method, but neither from nor to those that change where a
// message ends: the client waits for the response to the method it sent.
func method(tx *action.Tx, f *expr.Format) {
	old, value := tx.Req.Method(), tx.Value(f)
	if action.Token(string(value)) && frames(old) == frames(value) {
		tx.Req.SetMethod(value)
	}
}

// frames gives the methods after which a response ends otherwise than after
// others (RFC 9112 section 6.3), 0 for all the others.
func frames(method []byte) int {
	switch string(method) {
	case "HEAD":
		return 1
	case "CONNECT":
		return 2
	}
	return 0
}

func path(tx *action.Tx, f *expr.Format) {
	if target.HasPath(tx.Req) {
		before, _, q := target.Split(tx.Req.Target())
		target.Set(tx, before, target.Value(tx, f), q)
	}
}

func pathq(tx *action.Tx, f *expr.Format) {
	if target.HasPath(tx.Req) {
		before, _, _ := target.Split(tx.Req.Target())
		target.Set(tx, before, target.Value(tx, f), nil)
	}
}

// query sets what comes after the "?". HAProxy never removes one (section 4.4
// "set-query"), and adds one only for a value.
func query(tx *action.Tx, f *expr.Format) {
	before, p, old := target.Split(tx.Req.Target())
	value := target.Value(tx, f)
	if !target.HasPath(tx.Req) || string(p) == "*" || old == nil && len(value) == 0 {
		return
	}
	target.Set(tx, before, p, append(append(tx.Scratch(len(value)+1), '?'), value...))
}

func whole(tx *action.Tx, f *expr.Format) { target.SetWhole(tx, target.Value(tx, f)) }
