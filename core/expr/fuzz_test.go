package expr

import (
	"errors"
	"testing"
)

// checkError fails unless err is an *Error whose offset is within the text.
func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%q: %v is no *Error", text, err)
	}
	if e.Off < 0 || e.Off > len(text) || e.Msg == "" {
		t.Fatalf("%q: error %q at %d", text, e.Msg, e.Off)
	}
}

func FuzzExpr(f *testing.F) {
	for _, s := range []string{"str(abc),upper", `str("a\"b",'c')`, "int(-5),add(1,)", "hdr(x),same,length", "var(txn.x)", "src,typed(16k,5s,::1,24,ffff::,b,b/s,7,txn.x)", "str(a),re(^(a|b)$)", `str(\`, "a,b"} {
		f.Add(s)
	}
	sc := testScope(f, HTTPRequest)
	f.Fuzz(func(t *testing.T, text string) {
		x, err := ParseExpr(sc, text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		e := testEnv()
		first, ok := x.EvalStr(e)
		again, ok2 := x.EvalStr(e)
		if ok != ok2 || string(first) != string(again) {
			t.Fatalf("%q gives %q (%v), then %q (%v)", text, first, ok, again, ok2)
		}
		if y, err := ParseExpr(sc, x.String()); err != nil || y.Type() != x.Type() {
			t.Fatalf("%q, written again as %q: %v", text, x, err)
		}
	})
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{"yes", "!yes or no", "{ path_beg /a } !{ src 10.0.0.0/8 } || either", `{ hdr(x) -m str -i "a b" 'c' \# }`, "{ hdr_beg(x,y) z }", "{ int(5) -- 5 }", "! !no", "{ { } }", "{ str(}) } }"} {
		f.Add(s)
	}
	sc := testScope(f, HTTPRequest)
	sc.ReadFile = func(name string) ([]byte, error) { return []byte(name), nil }
	f.Fuzz(func(t *testing.T, text string) {
		if err := sc.DefineACL("fuzz", []string{text}); err != nil {
			checkError(t, text, err)
		}
		c, err := ParseCondition(sc, text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		e := testEnv()
		holds := c.Eval(e)
		if c.Negate = true; c.Eval(e) == holds {
			t.Fatalf("%q and its opposite are both %v", text, holds)
		}
	})
}

func FuzzFormat(f *testing.F) {
	for _, s := range []string{"plain", "100%%", HTTPLog, TCPLog, CLF, "%{+Q,-X}o%ci", "%(a)[str(']')]", "%{+E}[hdr(x),upper]", "%[", "%hr%hs", "%{+X}[bin]"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	scopes := map[bool]*Scope{true: testScope(f, Log), false: testScope(f, HTTPRequest)}
	f.Fuzz(func(t *testing.T, text string, log bool) {
		format, err := ParseFormat(scopes[log], text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		e := testEnv()
		first := format.Append(nil, e)
		if again := format.Append([]byte("x "), e); string(again) != "x "+string(first) {
			t.Fatalf("%q gives %q after nothing and %q after x", text, first, again)
		}
		if literal, ok := format.Literal(); ok && literal != string(first) {
			t.Fatalf("%q is the literal %q but gives %q", text, literal, first)
		}
		e.Stream = nil
		format.Append(nil, e)
	})
}
