// Package arg reads arguments of converters that may name a variable instead of
// holding a value (HAProxy manual section 2.8).
//
// All functions may be called by many goroutines at once, each with an Env of
// its own. None of them allocates beyond the scratch space of the Env.
package arg

import "github.com/fairleadproxy/fairlead/core/expr"

// Int gives argument i, of type ArgInt or ArgIntOrVar, and otherwise when it
// was not given. It reports false when the variable has no value or one that is
// no integer.
func Int(e *expr.Env, a *expr.Args, i int, otherwise int64) (int64, bool) {
	if !a.Given(i) {
		return otherwise, true
	}
	v := a.V[i].Var
	if v == nil {
		return a.V[i].Int, true
	}
	var s expr.Sample
	if !e.Vars.Get(v, &s) || !expr.Cast(e, &s, expr.Int) {
		return 0, false
	}
	return s.Int, true
}

// Var gives the value of the variable that argument i names, as bytes of type
// Str or Bin. It reports false when none is named or it has no value.
func Var(e *expr.Env, a *expr.Args, i int, as expr.Type) ([]byte, bool) {
	if !a.Given(i) || a.V[i].Var == nil {
		return nil, false
	}
	var s expr.Sample
	if !e.Vars.Get(a.V[i].Var, &s) || !expr.Cast(e, &s, as) {
		return nil, false
	}
	return s.Bytes, true
}

// Record is a converter with its name, for the tables that families register.
type Record struct {
	Name string
	expr.Converter
}

// Optional gives args with all of them marked as optional.
func Optional(args ...expr.Arg) []expr.Arg {
	for i := range args {
		args[i].Optional = true
	}
	return args
}

// Need declares an argument that must be given.
func Need(name string, t expr.ArgType) expr.Arg { return expr.Arg{Name: name, Type: t} }
