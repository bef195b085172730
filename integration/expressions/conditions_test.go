package expressions

import (
	"fmt"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// acls are defined for the conditions; a name with two lines holds when either does.
var acls = []struct{ name, line string }{
	{"yes", "always_true"}, {"no", "always_false"},
	{"five", "int(5) 5"},
	{"word", "str(abc) -m beg x"}, {"word", "str(abc) -m end c"},
}

func define(t *testing.T, sc *expr.Scope) []string {
	t.Helper()
	byName := map[string][]string{}
	var out []string
	for _, a := range acls {
		byName[a.name] = append(byName[a.name], a.line)
		out = append(out, "acl "+a.name+" "+a.line)
	}
	for name, list := range byName {
		if err := sc.DefineACL(name, list); err != nil {
			t.Fatalf("acl %s: %v", name, err)
		}
	}
	return out
}

func TestConditionsHoldWhenHAProxysDo(t *testing.T) {
	haproxy := binary(t)
	sc, e := environment(t)
	config := append(define(t, sc), variables...)
	conditions := lines(t, "conditions.txt")
	var formats []string
	for i, c := range conditions {
		config = append(config, fmt.Sprintf("http-request set-var(txn.c%d) bool(true) if %s", i, c))
		formats = append(formats, fmt.Sprintf("%%[var(txn.c%d)]", i))
	}
	for i, result := range results(t, haproxy, config, formats) {
		want := result == "1"
		c, err := expr.ParseCondition(sc, conditions[i])
		if err != nil {
			t.Errorf("%s: %v; with HAProxy it is %v", conditions[i], err, want)
			continue
		}
		if got := c.Eval(e); got != want {
			t.Errorf("%s is %v, with HAProxy %v", conditions[i], got, want)
		}
		c.Negate = true
		if got := c.Eval(e); got == want {
			t.Errorf("unless %s is %v too", conditions[i], got)
		}
	}
}

func TestConditionsThatHAProxyRefuses(t *testing.T) {
	haproxy := binary(t)
	sc, _ := environment(t)
	config := define(t, sc)
	for _, text := range lines(t, "refused_conditions.txt") {
		if accepts(t, haproxy, append(config[:len(config):len(config)], "http-request deny if "+text)...) {
			t.Errorf("HAProxy accepts %s", text)
		}
		if _, err := expr.ParseCondition(sc, text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}
