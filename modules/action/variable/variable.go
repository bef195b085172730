// Package variable is the actions set-var, set-var-fmt and unset-var (HAProxy
// manual sections 2.8 and 4.4), in all lists.
//
//	http-request = [
//	  { do = "set-var", name = "txn.host", expr = "req.hdr(host),lower" },
//	  { do = "set-var-fmt", name = "txn.key", value = "%[src]:%[path]" },
//	  { do = "set-var", name = "sess.first", expr = "path", when = ["ifnotexists"] },
//	]
//
// Variables keep copies of their values. The actions hold no state of streams:
// they may run for many at a time; variables of the process are guarded by a
// lock.
package variable

import (
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(action.Kind, "set-var", module.Spec[Config, action.Action]{
		Doc: "Sets a variable to the value of a sample expression",
		New: func(_ *module.Context, c Config) (action.Action, error) {
			return &setter{name: c.Name, when: c.When, expr: c.Expr}, nil
		},
	})
	module.Register(action.Kind, "set-var-fmt", module.Spec[FormatConfig, action.Action]{
		Doc: "Sets a variable to a formatted string",
		New: func(_ *module.Context, c FormatConfig) (action.Action, error) {
			return &setter{name: c.Name, when: c.When, text: c.Value, formatted: true}, nil
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
	// When are conditions that must all hold for the variable to be set: ifexists,
	// ifnotexists, ifempty, ifnotempty, ifset, ifnotset, ifgt, iflt (HAProxy manual
	// section 7.3.1 "set-var"). Default: none.
	When tree.OneOrMany[string] `toml:"when" enum:"ifexists|ifnotexists|ifempty|ifnotempty|ifset|ifnotset|ifgt|iflt"`
}

// FormatConfig is the configuration of set-var-fmt.
type FormatConfig struct {
	// Name is the variable's, with its scope. Required.
	Name string `toml:"name,required" pos:"1"`
	// Value is a log-format string. Required.
	Value string `toml:"value,required" pos:"2"`
	// When are conditions that must all hold for the variable to be set: ifexists,
	// ifnotexists, ifempty, ifnotempty, ifset, ifnotset, ifgt, iflt (HAProxy manual
	// section 7.3.1 "set-var"). Default: none.
	When tree.OneOrMany[string] `toml:"when" enum:"ifexists|ifnotexists|ifempty|ifnotempty|ifset|ifnotset|ifgt|iflt"`
}

// UnsetConfig is the configuration of unset-var.
type UnsetConfig struct {
	// Name is the variable's, with its scope. Required.
	Name string `toml:"name,required" pos:"1"`
}

type setter struct {
	name, expr, text string
	formatted        bool
	when             []string

	ref    *expr.VarRef
	value  *expr.Expr
	format *expr.Format
}

func (*setter) Phases() expr.Phases { return action.Everywhere }

func (a *setter) Compile(sc *expr.Scope) (err error) {
	if a.ref, err = named(sc, a.name); err != nil {
		return err
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
		s.SetStr(a.format.Append(tx.Scratch(valueSize), tx.Env))
	} else if !a.value.Eval(tx.Env, s) {
		return action.Continue
	}
	if a.holds(tx, s) {
		tx.Vars.Set(a.ref, s)
	}
	return action.Continue
}

// valueSize is the scratch space for a formatted value, in bytes; longer ones are
// allocated.
const valueSize = 512

// holds reports whether the value s may be set.
func (a *setter) holds(tx *action.Tx, s *expr.Sample) bool {
	if len(a.when) == 0 {
		return true
	}
	old := tx.Borrow()
	defer tx.GiveBack()
	set := tx.Vars.Get(a.ref, old)
	for _, c := range a.when {
		if !holds(c, s, old, set) {
			return false
		}
	}
	return true
}

type unsetter struct {
	name string
	ref  *expr.VarRef
}

func (*unsetter) Phases() expr.Phases { return action.Everywhere }

func (a *unsetter) Compile(sc *expr.Scope) (err error) {
	a.ref, err = named(sc, a.name)
	return err
}

func (a *unsetter) Run(tx *action.Tx) action.Verdict {
	tx.Vars.Unset(a.ref)
	return action.Continue
}

// named finds the variable. Rules that come before any stream have only those of
// the process and the session (HAProxy manual section 4.4 "set-var").
func named(sc *expr.Scope, name string) (*expr.VarRef, error) {
	ref, err := sc.VarNamed(name)
	if scope, _, _ := strings.Cut(name, "."); err == nil && (sc.Phase == expr.TCPConnection || sc.Phase == expr.TCPSession) && scope != "proc" && scope != "sess" {
		err = fmt.Errorf("there is no stream yet in %s rules that could have the variable %s: write proc. or sess. before its name", sc.Phase, name)
	}
	if err != nil {
		return nil, &module.FieldError{Field: "name", Err: err}
	}
	return ref, nil
}
