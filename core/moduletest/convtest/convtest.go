// Package convtest tests converters by the results of whole expressions.
//
// A test of a family names it in Case tables; the input is what the fetches
// str(text), int(number), bool(true), ip(address), hex(digits) and var(name)
// give, which the package registers in a registry of its own. It is for tests
// alone.
package convtest

import (
	"encoding/hex"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
	"github.com/fairleadproxy/fairlead/core/session"
)

// None stands in a Case for no value.
const None = "<none>"

// Case is an expression and the text that it gives, or the error.
type Case [2]string

// Scope makes a scope over the modules that the test imports and the fetches of
// this package.
func Scope(t testing.TB) *expr.Scope {
	t.Helper()
	r := module.Default().Clone()
	for name, f := range fetches() {
		module.RegisterRecordIn(r, expr.FetchKind, name, f.Doc, f)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return expr.NewScope(r, expr.HTTPRequest)
}

// Env makes an Env with an empty stream.
func Env() *expr.Env {
	c := &session.Conn{}
	return &expr.Env{Phase: expr.HTTPRequest, Conn: c, Stream: &session.Stream{Conn: c}}
}

// Run checks the cases, each with an Env of its own.
func Run(t *testing.T, sc *expr.Scope, cases []Case) {
	t.Helper()
	for _, c := range cases {
		x, err := expr.ParseExpr(sc, c[0])
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		got, ok := x.EvalStr(Env())
		if !ok {
			got = []byte(None)
		}
		if string(got) != c[1] {
			t.Errorf("%s gives %q, want %q", c[0], got, c[1])
		}
	}
}

// Refused checks that each expression is refused with the text that the Case has.
func Refused(t *testing.T, sc *expr.Scope, cases []Case) {
	t.Helper()
	for _, c := range cases {
		_, err := expr.ParseExpr(sc, c[0])
		if err == nil {
			t.Errorf("%s is accepted", c[0])
		} else if err.Error() != c[1] {
			t.Errorf("%s: error\n %q, want\n %q", c[0], err, c[1])
		}
	}
}

// NoAllocs checks that evaluating each expression again allocates nothing, but under
// the race detector, which lets pools forget.
func NoAllocs(t *testing.T, sc *expr.Scope, exprs ...string) {
	t.Helper()
	for _, text := range exprs {
		x, err := expr.ParseExpr(sc, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		e := Env()
		for range 2 { // the scratch space may grow
			e.Recycle()
			x.EvalStr(e)
		}
		if n := allocs.Of(func() { e.Recycle(); x.EvalStr(e) }); n != 0 {
			t.Errorf("%s allocates %v times", text, n)
		}
	}
}

func fetches() map[string]expr.Fetch {
	constant := func(out expr.Type, arg expr.ArgType, eval func(a *expr.Args, s *expr.Sample)) expr.Fetch {
		return expr.Fetch{Doc: "gives its argument", Out: out, Args: []expr.Arg{{Name: "value", Type: arg}}, Phases: expr.Everywhere,
			Bind: func(_ *expr.Scope, a *expr.Args) error { a.Data = []byte(a.Str(0)); return nil },
			Eval: func(_ *expr.Env, a *expr.Args, s *expr.Sample) bool { eval(a, s); return true }}
	}
	digits := constant(expr.Bin, expr.ArgStr, func(a *expr.Args, s *expr.Sample) { s.SetBin(a.Data.([]byte)) })
	digits.Bind = func(_ *expr.Scope, a *expr.Args) (err error) {
		a.Data, err = hex.DecodeString(a.Str(0))
		return err
	}
	return map[string]expr.Fetch{
		"str":  constant(expr.Str, expr.ArgStr, func(a *expr.Args, s *expr.Sample) { s.SetStr(a.Data.([]byte)) }),
		"int":  constant(expr.Int, expr.ArgInt, func(a *expr.Args, s *expr.Sample) { s.SetInt(a.V[0].Int) }),
		"bool": constant(expr.Bool, expr.ArgStr, func(a *expr.Args, s *expr.Sample) { s.SetBool(a.V[0].Str == "true") }),
		"ip":   constant(expr.IP, expr.ArgIP, func(a *expr.Args, s *expr.Sample) { s.SetIP(a.V[0].IP) }),
		"hex":  digits,
		"var": {Doc: "gives a variable's value", Out: expr.Str, Args: []expr.Arg{{Name: "name", Type: expr.ArgVar}}, Phases: expr.Everywhere,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool { return e.Vars.Get(a.V[0].Var, s) }},
	}
}
