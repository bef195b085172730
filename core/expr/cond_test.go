package expr

import (
	"errors"
	"testing"
)

func TestConditions(t *testing.T) {
	sc := testScope(t, HTTPRequest)
	sc.ReadFile = func(name string) ([]byte, error) {
		if name != "list" {
			return nil, errors.New("no such file")
		}
		return []byte("# comment\n\n  abc  \nTWO words\n"), nil
	}
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"yes", true}, {"no", false}, {"!yes", false}, {"!no", true}, {"! no", true}, {"!!yes", true}, {"! ! yes", true},
		{"either", true}, {"api", true}, {"10", true},
		{"yes no", false}, {"yes !no", true}, {"no or yes", true}, {"no || yes", true}, {"no yes or yes no", false}, {"no or yes or no", true},
		{"TRUE", true}, {"FALSE", false}, {"LOCALHOST", false},
		{"{ always_true }", true}, {"!{ always_true }", false}, {"! { always_false }", true}, {"{ always_false } or { always_true }", true},
		{"{ path_beg /api }", true}, {"{ path_beg /x /api }", true}, {"{ path -m beg /api }", true}, {"{ path_beg /x } || api", true},
		{"{ src 10.0.0.0/8 }", true}, {"{ src 11.0.0.0/8 10.1.2.3 }", true}, {"{ src 11.0.0.0/8 }", false},
		{"{ src -m str 10.1.2.3 }", true}, {"{ int(5) 5 }", true}, {"{ int(-5) -5 }", true}, {"{ int(5) -- 5 }", true}, {"{ int(5) -m str 5 }", true},
		{"{ str(ABC) abc }", false}, {"{ str(ABC) -i abc }", true}, {"{ str(ABC) -m str -i abc }", true}, {"{ str(ABC) -i -m str abc }", true}, {"{ str(a) -n -M -u 7 a }", true},
		{"{ str(-i) -- -i }", true}, {`{ str(-i) "-i" }`, true}, {"{ str(abc),upper ABC }", true},
		{"{ none -m found }", false}, {"{ str() -m found }", true}, {"!{ none x }", true}, {"{ str(a),drop -m found }", false},
		{"{ hdr(x) two }", true}, {"{ hdr(x) three }", true}, {"{ hdr(x) four }", false}, {"{ hdr(x),upper TWO }", true}, {"{ hdr_beg(x) tw }", true}, {"{ hdr(x) -m found }", true},
		{`{ str("a b") "a b" }`, true}, {`{ str(\"a,b\") a,b }`, true}, {`{ str(a\ b) "a b" }`, true}, {`{ str(a\ b) 'a b' }`, true}, {`{ str(a\ b) a\ b }`, true},
		{`{ str(}) "}" }`, true}, {`{ str(or) or }`, true}, {`{ str(a#b) a\#b }`, true}, {`{ str(a.b) "a\x2eb" }`, true}, {`{ str($) "\$" }`, true},
		{`{ str(abc),re(^a\w+$) -m bool }`, true}, {`{ str(abc),re(^a\w+$) }`, true},
		{"{ str(abc) -f list }", true}, {"{ str(abcd) -f list }", false}, {"{ str(two) -f list two }", true}, {`{ str(TWO\ words) -f list }`, true},
		{"\tyes\n yes ", true},
	} {
		c, err := ParseCondition(sc, tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := c.Eval(testEnv()); got != tt.want {
			t.Errorf("%s is %v", tt.text, got)
		}
		if c.Negate = true; c.Eval(testEnv()) == tt.want {
			t.Errorf("unless %s is %v too", tt.text, tt.want)
		}
		if c.String() != tt.text {
			t.Errorf("%q is written %q", tt.text, c.String())
		}
	}
}

