package text

import (
	"cmp"
	"crypto/subtle"
	"fmt"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

// joining are the converters that bring in variables.
func joining() []arg.Record {
	return []arg.Record{
		{Name: "concat", Converter: expr.Converter{
			Doc: "appends a text, a variable's value and a text", In: expr.Str, Out: expr.Str,
			Args: arg.Optional(arg.Need("start", expr.ArgStr), arg.Need("var", expr.ArgVar), arg.Need("end", expr.ArgStr)), Eval: concat}},
		{Name: "add_item", Converter: expr.Converter{
			Doc: "appends a variable's value and a text, after a delimiter where there is something on both its sides", In: expr.Str, Out: expr.Str,
			Args: []expr.Arg{arg.Need("delimiter", expr.ArgStr), {Name: "var", Type: expr.ArgVar, Optional: true}, {Name: "suffix", Type: expr.ArgStr, Optional: true}},
			Bind: bindItem, Eval: addItem}},
		{Name: "strcmp", Converter: expr.Converter{
			Doc: "compares with a variable: negative when the value comes before it, 0 when they are the same, positive when it comes after", In: expr.Str, Out: expr.Int,
			Args: []expr.Arg{arg.Need("var", expr.ArgVar)}, Eval: compare}},
		{Name: "secure_memcmp", Converter: expr.Converter{
			Doc: "tells whether the value is that of a variable, in a time that does not depend on where they differ", In: expr.Bin, Out: expr.Bool,
			Args: []expr.Arg{arg.Need("var", expr.ArgVar)}, Eval: secureCompare}},
	}
}

func concat(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	value, _ := arg.Var(e, a, 1, expr.Str)
	join(e, s, a.Str(0), value, a.Str(2))
	return true
}

// join sets s to its bytes and the parts after them.
func join(e *expr.Env, s *expr.Sample, before string, value []byte, after string) {
	out := append(e.Scratch(len(s.Bytes)+len(before)+len(value)+len(after)), s.Bytes...)
	out = append(out, before...)
	out = append(out, value...)
	s.SetStr(append(out, after...))
}

func bindItem(_ *expr.Scope, a *expr.Args) error {
	if !a.Given(1) && a.Str(2) == "" {
		return fmt.Errorf("there must be a variable or a suffix, as in add_item(\",\",txn.list)")
	}
	return nil
}

func addItem(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	value, _ := arg.Var(e, a, 1, expr.Str)
	before, after := a.Str(0), a.Str(2)
	if len(s.Bytes) == 0 || len(value) == 0 && after == "" {
		before = ""
	}
	join(e, s, before, value, after)
	return true
}

func compare(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	value, ok := arg.Var(e, a, 0, expr.Str)
	if !ok {
		return false
	}
	both := min(len(value), len(s.Bytes))
	for i, c := range s.Bytes[:both] {
		if c != value[i] {
			s.SetInt(int64(c) - int64(value[i]))
			return true
		}
	}
	s.SetInt(int64(cmp.Compare(len(s.Bytes), len(value))))
	return true
}

func secureCompare(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	value, ok := arg.Var(e, a, 0, expr.Bin)
	if !ok {
		return false
	}
	s.SetBool(subtle.ConstantTimeCompare(s.Bytes, value) == 1)
	return true
}
