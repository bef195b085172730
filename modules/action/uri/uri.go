// Package uri is the actions that change the request line: set-method, set-path,
// set-pathq, set-query, set-uri, replace-path, replace-pathq and replace-uri
// (HAProxy manual section 4.3), in http-request.
//
//	http-request = [
//	  { do = "set-path", value = "/v2%[path]" },
//	  { do = "replace-path", regex = "^/old/(.*)", value = '/new/\1' },
//	]
package uri

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	for _, a := range []struct {
		name, doc string
		apply     part
	}{
		{"set-method", "Sets the request's method", method},
		{"set-path", "Sets the path, keeping the query", path},
		{"set-pathq", "Sets the path with the query", pathq},
		{"set-query", "Sets the query, which begins after the \"?\"; an empty one takes that away", query},
		{"set-uri", "Sets the whole request target", whole},
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
type part func(tx *action.Tx, value []byte)

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
	value := tx.Value(a.value)
	for i, c := range value { // a space would end the target
		if c == ' ' || c == '\t' {
			value[i] = '+'
		}
	}
	a.apply(tx, value)
	return action.Continue
}

func method(tx *action.Tx, value []byte) {
	if action.Token(string(value)) {
		tx.Req.SetMethod(value)
	}
}

func whole(tx *action.Tx, value []byte) {
	if len(value) > 0 {
		tx.Req.SetTarget(value)
	}
}

func path(tx *action.Tx, value []byte) {
	prefix, _, q := split(tx.Req.Target())
	join(tx, prefix, value, q)
}

func pathq(tx *action.Tx, value []byte) {
	prefix, _, _ := split(tx.Req.Target())
	join(tx, prefix, value, nil)
}

func query(tx *action.Tx, value []byte) {
	prefix, p, _ := split(tx.Req.Target())
	if len(value) > 0 {
		value = append(append(tx.Scratch(len(value)+1), '?'), value...)
	}
	join(tx, prefix, p, value)
}

// join sets the target of its three parts.
func join(tx *action.Tx, prefix, path, query []byte) {
	b := append(tx.Scratch(len(prefix)+len(path)+len(query)+1), prefix...)
	if len(path) == 0 && len(prefix) == 0 {
		b = append(b, '/') // a target is never empty
	}
	tx.Req.SetTarget(append(append(b, path...), query...))
}

// split parts a target: scheme and authority of the absolute form, path, and
// query with its "?".
func split(target []byte) (prefix, path, query []byte) {
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		target, query = target[:i], target[i:]
	}
	if len(target) > 0 && target[0] != '/' {
		if i := bytes.Index(target, []byte("://")); i >= 0 {
			end := len(target)
			if j := bytes.IndexByte(target[i+3:], '/'); j >= 0 {
				end = i + 3 + j
			}
			return target[:end], target[end:], query
		}
	}
	return nil, target, query
}
