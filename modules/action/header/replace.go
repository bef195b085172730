package header

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/action/internal/replace"
	"github.com/fairleadproxy/fairlead/modules/action/internal/target"
)

func init() {
	module.Register(action.Kind, "replace-header", module.Spec[ReplaceConfig, action.Action]{
		Doc: "Replaces the values of a header field that match, each as a whole",
		New: func(_ *module.Context, c ReplaceConfig) (action.Action, error) { return newReplacer(c, false) },
	})
	module.Register(action.Kind, "replace-value", module.Spec[ReplaceConfig, action.Action]{
		Doc: "Replaces those values of a comma-separated header field that match",
		New: func(_ *module.Context, c ReplaceConfig) (action.Action, error) { return newReplacer(c, true) },
	})
}

// ReplaceConfig is the configuration of replace-header and replace-value.
type ReplaceConfig struct {
	// Name is the field's name. Required.
	Name string `toml:"name,required" pos:"1"`
	replace.Config
}

type replacer struct {
	replace.Replacer
	name string
	list bool // values are parted by commas
	host bool
}

func newReplacer(c ReplaceConfig, list bool) (action.Action, error) {
	if err := checkName(c.Name); err != nil {
		return nil, err
	}
	r, err := replace.New(c.Config)
	return &replacer{r, c.Name, list, isHost(c.Name)}, err
}

func (*replacer) Phases() expr.Phases { return action.Messages }

func (a *replacer) Run(tx *action.Tx) action.Verdict {
	m := tx.Message()
	if m == nil {
		return action.Continue
	}
	for i := m.Find(a.name, 0); i >= 0; i = m.Find(a.name, i+1) {
		if a.list {
			a.eachValue(tx, m, i)
		} else if out, ok := a.Whole(tx, m.Value(i)); ok {
			m.SetValue(i, out)
		}
		if a.host && m == tx.Req {
			target.SetAuthority(tx, m.Value(i))
		}
	}
	return action.Continue
}

// eachValue replaces among the values of field i.
func (a *replacer) eachValue(tx *action.Tx, m *httpmsg.Message, i int) {
	rest := m.Value(i)
	out := tx.Scratch(len(rest) + 64)
	changed := false
	for first := true; ; first = false {
		value, after, more := bytes.Cut(rest, []byte(","))
		if !first {
			out = append(out, ',')
		}
		trimmed := bytes.TrimLeft(value, " \t")
		out = append(out, value[:len(value)-len(trimmed)]...)
		if new, ok := a.Whole(tx, bytes.TrimRight(trimmed, " \t")); ok {
			out, changed = append(out, new...), true
		} else {
			out = append(out, trimmed...)
		}
		if rest = after; !more {
			break
		}
	}
	if changed {
		m.SetValue(i, out)
	}
}
