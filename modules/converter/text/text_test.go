package text_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/text"
	_ "github.com/fairleadproxy/fairlead/modules/converter/variable"
)

const none = convtest.None

func TestTexts(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"str(aBc9é),lower", "abc9é"}, {"str(aBc9é),upper", "ABC9é"}, {"str(),length", "0"}, {"str(héllo),length", "6"},
		{"str(ab cd),reverse", "dc ba"}, {"str(),reverse", ""},
		{"str(mail.example.com),reverse_dom", "com.example.mail"}, {"str(example.com.),reverse_dom", "com.example"}, {"str(a),reverse_dom", "a"},
		{"str(),reverse_dom", none}, {"str(.),reverse_dom", none}, {"str(a..b),reverse_dom", none}, {"str(.a),reverse_dom", none}, {"str(a..),reverse_dom", none},
		{"str(xyxaxy),ltrim(xy)", "axy"}, {"str(xyxaxy),rtrim(xy)", "xyxa"}, {"str(xx),ltrim(x)", ""}, {"str(xx),rtrim(x)", ""}, {"str(ab),rtrim(x)", "ab"},
		{`str("ab\ncd"),cut_crlf`, "ab"}, {`str("\r\nab"),cut_crlf`, ""}, {"str(ab),cut_crlf", "ab"},
		{"hex(6109),has_ctl", "0"}, {"hex(610a),has_ctl", "1"}, {"hex(7f),has_ctl", "1"}, {"hex(09),has_ctl(any)", "1"}, {"hex(01),has_ctl(http)", "0"},
		{"hex(00),has_ctl(http)", "1"}, {"hex(7f),has_ctl(0x100000000)", "1"}, {"hex(01),has_ctl(2)", "1"}, {"hex(8080),has_ctl(any)", "0"},
	})
}

func TestFieldsAndWords(t *testing.T) {
	const in = "str(f1_f2_f3__f5),"
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{in + "field(1,_)", "f1"}, {in + "field(4,_)", ""}, {in + "field(5,_)", "f5"}, {in + "field(6,_)", none}, {in + "field(2,_,0)", "f2_f3__f5"}, {in + "field(2,_,2)", "f2_f3"}, {in + "field(2,_,9)", "f2_f3__f5"},
		{in + "field(-1,_)", "f5"}, {in + "field(-5,_)", "f1"}, {in + "field(-6,_)", none}, {in + "field(-2,_,3)", "f2_f3_"}, {in + "field(-3,_,0)", "f1_f2_f3"}, {in + "field(-9,_,0)", none},
		{"str(),field(1,_)", ""}, {"str(),field(-1,_)", ""}, {"str(),field(2,_)", none}, {`str("a,b;c"),field(2,",;",2)`, "b;c"},
		{in + "word(4,_)", "f5"}, {in + "word(5,_)", ""}, {in + "word(2,_,0)", "f2_f3__f5"}, {in + "word(3,_,2)", "f3__f5"}, {in + "word(-2,_,3)", "f1_f2_f3"}, {in + "word(-3,_,0)", "f1_f2"}, {in + "word(-9,_)", ""},
		{"str(/f1////f2/f3/f4),word(1,/)", "f1"}, {"str(/f1////f2/f3/f4),word(2,/)", "f2"}, {"str(__a_b__c_),word(2,_,2)", "b__c"}, {"str(__a_b__c_),word(-2,_,2)", "a_b"},
		{"str(),word(1,_)", ""}, {"str(___),word(1,_)", ""}, {"str(___),word(-1,_)", ""},
		{"str(012345),bytes(0)", "012345"}, {"str(012345),bytes(1,3)", "123"}, {"str(012345),bytes(5,9)", "5"}, {"str(012345),bytes(6)", ""}, {"str(012345),bytes(-1)", ""}, {"str(012345),bytes(1,-1)", ""},
		{"str(3),set-var(txn.n),concat(abcdef),bytes(txn.n,2)", "cd"}, {"str(abc),bytes(0,txn.n)", none}, {"str(abc),bytes(txn.n)", none},
	})
}

func TestParam(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"str(a=b&c=d&a=r),param(a)", "b"}, {"str(a&b=c),param(a)", ""}, {"str(a=&b&c=a),param(b)", ""}, {"str(a=1;b=2;c=4),param(b,;)", "2"},
		{"str(ab=1&a=2),param(a)", "2"}, {"str(a=1),param(b)", none}, {"str(),param(a)", none}, {"str(x=a=b),param(x)", "a=b"}, {"str(a=1;b=2),param(b,0x3B)", "2"},
	})
}

func TestRegsub(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"str(/////a///b/c/xzxyz/),regsub('/+','/','g')", "/a/b/c/xzxyz/"}, {"str(??a),regsub([?;&]*,'')", "a"}, {"str(abcabc),regsub(b,x)", "axcabc"}, {"str(abcabc),regsub(B,x,gi)", "axcaxc"},
		{`str(foo12bar3),regsub("(foo|bar)([0-9]+)?","\2\1",ig)`, "12foo3bar"}, {`str(foo12),regsub("(o)(9)?","<\2\0\5>",g)`, "f<o><o>12"}, {"str(abc),regsub('x*','-','g')", "-a-b-c-"},
		{"str(abc),regsub(x,y)", "abc"}, {"str(aaa),regsub(^a,b,g)", "baa"}, {`str(abc),regsub(b,'\x41\q\\\xzz')`, `aAq\xzzc`}, {`str(abc),regsub(b,'\')`, `a\c`}, {"str(abc),regsub(b,)", "ac"},
	})
}

