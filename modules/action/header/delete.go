package header

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(action.Kind, "del-header", module.Spec[DeleteConfig, action.Action]{
		Doc: "Removes all header fields of a name",
		New: NewDelete,
	})
}

// DeleteConfig is the configuration of del-header.
type DeleteConfig struct {
	// Name is the name, or what match compares names with. Required.
	Name string `toml:"name,required" pos:"1"`
	// Match is how names are compared: "str" for the whole name, "beg", "end",
	// "sub" or "reg" for a regular expression. Case does not matter. Default "str".
	Match string `toml:"match" enum:"str|beg|end|sub|reg"`
}

type remover struct {
	name  string
	match func(name []byte) bool // nil: the whole name
}

// NewDelete makes the action.
func NewDelete(_ *module.Context, c DeleteConfig) (action.Action, error) {
	if c.Name == "" {
		return nil, module.Wrong("name", "name is empty, which would match every field: write the name, or a part of it")
	}
	a := &remover{name: c.Name}
	want := []byte(strings.ToLower(c.Name))
	switch c.Match {
	case "beg":
		a.match = func(n []byte) bool { return len(n) >= len(want) && bytes.EqualFold(n[:len(want)], want) }
	case "end":
		a.match = func(n []byte) bool { return len(n) >= len(want) && bytes.EqualFold(n[len(n)-len(want):], want) }
	case "sub":
		a.match = func(n []byte) bool { return containsFold(n, want) }
	case "reg":
		re, err := regexp.Compile("(?i)" + c.Name)
		if err != nil {
			return nil, module.Wrong("name", "%w", err)
		}
		a.match = re.Match
	default:
		return a, checkName(c.Name)
	}
	return a, nil
}

func containsFold(b, want []byte) bool {
	for i := 0; i+len(want) <= len(b); i++ {
		if bytes.EqualFold(b[i:i+len(want)], want) {
			return true
		}
	}
	return false
}

func (*remover) Phases() expr.Phases       { return action.Messages }
func (*remover) Compile(*expr.Scope) error { return nil }

func (a *remover) Run(tx *action.Tx) action.Verdict {
	m := tx.Message()
	switch {
	case m == nil:
	case a.match == nil:
		m.DelHeader(a.name)
	default:
		for i := range m.Fields() {
			if !m.Deleted(i) && !frames(m.KnownAt(i)) && a.match(m.Name(i)) {
				m.DelAt(i)
			}
		}
	}
	return action.Continue
}