func TestConditionErrors(t *testing.T) {
	const missing = `a condition is missing here; write ACL names or "{ path_beg /api }"`
	sc := testScope(t, HTTPRequest)
	sc.ReadFile = func(string) ([]byte, error) { return nil, errors.New("no such file") }
	for _, tt := range []struct {
		text string
		off  int
		want string
	}{
		{"", 0, missing}, {"  ", 2, missing}, {"or yes", 0, missing}, {"yes or", 6, missing}, {"yes or or no", 7, missing}, {"yes ||  || no", 8, missing},
		{"!", 0, `nothing follows the "!"`}, {"yes ! !", 4, `nothing follows the "!"`},
		{"yes apl", 4, `there is no ACL "apl"; did you mean "api"?`},
		{"yes !apl", 5, `there is no ACL "apl"; did you mean "api"?`},
		{"something", 0, `there is no ACL "something"; define it under acl, or write an anonymous one: "{ path_beg /api }"`},
		{"yes and no", 4, `there is no ACL "and"; what stands side by side must all hold: leave it out`},
		{"yes NOT no", 4, `there is no ACL "NOT"; write "!" before what must not hold`},
		{"{ always_true", 0, `the brace is not closed; braces are words of their own: "{ path_beg /api }"`},
		{"yes { path_beg /x}", 4, `the brace is not closed; braces are words of their own: "{ path_beg /api }"`},
		{"{ }", 2, `an ACL needs a criterion; such as "path_beg /api" or "src 10.0.0.0/8"`},
		{"{ path }", 7, `the criterion "path" has no patterns to match; add some, or use -m found`},
		{"yes { pth /a }", 6, `unknown fetch "pth"; did you mean "path"?`},
		{"yes { path,uper /a }", 11, `unknown converter "uper"; did you mean "upper"?`},
		{"{ path_beg,uper /a }", 11, `unknown converter "uper"; did you mean "upper"?`},
		{"{ hdr_beg(x,y) /a }", 12, "hdr takes 1 argument, not 2"},
		{"{ path)x /a }", 6, `unexpected ")x" after the criterion`},
		{"{ path -m beg }", 14, `the criterion "path" has no patterns to match; add some, or use -m found`},
		{"{ path -m }", 7, "flag -m needs a value"},
		{"{ path -m bge /a }", 7, `unknown matcher "bge"; did you mean "beg"?`},
		{"{ path -x /a }", 7, `unknown ACL flag "-x"; the flags are -i -n -m -f -M -u; write -- before patterns that begin with '-'`},
		{"{ path -f nope }", 7, "pattern file: no such file"},
		{"{ int(5) abc }", 9, `"abc" is not an integer`},
		{"{ int(5) -m int -i abc }", 19, `"abc" is not an integer`},
		{"{ always_true -m ip 1.2.3.4 }", 2, `match method ip takes values of type ip, but "always_true" gives boolean`},
		{`yes { path "a }`, 11, "the quote is not closed"},
	} {
		_, err := ParseCondition(sc, tt.text)
		wantError(t, tt.text, err, tt.off, tt.want)
	}
}

func TestConditionsKnowTheirPhase(t *testing.T) {
	sc := testScope(t, HTTPRequest).In(TCPConnection)
	const hint = "cannot be used in tcp-request connection: what it reads is not there then; it can be used in http-request, use-server, http-response, http-after-response, log"
	for _, tt := range []struct {
		text string
		off  int
	}{{"api", 0}, {"yes !api", 5}, {"yes { path /x }", 4}} {
		_, err := ParseCondition(sc, tt.text)
		wantError(t, tt.text, err, tt.off, `sample fetch "path" `+hint)
	}
	if _, err := ParseCondition(sc, "10"); err != nil {
		t.Errorf("src in tcp-request connection: %v", err)
	}
}

func TestDefineACLErrors(t *testing.T) {
	sc := testScope(t, HTTPRequest)
	for _, name := range []string{"", "a b", "a/b", "{", "!x", "ä", "or"} {
		if err := sc.DefineACL(name, []string{"always_true"}); err == nil {
			t.Errorf("an ACL may be called %q", name)
		}
	}
	wantError(t, "bad line", sc.DefineACL("x", []string{"always_true", "path_beg -z"}), 9,
		`unknown ACL flag "-z"; the flags are -i -n -m -f -M -u; write -- before patterns that begin with '-'`)
	wantError(t, "no line", sc.DefineACL("x", []string{""}), 0, `an ACL needs a criterion; such as "path_beg /api" or "src 10.0.0.0/8"`)
}

func TestConditionDoesNotAllocate(t *testing.T) {
	sc := testScope(t, HTTPRequest)
	e := testEnv()
	for _, text := range []string{"yes", "api !10 or no", "{ path_beg /x } || { src 10.0.0.0/8 }", "{ hdr(x),upper THREE }", "{ str(12),add(1) 13 }", "{ src -m str 10.1.2.3 }"} {
		c, err := ParseCondition(sc, text)
		if err != nil {
			t.Fatal(err)
		}
		c.Eval(e) // the scratch space grows once
		if n := testing.AllocsPerRun(100, func() { e.Recycle(); c.Eval(e) }); n != 0 {
			t.Errorf("%s allocates %v times", text, n)
		}
	}
}
