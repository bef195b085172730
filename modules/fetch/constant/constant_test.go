package constant_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/constant"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

func TestValues(t *testing.T) {
	sc := fetchtest.Scope(t, expr.TCPConnection)
	fetchtest.Run(t, sc, &expr.Env{}, []fetchtest.Case{
		{"always_true", "1"}, {"always_false", "0"},
		{"bool(true)", "1"}, {"bool(TRUE)", "1"}, {"bool(1)", "1"}, {"bool(false)", "0"}, {"bool(0)", "0"},
		{"int(5)", "5"}, {"int(-9223372036854775808)", "-9223372036854775808"},
		{"str(abc)", "abc"}, {"str()", ""}, {"str", ""}, {`str("a,b")`, "a,b"},
		{"bin(00fF),hex", "00FF"}, {"meth(GET)", "GET"},
		{"ipv4(192.0.2.1)", "192.0.2.1"}, {"ipv6(2001:DB8::1)", "2001:db8::1"},
	})
	fetchtest.Hold(t, sc, &expr.Env{}, true, "TRUE", "!FALSE", "{ int(5) gt 4 }", "{ ipv4(10.1.2.3) 10.0.0.0/8 }", "{ meth(GET) GET }")
}

func TestArgumentsThatAreRefused(t *testing.T) {
	for _, text := range []string{"always_true(1)", "bool", "bool(yes)", "int", "int()", "int(x)", "int(5k)", "str(a,b)", "bin()", "bin(0)", "bin(0x01)", "meth",
		"ipv4(1.2.3)", "ipv4(::1)", "ipv6(1.2.3.4)", "ipv6(fe80::1%eth0)"} {
		if _, err := expr.ParseExpr(fetchtest.Scope(t, expr.Log), text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

func TestEverywhere(t *testing.T) {
	one := map[string]string{"bool": "(1)", "int": "(1)", "bin": "(00)", "meth": "(GET)", "ipv4": "(1.2.3.4)", "ipv6": "(::1)"}
	if n := fetchtest.Bare(t, one); n < 9*9*4 {
		t.Errorf("only %d evaluations", n)
	}
}

func TestAllocations(t *testing.T) {
	fetchtest.NoAllocations(t, fetchtest.Scope(t, expr.HTTPRequest), &expr.Env{}, "always_true", "bool(1)", "int(1)", "str(abc)", "bin(00)", "ipv4(1.2.3.4)")
}
