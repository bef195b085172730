// Package variable is the actions set-var, set-var-fmt and unset-var (HAProxy
// manual sections 2.8 and 4.3), in all lists.
//
//	http-request = [
//	  { do = "set-var", name = "txn.host", expr = "req.hdr(host),lower" },
//	  { do = "set-var-fmt", name = "txn.key", value = "%[src]:%[path]" },
//	]
package variable

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(action.Kind, "set-var", module.Spec[Config, action.Action]{
		Doc: "Sets a variable to the value of a sample expression",
		New: func(_ *module.Context, c Config) (action.Action, error) {
			return &setter{name: c.Name, expr: c.Expr}, nil
		},
	})
	module.Register(action.Kind, "set-var-fmt", module.Spec[FormatConfig, action.Action]{
		Doc: "Sets a variable to a formatted string",
		New: func(_ *module.Context, c FormatConfig) (action.Action, error) {
			return &setter{name: c.Name, text: c.Value, formatted: true}, nil
		},
	})
	module.Register(action.Kind, "unset-var", module.Spec[UnsetConfig, action.Action]{
		Doc: "Removes a variable",
		New: func(_ *module.Context, c UnsetConfig) (action.Action, error) { return &unsetter{name: c.Name}, nil },
	})
}

// Config is the configuration of set-var.
type Config struct {
	// Name is the variable's, with its scope, such as "txn.host". Required.
	Name string `toml:"name,required" pos:"1"`
	// Expr is the sample expression. Required.
	Expr string `toml:"expr,required" pos:"2"`
}

// FormatConfig is the configuration of set-var-fmt.
type FormatConfig struct {
	// Name is the variable's, with its scope. Required.
	Name string `toml:"name,required" pos:"1"`
	// Value is a log-format string. Required.
	Value string `toml:"value,required" pos:"2"`
}

// UnsetConfig is the configuration of unset-var.
type UnsetConfig struct {
	// Name is the variable's, with its scope. Required.
	Name string `toml:"name,required" pos:"1"`
}

type setter struct {
	name, expr, text string
	formatted        bool

	ref    *expr.VarRef
	value  *expr.Expr
	format *expr.Format
}

func (*setter) Phases() expr.Phases { return action.Everywhere }

func (a *setter) Compile(sc *expr.Scope) (err error) {
	if a.ref, err = sc.VarNamed(a.name); err != nil {
		return &action.FieldError{Field: "name", Err: err}
	}
	if a.formatted {
		a.format, err = action.Format(sc, "value", a.text)
	} else {
		a.value, err = action.Expr(sc, "expr", a.expr)
	}
	return err
}

func (a *setter) Run(tx *action.Tx) action.Verdict {
	s := tx.Borrow()
	defer tx.GiveBack()
	if a.formatted {
		s.SetStr(tx.Value(a.format))
	} else if !a.value.Eval(tx.Env, s) {
		return action.Continue
	}
	tx.Vars.Set(a.ref, s)
	return action.Continue
}

type unsetter struct {
	name string
	ref  *expr.VarRef
}

func (*unsetter) Phases() expr.Phases { return action.Everywhere }

func (a *unsetter) Compile(sc *expr.Scope) (err error) {
	if a.ref, err = sc.VarNamed(a.name); err != nil {
		return &action.FieldError{Field: "name", Err: err}
	}
	return nil
}

func (a *unsetter) Run(tx *action.Tx) action.Verdict {
	tx.Vars.Unset(a.ref)
	return action.Continue
}
