package variable_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	_ "github.com/fairleadproxy/fairlead/modules/action/internal/language"
	_ "github.com/fairleadproxy/fairlead/modules/action/variable"
)

var request = actiontest.Lines("GET /a?b HTTP/1.1", "Host: h", "X-A: 1", "X-Empty:", "X-Evil: a%0d%0ab")

// step is an action of a case: its name and configuration.
type step [2]string

func TestVariables(t *testing.T) {
	set := func(expr string) step { return step{"set-var", "name = \"txn.v\"\nexpr = \"" + expr + "\""} }
	when := func(expr, when string) step { return step{"set-var", set(expr)[1] + "\nwhen = " + when} }
	format := func(value string) step {
		return step{"set-var-fmt", "name = \"txn.v\"\nvalue = \"" + value + "\""}
	}
	unset := step{"unset-var", `name = "txn.v"`}
	for _, c := range []struct {
		steps []step
		want  string
	}{
		{[]step{set("req.hdr(host)")}, "h"},
		{[]step{set("req.hdr(host)"), set("path")}, "/a"},
		{[]step{set("req.hdr(host)"), set("req.hdr(none)")}, "h"},
		{[]step{set("req.hdr(host)"), unset}, "none"},
		{[]step{unset}, "none"},
		{[]step{format("%[src]:%[path]")}, "192.0.2.1:/a"},
		{[]step{format("%[path]"), format("<%[var(txn.v)]>")}, "</a>"},
		{[]step{format("")}, ""},
		{[]step{set("int(5)"), set("var(txn.v),add(1)")}, "6"},

		{[]step{when("str(a)", `"ifexists"`)}, "none"},
		{[]step{set("str(a)"), when("str(b)", `"ifexists"`)}, "b"},
		{[]step{when("str(a)", `["ifnotexists"]`), when("str(b)", `["ifnotexists"]`)}, "a"},
		{[]step{when("str(a)", `["ifset"]`), when("str(b)", `["ifnotset"]`)}, "b"},
		{[]step{set("str(a)"), when("req.hdr(x-empty)", `["ifnotempty"]`)}, "a"},
		{[]step{set("str(a)"), when("req.hdr(x-empty)", `["ifempty"]`)}, ""},
		{[]step{set("str(a)"), when("str(b)", `["ifempty"]`)}, "a"},
		{[]step{set("int(5)"), when("int(6)", `["iflt"]`)}, "6"},
		{[]step{set("int(5)"), when("int(6)", `["ifgt"]`)}, "5"},
		{[]step{set("int(5)"), when("int(4)", `["ifgt"]`)}, "4"},
		{[]step{set("int(5)"), when("int(6)", `["iflt", "ifnotset"]`)}, "5"},
		{[]step{when("int(6)", `["iflt"]`)}, "6"},
		{[]step{{"set-var-fmt", "name = \"txn.v\"\nvalue = \"a\"\nwhen = [\"ifexists\"]"}}, "none"},
	} {
		tx := actiontest.Tx(t, request, "")
		sc := actiontest.Scope(t, expr.HTTPRequest)
		tx.Phase = expr.HTTPRequest
		for _, s := range c.steps {
			actiontest.Must(t, sc, s[0], s[1]).Run(tx)
		}
		x, err := expr.ParseExpr(sc, "var(txn.v)")
		if err != nil {
			t.Fatal(err)
		}
		got, ok := x.EvalStr(tx.Env)
		if !ok {
			got = []byte("none")
		}
		if string(got) != c.want {
			t.Errorf("%q give %q, want %q", c.steps, got, c.want)
		}
	}
}

// A variable keeps its value when what it was made of goes.
func TestCopies(t *testing.T) {
	tx := actiontest.Tx(t, request, "")
	sc := actiontest.Scope(t, expr.HTTPRequest)
	actiontest.Must(t, sc, "set-var", "name = \"sess.v\"\nexpr = \"path\"").Run(tx)
	head := tx.Req.Head()
	for i := range head {
		head[i] = 'x'
	}
	x, err := expr.ParseExpr(sc, "var(sess.v)")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := x.EvalStr(tx.Env); string(got) != "/a" {
		t.Errorf("the variable is %q", got)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		phase              expr.Phase
		name, config, want string
	}{
		{expr.HTTPRequest, "set-var", "name = \"v\"\nexpr = \"src\"", "name: invalid variable name"},
		{expr.HTTPRequest, "set-var", "name = \"txn.v\"\nexpr = \"nothing\"", "expr: "},
		{expr.HTTPRequest, "set-var", "name = \"txn.v\"\nexpr = \"src\"\nwhen = [\"ifnew\"]", "ifnotexists"},
		{expr.HTTPRequest, "set-var-fmt", "name = \"txn.v\"\nvalue = \"%[nothing]\"", "value: "},
		{expr.HTTPRequest, "unset-var", `name = "txn"`, "name: "},
		{expr.TCPConnection, "set-var", "name = \"txn.v\"\nexpr = \"src\"", "write proc. or sess."},
		{expr.TCPSession, "unset-var", `name = "req.v"`, "write proc. or sess."},
	} {
		actiontest.Refused(t, c.phase, c.name, c.config, c.want)
	}
	for _, p := range []expr.Phase{expr.TCPConnection, expr.TCPSession} {
		actiontest.Must(t, actiontest.Scope(t, p), "set-var", "name = \"sess.v\"\nexpr = \"src\"")
	}
}

func TestAllocations(t *testing.T) {
	tx := actiontest.Tx(t, request, "")
	for _, c := range []step{
		{"set-var", "name = \"txn.v\"\nexpr = \"path\"\nwhen = [\"ifnotempty\", \"iflt\"]"},
		{"set-var-fmt", "name = \"txn.v\"\nvalue = \"%[src]%[path]\""}, {"unset-var", `name = "txn.v"`},
	} {
		actiontest.NoAllocations(t, tx, expr.HTTPRequest, func() {}, c[0], c[1])
	}
}
