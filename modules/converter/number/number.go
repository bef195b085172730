// Package number registers the arithmetic, bitwise and comparing converters of
// HAProxy's manual, section 7.3.1: add, sub, mul, div, mod, neg, and, or, xor,
// cpl, bool, not, odd, even and iif.
//
// Integers have 64 bits and a sign. What does not fit becomes the largest or
// smallest integer instead of wrapping around. The converters keep no state,
// do not allocate, and may be used by many goroutines at once.
package number

import (
	"math"
	"math/bits"

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
	return []arg.Record{
		binary("add", "adds a value", add),
		binary("sub", "subtracts a value", sub),
		binary("mul", "multiplies by a value", mul),
		binary("div", "divides by a value; by 0 gives the largest integer", div),
		binary("mod", "gives the remainder of a division; by 0 gives 0", mod),
		binary("and", "gives the bits that are also set in a value", func(a, b int64) int64 { return a & b }),
		binary("or", "gives the bits that are set in either", func(a, b int64) int64 { return a | b }),
		binary("xor", "gives the bits that differ from a value's", func(a, b int64) int64 { return a ^ b }),
		unary("neg", "changes the sign", func(n int64) int64 { return sub(0, n) }),
		unary("cpl", "flips all bits", func(n int64) int64 { return ^n }),
		predicate("bool", "tells whether the integer is not 0", func(n int64) bool { return n != 0 }),
		predicate("not", "tells whether the integer is 0", func(n int64) bool { return n == 0 }),
		predicate("odd", "tells whether the integer is odd", func(n int64) bool { return n&1 != 0 }),
		predicate("even", "tells whether the integer is even", func(n int64) bool { return n&1 == 0 }),
		{Name: "iif", Converter: expr.Converter{
			Doc: "gives the first text when the value is true, and the second when it is not",
			In:  expr.Bool, Out: expr.Str,
			Args: []expr.Arg{arg.Need("true", expr.ArgStr), arg.Need("false", expr.ArgStr)},
			Bind: bindTexts, Eval: iif,
		}},
	}
}

// binary is a converter with one argument, an integer or a variable.
func binary(name, doc string, op func(a, b int64) int64) arg.Record {
	return arg.Record{Name: name, Converter: expr.Converter{
		Doc: doc, In: expr.Int, Out: expr.Int, Args: []expr.Arg{arg.Need("value", expr.ArgIntOrVar)},
		Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
			v, ok := arg.Int(e, a, 0, 0)
			if !ok {
				return false
			}
			s.SetInt(op(s.Int, v))
			return true
		},
	}}
}

func unary(name, doc string, op func(int64) int64) arg.Record {
	return arg.Record{Name: name, Converter: expr.Converter{
		Doc: doc, In: expr.Int, Out: expr.Int,
		Eval: func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			s.SetInt(op(s.Int))
			return true
		},
	}}
}

func predicate(name, doc string, op func(int64) bool) arg.Record {
	return arg.Record{Name: name, Converter: expr.Converter{
		Doc: doc, In: expr.Int, Out: expr.Bool,
		Eval: func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			s.SetBool(op(s.Int))
			return true
		},
	}}
}

// limit is the integer nearest to what does not fit.
func limit(negative bool) int64 {
	if negative {
		return math.MinInt64
	}
	return math.MaxInt64
}

func add(a, b int64) int64 {
	c := a + b
	if (a < 0) == (b < 0) && (c < 0) != (a < 0) {
		return limit(a < 0)
	}
	return c
}

func sub(a, b int64) int64 {
	c := a - b
	if (a < 0) != (b < 0) && (c < 0) != (a < 0) {
		return limit(a < 0)
	}
	return c
}

func mul(a, b int64) int64 {
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	switch {
	case hi != 0, !negative && lo > math.MaxInt64, lo > 1<<63:
		return limit(negative)
	case negative:
		return int64(-lo)
	}
	return int64(lo)
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func div(a, b int64) int64 {
	if b == 0 || a == math.MinInt64 && b == -1 {
		return math.MaxInt64
	}
	return a / b
}

func mod(a, b int64) int64 {
	if b == 0 || b == -1 {
		return 0
	}
	return a % b
}

// bindTexts keeps both texts as bytes.
func bindTexts(_ *expr.Scope, a *expr.Args) error {
	a.Data = [2][]byte{[]byte(a.Str(1)), []byte(a.Str(0))}
	return nil
}

func iif(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	texts := a.Data.([2][]byte)
	s.SetStr(texts[s.Int&1])
	return true
}
