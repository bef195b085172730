package convtest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/samples"
)

// Laws checks what every converter must do, for uses as they stand in
// expressions, such as "acme.shout" or "acme.cut(3)": on values of each type
// that it takes, also empty ones and garbage, it gives values of the type that
// it declares, and the same ones for many streams at once; it leaves its input as
// it is, which is a view of a request; and it does not allocate where it gives one.
func Laws(t *testing.T, uses ...string) {
	t.Helper()
	for _, use := range uses {
		t.Run(use, func(t *testing.T) {
			taken := 0
			for _, typ := range samples.Types {
				for _, in := range samples.Of(typ) {
					if x := law(t, use, in); x != nil {
						taken++
						obeys(t, x, in)
					}
				}
			}
			if taken == 0 {
				t.Errorf("it takes no value of any type: %v", refusal(t, use))
			}
		})
	}
}

// input is the fetch that gives the value of a law's case.
const input = "input"

// law makes the expression that converts one value; nil when the converter does
// not take values of its type.
func law(t *testing.T, use string, in expr.Sample) *expr.Expr {
	t.Helper()
	x, err := expr.ParseExpr(lawScope(t, in), input+","+use)
	if err != nil {
		return nil
	}
	return x
}

func refusal(t *testing.T, use string) error {
	var s expr.Sample
	s.SetStr([]byte("a"))
	_, err := expr.ParseExpr(lawScope(t, s), input+","+use)
	return err
}

func lawScope(t *testing.T, in expr.Sample) *expr.Scope {
	t.Helper()
	r := module.Default().Clone()
	f := expr.Fetch{Doc: "gives the input", Out: in.Type, Phases: expr.Everywhere,
		Eval: func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool { *s = in; return true }}
	module.RegisterRecordIn(r, expr.FetchKind, input, f.Doc, f)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return expr.NewScope(r, expr.HTTPRequest)
}

func obeys(t *testing.T, x *expr.Expr, in expr.Sample) {
	t.Helper()
	before := samples.Copy(in)
	name := fmt.Sprintf("of %v %s", in.Type, show(&in))
	first, had := once(x)
	if !samples.Same(&before, &in) {
		t.Errorf("%s: it changes its input to %s: work in Env.Scratch", name, show(&in))
		return
	}
	if had && x.Type() != expr.Any && first.Type != x.Type() {
		t.Errorf("%s: the value is of type %v, and Out is %v", name, first.Type, x.Type())
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 3 {
				if again, has := once(x); has != had || had && !samples.Same(&first, &again) {
					t.Errorf("%s: it gives %s, and another time %s", name, show(&first), show(&again))
					return
				}
			}
		})
	}
	wg.Wait()
	if n := lawAllocs(x); had && n > 0 {
		t.Errorf("%s: it allocates %v times: take space from Env.Scratch", name, n)
	}
}

// once evaluates in an Env of its own and gives a copy of the value.
func once(x *expr.Expr) (expr.Sample, bool) {
	var s expr.Sample
	has := x.Eval(Env(), &s)
	return samples.Copy(s), has
}

// lawAllocs counts allocations once the Env has grown. The least of some rounds
// counts: what else the process does allocates, too.
func lawAllocs(x *expr.Expr) float64 {
	e := Env()
	var s expr.Sample
	eval := func() { e.Recycle(); s = expr.Sample{}; x.Eval(e, &s) }
	return allocs.Of(eval)
}

func show(s *expr.Sample) string {
	switch s.Type {
	case expr.Bool, expr.Int:
		return fmt.Sprint(s.Int)
	case expr.IP:
		return s.Addr.String()
	}
	if len(s.Bytes) > 40 {
		return fmt.Sprintf("%q...", s.Bytes[:40])
	}
	return fmt.Sprintf("%q", s.Bytes)
}
