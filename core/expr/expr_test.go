package expr

import (
	"testing"
)

func TestParseExprEvaluates(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		out        Type
	}{
		{"str(abc)", "abc", Str},
		{"str(abc),upper", "ABC", Str},
		{"str(abc),upper,length,add(2)", "5", Int},
		{"str()", "", Str},
		{`str("a,b)c")`, "a,b)c", Str},
		{`str('a,b)c')`, "a,b)c", Str},
		{`str(a"b"'c')`, "abc", Str},
		{`str('a\n')`, `a\n`, Str},
		{`str(a\nb\tc\\d\ e)`, "a\nb\tc\\d e", Str},
		{`str("a\"b\'c")`, `a"b'c`, Str},
		{`str(^a\.b\d+$)`, `^a\.b\d+$`, Str},
		{`str("^a\.b\d+$")`, `^a\.b\d+$`, Str},
		{`str(a\,b\)c)`, "a,b)c", Str},
		{`str("a\,b")`, `a\,b`, Str},
		{`str(a\x41)`, `a\x41`, Str},
		{"str( a b )", " a b ", Str},
		{"int(-5),add(1)", "-4", Int},
		{"int(5),add(1,10)", "16", Int},
		{"int(5),add(1,)", "6", Int},
		{"str(12abc),add(0)", "12", Int},
		{"str(abc),add(1)", "1", Int},
		{"str(99999999999999999999),add(0)", "9223372036854775807", Int},
		{"str(-99999999999999999999),add(0)", "-9223372036854775808", Int},
		{"str(1.2.3.4),as_ip", "1.2.3.4", IP},
		{"int(16909060),as_ip", "1.2.3.4", IP},
		{"ip(1.2.3.4),add(0)", "16909060", Int},
		{"ip(::ffff:1.2.3.4)", "1.2.3.4", IP},
		{"always_true,add(1)", "2", Int},
		{"src,length", "8", Int},
		{"src,same", "10.1.2.3", IP},
		{"hdr(x)", "one", Str},
		{"last(x),upper", "THREE", Str},
		{"str(abc),re(^a.c$)", "1", Bool},
		{`str(a),set(txn.x),same,upper`, "A", Str},
	} {
		x, err := ParseExpr(testScope(t, HTTPRequest), tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		got, ok := x.EvalStr(testEnv())
		if !ok || string(got) != tt.want || x.Type() != tt.out || x.String() != tt.text {
			t.Errorf("%s gives %q (%v) of type %s, written %s; want %q of type %s", tt.text, got, ok, x.Type(), x, tt.want, tt.out)
		}
	}
}

