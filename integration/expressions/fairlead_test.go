package expressions

import (
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
	_ "github.com/fairleadproxy/fairlead/modules/fetch/constant"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/process"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

// environment is a scope and an Env in which txn.s is "hello" and txn.i 7, as
// the lines of variables say to HAProxy.
func environment(t *testing.T) (*expr.Scope, *expr.Env) {
	t.Helper()
	sc := expr.NewScope(module.Default(), expr.HTTPRequest)
	if err := module.Default().Err(); err != nil {
		t.Fatal(err)
	}
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
