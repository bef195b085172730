// Package variable registers the converters of HAProxy's manual, section 7.3.1,
// that change variables on the way: set-var and unset-var.
//
// The value is passed on as it is. A variable belongs to one stream, or with
// scope proc to the process, whose variables are guarded by a lock.
package variable

import (
	"fmt"
	"slices"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

func init() {
	for _, r := range records() {
		module.RegisterRecord(expr.ConverterKind, r.Name, r.Doc, r.Converter)
	}
}

func records() []arg.Record {
	name := arg.Need("var", expr.ArgVar)
	return []arg.Record{
		{Name: "set-var", Converter: expr.Converter{
			Doc: "sets a variable to the value, if the conditions hold: ifexists, ifnotexists, ifempty, ifnotempty, ifset, ifnotset, ifgt, iflt", In: expr.Any, Out: expr.Any,
			Args: append([]expr.Arg{name}, arg.Optional(
				arg.Need("condition", expr.ArgStr), arg.Need("condition", expr.ArgStr), arg.Need("condition", expr.ArgStr), arg.Need("condition", expr.ArgStr))...),
			Bind: bindConditions, Eval: set}},
		{Name: "unset-var", Converter: expr.Converter{
			Doc: "removes a variable's value", In: expr.Any, Out: expr.Any, Args: []expr.Arg{name}, Eval: unset}},
	}
}

// condition is one of those under which a variable is set.
type condition string

var conditions = []condition{"ifexists", "ifnotexists", "ifempty", "ifnotempty", "ifset", "ifnotset", "ifgt", "iflt"}

// holds reports whether the value s may be set; old is the variable's, nil when
// it has none. A variable here exists exactly while it is set.
func (c condition) holds(s, old *expr.Sample) bool {
	switch c {
	case "ifexists", "ifset":
		return old != nil
	case "ifnotexists", "ifnotset":
		return old == nil
	case "ifempty":
		return empty(s)
	case "ifnotempty":
		return !empty(s)
	case "ifgt":
		return !integers(s, old) || old.Int > s.Int
	}
	return !integers(s, old) || old.Int < s.Int // iflt
}

func empty(s *expr.Sample) bool {
	switch s.Type {
	case expr.Str, expr.Bin, expr.Method:
		return len(s.Bytes) == 0
	}
	return false
}

func integers(s, old *expr.Sample) bool {
	return old != nil && s.Type == expr.Int && old.Type == expr.Int
}

func bindConditions(_ *expr.Scope, a *expr.Args) error {
	var list []condition
	for i := 1; i < len(a.V); i++ {
		if !a.Given(i) {
			continue
		}
		c := condition(a.Str(i))
		if !slices.Contains(conditions, c) {
			return fmt.Errorf("unknown condition %q; use ifexists, ifnotexists, ifempty, ifnotempty, ifset, ifnotset, ifgt or iflt", a.Str(i))
		}
		list = append(list, c)
	}
	a.Data = list
	return nil
}

func set(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	v := a.V[0].Var
	if list := a.Data.([]condition); len(list) > 0 {
		var value expr.Sample
		old := &value
		if !e.Vars.Get(v, old) {
			old = nil
		}
		for _, c := range list {
			if !c.holds(s, old) {
				return true
			}
		}
	}
	e.Vars.Set(v, s)
	// The value may have been a view of the variable's own bytes before.
	return e.Vars.Get(v, s)
}

func unset(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	if len(s.Bytes) > 0 { // which may be the variable's own
		s.Bytes = append(e.Scratch(len(s.Bytes)), s.Bytes...)
	}
	e.Vars.Unset(a.V[0].Var)
	return true
}
