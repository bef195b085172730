package encoding_test

import (
	"encoding/json"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
)

const none = convtest.None

func TestEncodings(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"str(hello),base64", "aGVsbG8="}, {"str(aGVsbG8=),b64dec", "hello"}, {"str(aGVsbG8),b64dec", none}, {"str(aGVsbG8),ub64dec", "hello"}, {`str("??>>"),ub64enc`, "Pz8-Pg"}, {"str(ab-_),b64dec", none}, {"str(ab+/),ub64dec", none},
		{"str(abc),hex", "616263"}, {"int(258),hex", "0000000000000102"}, {"bool(true),hex", "0000000000000001"}, {"ip(1.2.3.4),hex", "01020304"}, {"ip(::1),hex", "00000000000000000000000000000001"},
		{"str(fF),hex2i", "255"}, {"str(ffz),hex2i", none}, {"str(),hex2i", "0"}, {"str(ffffffffffffffff),hex2i", "-1"}, {"hex(05ff),base2", "0000010111111111"},
		{"hex(01020304050607),be2dec(:,2)", "258:772:1286:7"}, {"hex(01020304050607),be2dec(-,2,1)", "258-772-1286"}, {"hex(01020304050607),be2dec(,2,1)", "2587721286"}, {"hex(7f000001),be2dec(.,1)", "127.0.0.1"}, {"hex(ff02030405060708),be2dec(.,8)", "18375252745424078600"},
		{"hex(01020304050607),le2dec(:,2)", "513:1027:1541:7"}, {"hex(01020304050607),le2dec(-,2,1)", "513-1027-1541"}, {"hex(01020304050607),le2dec(,2,1)", "51310271541"}, {"hex(),be2dec(:,2)", ""},
		{"hex(01020304050607),be2hex", "01020304050607"}, {"hex(01020304050607),be2hex(:,2)", "0102:0304:0506:07"}, {"hex(01020304050607),be2hex(--,2,1)", "0102--0304--0506"}, {"hex(0102030405060708),be2hex(,3,1)", "010203040506"},
		{"int(1),htonl,hex", "00000001"}, {"int(-1),htonl,hex", "FFFFFFFF"}, {"int(4294967298),htonl,hex", "00000002"},
		{"str(a+b%20c?d+e),url_dec", "a+b c?d e"}, {"str(a+b%20c?d+e),url_dec(1)", "a b c?d e"}, {"str(a%2),url_dec", none}, {"str(a%zz),url_dec", none}, {"str(%C3%A9),url_dec", "é"},
		{`str("a b&c=d/é~-_.!*'()"),url_enc`, "a%20b%26c%3Dd%2F%C3%A9~-_.%21%2A%27%28%29"}, {"str(abc),url_enc(query)", "abc"},
	})
}

func TestJSON(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{`str('a"b\c/d'),json`, `a\"b\\c\/d`}, {`str("a\tb\nc"),json`, `a\tb\nc`}, {"str(aéb),json", `a\u00c3\u00a9b`}, {"str(aéb),json(utf8)", `a\u00e9b`}, {"hex(61017f80),json", `a\u0001\u007f\u0080`},
		{"hex(61ff62),json(utf8)", none}, {"hex(61ff62),json(utf8s)", "ab"}, {"hex(61c08062),json(utf8p)", `a\u0000b`}, {"hex(61c08062),json(utf8s)", "ab"}, {"hex(61c08062),json(utf8ps)", `a\u0000b`},
		{"hex(61f09f988062),json(utf8)", none}, {"hex(61f09f988062),json(utf8s)", "ab"}, {"hex(61eda08062),json(utf8s)", "ab"}, {"hex(61c3),json(utf8)", none}, {"hex(61e282),json(utf8s)", "a"},
	})
}

