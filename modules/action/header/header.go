// Package header is the actions that change header fields: set-header,
// add-header, del-header, replace-header and replace-value (HAProxy manual
// section 4.3), in the lists http-request, http-response and
// http-after-response.
//
//	http-request = [
//	  { do = "set-header", name = "X-Real-IP", value = "%[src]" },
//	  { do = "del-header", name = "X-Debug" },
//	]
package header

import (
	"fmt"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(action.Kind, "set-header", module.Spec[Config, action.Action]{
		Doc: "Sets a header field, removing those of the name first",
		New: func(_ *module.Context, c Config) (action.Action, error) { return newSetter(c, true) },
	})
	module.Register(action.Kind, "add-header", module.Spec[Config, action.Action]{
		Doc: "Adds a header field after those that are there",
		New: func(_ *module.Context, c Config) (action.Action, error) { return newSetter(c, false) },
	})
}

// Config is the configuration of set-header and add-header.
type Config struct {
	// Name is the field's name. Required.
	Name string `toml:"name,required" pos:"1"`
	// Value is a log-format string for its value. Required.
	Value string `toml:"value,required" pos:"2"`
}

type setter struct {
	name, text string
	replace    bool
	value      *expr.Format
}

func newSetter(c Config, replace bool) (action.Action, error) {
	if err := checkName(c.Name); err != nil {
		return nil, err
	}
	return &setter{name: c.Name, text: c.Value, replace: replace}, nil
}

func checkName(name string) error {
	if !action.Token(name) {
		return fmt.Errorf("name %q is not the name of a header field: use letters, digits and '-'", name)
	}
	return nil
}

func (*setter) Phases() expr.Phases { return action.Messages }

func (a *setter) Compile(sc *expr.Scope) (err error) {
	a.value, err = action.Format(sc, "value", a.text)
	return err
}

func (a *setter) Run(tx *action.Tx) action.Verdict {
	m := tx.Message()
	if m == nil {
		return action.Continue
	}
	value := tx.Value(a.value) // before the field that it may be made of goes
	if a.replace {
		m.SetHeader(a.name, value)
	} else {
		m.AddHeader(a.name, value)
	}
	return action.Continue
}
