package expressions

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/session"
	_ "github.com/fairleadproxy/fairlead/modules/converter/address"
	_ "github.com/fairleadproxy/fairlead/modules/converter/date"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
	_ "github.com/fairleadproxy/fairlead/modules/converter/hash"
	_ "github.com/fairleadproxy/fairlead/modules/converter/http"
	_ "github.com/fairleadproxy/fairlead/modules/converter/maps"
	_ "github.com/fairleadproxy/fairlead/modules/converter/number"
	_ "github.com/fairleadproxy/fairlead/modules/converter/text"
	_ "github.com/fairleadproxy/fairlead/modules/converter/variable"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

// registry has the standard converters and matchers, and fetches of constants.
func registry(t *testing.T) *module.Registry {
	t.Helper()
	r := module.Default().Clone()
	for name, f := range constants() {
		if _, err := expr.FetchKind.Record(r, name); err != nil {
			module.RegisterRecordIn(r, expr.FetchKind, name, f.Doc, f)
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

// constants are the fetches that give their argument, for a build without the
// standard ones.
func constants() map[string]expr.Fetch {
	constant := func(out expr.Type, arg expr.ArgType, eval func(a *expr.Args, s *expr.Sample) bool) expr.Fetch {
		return expr.Fetch{Doc: "gives its argument", Out: out, Args: []expr.Arg{{Name: "value", Type: arg}}, Phases: expr.Everywhere,
			Eval: func(_ *expr.Env, a *expr.Args, s *expr.Sample) bool { return eval(a, s) }}
	}
	ip := constant(expr.IP, expr.ArgIP, func(a *expr.Args, s *expr.Sample) bool { s.SetIP(a.V[0].IP); return true })
	bin := constant(expr.Bin, expr.ArgStr, func(a *expr.Args, s *expr.Sample) bool { s.SetBin(a.Data.([]byte)); return true })
	bin.Bind = func(_ *expr.Scope, a *expr.Args) (err error) {
		a.Data, err = hex.DecodeString(a.Str(0))
		return err
	}
	return map[string]expr.Fetch{
		"str":  constant(expr.Str, expr.ArgStr, func(a *expr.Args, s *expr.Sample) bool { s.SetStr([]byte(a.Str(0))); return true }),
		"int":  constant(expr.Int, expr.ArgInt, func(a *expr.Args, s *expr.Sample) bool { s.SetInt(a.V[0].Int); return true }),
		"bool": constant(expr.Bool, expr.ArgStr, func(a *expr.Args, s *expr.Sample) bool { s.SetBool(a.Str(0) == "true"); return true }),
		"ipv4": ip, "ipv6": ip, "bin": bin,
		"var": {Doc: "gives a variable's value", Out: expr.Str, Args: []expr.Arg{{Name: "name", Type: expr.ArgVar}}, Phases: expr.Everywhere,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool { return e.Vars.Get(a.V[0].Var, s) }},
		"always_true": {Doc: "is true", Out: expr.Bool, Phases: expr.Everywhere,
			Eval: func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool { s.SetBool(true); return true }},
		"always_false": {Doc: "is false", Out: expr.Bool, Phases: expr.Everywhere,
			Eval: func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool { s.SetBool(false); return true }},
	}
}

// environment is a scope and an Env in which txn.s is "hello" and txn.i 7, as
// the lines of variables say to HAProxy.
func environment(t *testing.T) (*expr.Scope, *expr.Env) {
	t.Helper()
	sc := expr.NewScope(registry(t), expr.HTTPRequest)
	c := &session.Conn{Src: netip.MustParseAddrPort("127.0.0.1:1234")}
	e := &expr.Env{Phase: expr.HTTPRequest, Conn: c, Stream: &session.Stream{Conn: c}}
	for _, text := range []string{"str(hello),set-var(txn.s)", "int(7),set-var(txn.i)"} {
		x, err := expr.ParseExpr(sc, text)
		if err != nil {
			t.Fatal(err)
		}
		var s expr.Sample
		if !x.Eval(e, &s) {
			t.Fatalf("%s gave nothing", text)
		}
	}
	return sc, e
}

var variables = []string{"http-request set-var(txn.s) str(hello)", "http-request set-var(txn.i) int(7)"}

// format writes as Fairlead does, or gives the error.
func format(sc *expr.Scope, e *expr.Env, text string) string {
	f, err := expr.ParseFormat(sc, text)
	if err != nil {
		return fmt.Sprintf("error: %v", err)
	}
	return string(f.Append(nil, e))
}