func TestJoining(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"str(v),set-var(txn.v),concat(-,txn.v,+)", "v-v+"}, {"str(a),concat(-,txn.v,+)", "a-+"}, {"str(a),concat", "a"}, {"str(a),concat(,,+)", "a+"}, {"int(5),concat(')')", "5)"},
		{"int(7),set-var(txn.v),concat(-,txn.v)", "7-7"},
		{`str(v),set-var(txn.v),add_item(",",txn.v,!)`, "v,v!"}, {"str(a),add_item(;,txn.v)", "a"}, {"str(),add_item(;,,x)", "x"}, {"str(a),add_item(;,,x)", "a;x"}, {"str(a),add_item(;,txn.v,x)", "a;x"},
		{"str(hello),set-var(txn.v),strcmp(txn.v)", "0"}, {"str(x),strcmp(txn.v)", none}, {"str(hello),set-var(txn.v),bytes(0,4),strcmp(txn.v)", "-1"},
		{"str(hello),set-var(txn.v),concat(x),strcmp(txn.v)", "1"}, {"str(hello),set-var(txn.v),upper,strcmp(txn.v)", "-32"},
		{"str(hello),set-var(txn.v),secure_memcmp(txn.v)", "1"}, {"str(hello),set-var(txn.v),upper,secure_memcmp(txn.v)", "0"}, {"str(hello),set-var(txn.v),concat(x),secure_memcmp(txn.v)", "0"}, {"str(x),secure_memcmp(txn.v)", none},
	})
}

func TestTextsRefused(t *testing.T) {
	convtest.Refused(t, convtest.Scope(t), []convtest.Case{
		{"str(a),field(0,_)", "field: the index is 0; the first is 1, the last -1"},
		{"str(a),word(1,'')", "word: there must be at least one delimiter"},
		{"str(a),ltrim('')", "ltrim: there must be at least one character"},
		{"str(a),param(a,ab)", `param: the delimiter "ab" is neither one character nor a code such as 0x3b`},
		{"str(a),has_ctl(0x200000000)", `has_ctl: "0x200000000" is not a mask of 33 bits such as 0x2401, nor any or http`},
		{"str(a),regsub(a,b,x)", "regsub: unknown flag 'x'; the flags are g (all matches) and i (upper and lower case are the same)"},
		{"str(a),regsub('(?=a)',b)", "regsub: error parsing regexp: invalid or unsupported Perl syntax: `(?=` (the syntax is RE2's, which knows neither look-around nor back-references)"},
		{"str(a),add_item(;)", `add_item: there must be a variable or a suffix, as in add_item(",",txn.list)`},
	})
}

func TestTextsDoNotAllocate(t *testing.T) {
	convtest.NoAllocs(t, convtest.Scope(t), "str(aBc),lower", "str(aBc),upper,length", "str(a.b.c),reverse_dom,reverse", "str(a_b_c),field(2,_)", "str(a_b_c),word(-2,_,2)", "str(abc),bytes(1,1)",
		"str(a=b&c=d),param(c)", "str(abc),regsub(x,y)", "str(v),set-var(txn.v),concat(-,txn.v,+),add_item(;,txn.v)", "str(v),set-var(txn.v),strcmp(txn.v)", "str(v),set-var(txn.v),secure_memcmp(txn.v)", "str(x a),ltrim(x),cut_crlf,has_ctl")
}

// No input may make a converter of indexes go out of bounds.
func FuzzFieldsAndWords(f *testing.F) {
	f.Add("f1_f2_f3__f5", int8(2), int8(2))
	f.Add("", int8(-1), int8(0))
	sc := convtest.Scope(f)
	f.Fuzz(func(t *testing.T, text string, index, count int8) { indexes(t, sc, text, index, count) })
}

// indexes evaluates field, word and bytes with any index and count; what they
// give must be a part of the text.
func indexes(t *testing.T, sc *expr.Scope, text string, index, count int8) {
	t.Helper()
	for _, name := range []string{"field(%d,_,%d)", "word(%d,_,%d)", "bytes(%d,%d)"} {
		x, err := expr.ParseExpr(sc, fmt.Sprintf("var(txn.text),"+name, index, count))
		if err != nil {
			if index == 0 {
				continue // field and word have no index 0
			}
			t.Fatal(err)
		}
		v, err := sc.VarNamed("txn.text")
		if err != nil {
			t.Fatal(err)
		}
		e := convtest.Env()
		s := expr.Sample{Type: expr.Str, Bytes: []byte(text)}
		e.Vars.Set(v, &s)
		if got, ok := x.EvalStr(e); ok && !strings.Contains(text, string(got)) {
			t.Fatalf("%s of %q gives %q", x, text, got)
		}
	}
}