func TestJSONQuery(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{`str('{"integer":4}'),json_query('$.integer','int')`, "4"}, {`str('{"a":4.5}'),json_query('$.a')`, "4.5"}, {`str('{"a":4.5}'),json_query('$.a',int)`, "4"}, {`str('{"a":12345678901234}'),json_query('$.a')`, "12345678901234"},
		{`str('{"a":-5}'),json_query('$.a')`, "-5"}, {`str('{"a":1e3}'),json_query('$.a')`, "1e3"}, {`str('{"b":false}'),json_query('$.b')`, "0"}, {`str('{"b":true}'),json_query('$.b',int)`, "1"}, {`str('{"a":null}'),json_query('$.a')`, none},
		{`str('{"s":"a\u0041\n\ud83d\ude00"}'),json_query('$.s')`, "aA\n😀"}, {`str('{"s":"\ud83d"}'),json_query('$.s')`, none}, {`str('{"s":"\q"}'),json_query('$.s')`, none}, {`str('{"s":"12"}'),json_query('$.s',int)`, "12"},
		{`str('{"my.key":"myvalue"}'),json_query('$.my\.key')`, "myvalue"}, {`str('{"a":{"b":[1,{"c":"d"}]}}'),json_query('$.a.b[1].c')`, "d"}, {`str('{"a":{"b":[1,{"c":"d"}]}}'),json_query('$.a.b[7]')`, none},
		{`str('{"a":["x", {"y":"]"}]}'),json_query('$.a')`, `["x", {"y":"]"}]`}, {`str('{"a":{}}'),json_query('$.a')`, none}, {`str('[1,2]'),json_query('$[1]')`, "2"}, {`str('{"x":{"a":1},"y":"a","a":2}'),json_query('$.a')`, "2"},
		{`str('{"a":1'),json_query('$.a')`, "1"}, {`str('{"a"'),json_query('$.a')`, none}, {`str('{"a":'),json_query('$.a')`, none}, {`str('{"a":tru}'),json_query('$.a')`, none}, {`str(),json_query('$.a')`, none}, {`str('[1]'),json_query('$.a')`, none}, {`str(' { "a" : "b" } '),json_query('$.a')`, "b"},
	})
}

func TestEncodingsRefused(t *testing.T) {
	convtest.Refused(t, convtest.Scope(t), []convtest.Case{
		{"str(a),be2dec(.,9)", "be2dec: the chunk size is 9; it must be 1 to 8 bytes"},
		{"str(a),be2hex(:,0)", "be2hex: the chunk size is 0; it must be 1 to 1073741824 bytes"},
		{"str(a),be2hex(:)", "be2hex: a separator needs a chunk size, as in be2hex(:,2)"},
		{"str(a),url_enc(path)", `url_enc: unknown encoding "path"; the only one is query`},
		{"str(a),json(utf9)", `json: unknown input code "utf9"; use ascii, utf8, utf8s, utf8p or utf8ps`},
		{"str(a),json_query(a)", `json_query: the JSON path "a" does not begin with $, as in $.user.name`},
		{"str(a),json_query('$..a')", `json_query: the JSON path "$..a" has an empty name`},
		{"str(a),json_query('$[x]')", `json_query: the JSON path "$[x]" has an index that is no number in brackets, such as [0]`},
		{"str(a),json_query('$a')", `json_query: the JSON path "$a" has "a" where .name or [index] is expected`},
		{"str(a),json_query('$.a',float)", `json_query: unknown output type "float"; the only one is int`},
	})
}

func TestEncodingsDoNotAllocate(t *testing.T) {
	convtest.NoAllocs(t, convtest.Scope(t), "str(hello),base64,b64dec", "str(hello),ub64enc,ub64dec", "str(abc),hex", "str(ff),hex2i", "hex(0102),base2", "hex(010203),be2dec(:,2)", "hex(010203),be2hex(:,1)",
		"int(1),htonl", "str(a%20b+c),url_dec(1)", "str(a b),url_enc", `str('a"é'),json(utf8)`, `str('{"a":["x\n",{"b":5}]}'),json_query('$.a[1].b')`, `str('{"a":["x\n",{"b":5}]}'),json_query('$.a[0]')`)
}

// FuzzJSON: what json escapes is a JSON string, and json_query never fails on
// valid input where the path leads to a string.
func FuzzJSON(f *testing.F) {
	f.Add("a\"b\\c/é\x01\xff")
	f.Add(`{"a":[1,"x\u0041",{"b":true}]}`)
	sc := convtest.Scope(f)
	parse := func(text string) *expr.Expr {
		x, err := expr.ParseExpr(sc, text)
		if err != nil {
			f.Fatal(err)
		}
		return x
	}
	escape, query, deep := parse("var(txn.t),json(utf8ps)"), parse("var(txn.t),json_query('$.k')"), parse("var(txn.t),json_query('$.a[1].b',int)")
	v, err := sc.VarNamed("txn.t")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set := func(b []byte) *expr.Env {
			e := convtest.Env()
			e.Vars.Set(v, &expr.Sample{Type: expr.Str, Bytes: b})
			return e
		}
		deep.EvalStr(set([]byte(text)))
		out, ok := escape.EvalStr(set([]byte(text)))
		if !ok || !json.Valid([]byte(`"`+string(out)+`"`)) {
			t.Fatalf("json of %q gives %q (%v)", text, out, ok)
		}
		document, err := json.Marshal(map[string]string{"j": "{", "k": text})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]string
		if err := json.Unmarshal(document, &back); err != nil {
			t.Fatal(err)
		}
		if got, ok := query.EvalStr(set(document)); !ok || string(got) != back["k"] {
			t.Fatalf("json_query of %s gives %q (%v), want %q", document, got, ok, back["k"])
		}
	})
}