func TestExprWithoutValue(t *testing.T) {
	for _, text := range []string{"none", "none,upper", "str(a),drop", "str(a),drop,upper", "str(),add(1)", "str(x),as_ip", "ip(::1),add(1)", "hdr(x),drop", "var(txn.unset)"} {
		x, err := ParseExpr(testScope(t, HTTPRequest), text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, ok := x.EvalStr(testEnv()); ok {
			t.Errorf("%s gives %q, want no value", text, got)
		}
	}
}

func TestParseExprErrors(t *testing.T) {
	for _, tt := range []struct {
		text string
		off  int
		want string
	}{
		{"", 0, `an expression must begin with the name of a sample fetch; such as "src" or "req.hdr(host)"`},
		{"(a)", 0, `an expression must begin with the name of a sample fetch; such as "src" or "req.hdr(host)"`},
		{"strr(a)", 0, `unknown fetch "strr"; did you mean "str"?`},
		{"str(a)x", 6, `unexpected "x" after the expression`},
		{"str(a) ,upper", 6, `unexpected " ,upper" after the expression`},
		{"str(a),", 7, "a converter's name must follow the comma"},
		{"str(a),uper", 7, `unknown converter "uper"; did you mean "upper"?`},
		{"str(a),upper,(x)", 13, "a converter's name must follow the comma"},
		{"str(a,b)", 6, "str takes 1 argument, not 2"},
		{"src(a)", 4, "src takes no arguments, not 1"},
		{"str", 0, `str lacks its argument "value"`},
		{"int(x)", 4, `argument "value" of int: "x" is not an integer`},
		{"int()", 4, `argument "value" of int: "" is not an integer`},
		{"ip(1.2.3)", 3, `argument "value" of ip: "1.2.3" is not an IP address`},
		{"str(a", 3, "the parenthesis is not closed"},
		{`str("a`, 4, "the quote is not closed"},
		{`str(a'b)`, 5, "the quote is not closed"},
		{`str(a\`, 3, "the parenthesis is not closed"},
		{"str(a),add(1,2,3)", 15, "add takes 2 arguments, not 3"},
		{"str(a),add(1,x)", 13, `argument "more" of add: "x" is not an integer`},
		{"always_true,as_ip", 12, `converter as_ip takes a value of type ip, but "always_true" gives boolean`},
		{"var(x)", 4, `argument "name" of var: invalid variable name "x"; write proc., sess., txn., req. or res. and then letters, digits, '.' or '_', as in txn.user`},
		{"str(a),re([)", 10, "argument \"regex\" of re: error parsing regexp: missing closing ]: `[`"},
		{"bound", 0, "bound: not today"},
	} {
		_, err := ParseExpr(testScope(t, HTTPRequest), tt.text)
		wantError(t, tt.text, err, tt.off, tt.want)
	}
	_, err := ParseExpr(testScope(t, TCPSession), "path,upper")
	wantError(t, "path in tcp-request session", err, 0, `sample fetch "path" cannot be used in tcp-request session: what it reads is not there then; `+
		"it can be used in http-request, use-server, http-response, http-after-response, log")
}

func TestArguments(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "0|0|0|0|0|0|0|0|0|0|0|"},
		{"16k,5s,::1,24,64,be,be/s1,7,x", "16384|5000000000|::1|24|64|0|0|7|0|0|0|"},
		{"1g,,,255.255.0.0,ffff:ff00::", "1073741824|0|0|16|24|0|0|0|0|0|0|"},
		{",500,,/8,/7,,s1,txn.n,req.t", "0|500000000|0|8|7|0|0|var txn.n|var req.t|0|0|"},
		{",10us,,0.0.0.0,::,,,-3,'req.t'", "0|10000|0|0|0|0|0|-3|0|0|0|"},
	} {
		x, err := ParseExpr(testScope(t, HTTPRequest), "src,typed("+tt.args+")")
		if err != nil {
			t.Errorf("%s: %v", tt.args, err)
			continue
		}
		if got, _ := x.EvalStr(testEnv()); string(got) != tt.want {
			t.Errorf("typed(%s) gives %s, want %s", tt.args, got, tt.want)
		}
	}
	for _, tt := range []struct {
		args string
		off  int
		want string
	}{
		{"16q", 10, `argument "size" of typed: "16q" is not a size such as 16k`},
		{"99999999999g", 10, `argument "size" of typed: "99999999999g" is not a size such as 16k`},
		{",5 s", 11, `argument "time" of typed: "5 s" is not a time such as 500ms, 5s or 1h`},
		{",99999999999999d", 11, `argument "time" of typed: "99999999999999d" is not a time such as 500ms, 5s or 1h`},
		{",,,33", 13, `argument "mask" of typed: "33" is not a mask of up to 32 bits`},
		{",,,255.0.255.0", 13, `argument "mask" of typed: the mask "255.0.255.0" has holes`},
		{",,,,ffff:0:ffff::", 14, `argument "mask6" of typed: the mask "ffff:0:ffff::" has holes`},
		{",,,,,,,txn.", 17, `argument "number" of typed: invalid variable name "txn."; write proc., sess., txn., req. or res. and then letters, digits, '.' or '_', as in txn.user`},
	} {
		_, err := ParseExpr(testScope(t, HTTPRequest), "src,typed("+tt.args+")")
		wantError(t, tt.args, err, tt.off, tt.want)
	}
}
