package maps_test

import (
	"io/fs"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/maps"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

const none = convtest.None

var files = map[string]string{
	"hosts":  "# comment\n\n  example.com \t  site one \t\nwww.example.com www\nexample.com second\n/api api\n/api/v2 two\nbare\r\n",
	"nets":   "10.0.0.0/8 ten\n10.1.0.0/16 ten-one\n10.1.2.3 host\n::/0 six\n2001:db8::/32 doc\n10.0.0.0/8 again\n",
	"ints":   "1:5 few\n3 three\n6: many\n",
	"regs":   "^/a/(.*)$ /b/\\1\n^/(x)(y)?$ [\\2\\0\\9\\.]\n",
	"values": "one 1\ntwo 2\n", "addresses": "a 10.0.0.1\nb ::1\n", "bad-int": "# c\none 1\ntwo zwei\n", "bad-net": "10.0.0.0/33 x\n", "bad-reg": "( x\n",
}

func scope(t *testing.T) *expr.Scope {
	sc := convtest.Scope(t)
	sc.ReadFile = func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
	return sc
}

func TestMaps(t *testing.T) {
	convtest.Run(t, scope(t), []convtest.Case{
		{"str(example.com),map(hosts)", "site one"}, {"str(www.example.com),map_str(hosts)", "www"}, {"str(Example.com),map(hosts)", none}, {"str(x),map(hosts,default)", "default"}, {"str(bare),map(hosts,x)", ""}, {"str(#),map(hosts)", none},
		{"str(/api/v1),map_beg(hosts)", "api"}, {"str(/api/v2/x),map_beg(hosts)", "two"}, {"str(/ap),map_beg(hosts)", none}, {"str(/api/v2/x),map_beg_key(hosts)", "/api/v2"},
		{"str(my.example.com),map_end(hosts)", "site one"}, {"str(a/api/b),map_sub(hosts)", "api"}, {"str(/x/api/y),map_dir(hosts)", "api"}, {"str(a.bare.b),map_dom(hosts,no)", ""},
		{"ip(10.2.0.1),map_ip(nets)", "ten"}, {"ip(10.1.0.1),map_ip(nets)", "ten-one"}, {"ip(10.1.2.3),map_ip(nets)", "host"}, {"ip(11.0.0.1),map_ip(nets)", none}, {"ip(::1),map_ip(nets)", "six"}, {"ip(2001:db8::5),map_ip_key(nets)", "2001:db8::/32"}, {"str(10.1.2.3),map_ip(nets)", "host"}, {"str(x),map_ip(nets,d)", none},
		{"int(3),map_int(ints)", "few"}, {"int(7),map_int(ints)", "many"}, {"int(0),map_int(ints,none)", "none"},
		{"str(/a/x),map_reg(regs)", `/b/\1`}, {"str(/a/x),map_regm(regs)", "/b/x"}, {"str(/x),map_regm(regs)", "[/x.]"}, {"str(/z),map_regm(regs)", none}, {"str(/z),map_regm(regs,d)", "d"},
		{"str(two),map_str_int(values)", "2"}, {"str(x),map_str_int(values,9)", "9"}, {"str(x),map_str_int(values)", none}, {"str(b),map_str_ip(addresses)", "::1"}, {"str(x),map_str_ip(addresses,1.2.3.4)", "1.2.3.4"},
	})
}

func TestMapsRefused(t *testing.T) {
	convtest.Refused(t, scope(t), []convtest.Case{
		{"str(a),map(nope)", "map: map file: file does not exist"},
		{"str(a),map_str_int(bad-int)", `map_str_int: bad-int:3: value "zwei" is not an integer`},
		{"str(a),map_str_int(values,x)", `map_str_int: the default value "x" is not an integer`},
		{"ip(::1),map_ip(bad-net)", `map_ip: bad-net:1: key "10.0.0.0/33" has a prefix length that is not 0 to 32`},
		{"ip(::1),map_ip(values)", `map_ip: values:1: key "one" is not an address or a network such as 10.0.0.0/8`},
		{"int(1),map_int(values)", `map_int: values:1: pattern "one" is not an integer or a range low:high`},
		{"str(a),map_regm(bad-reg)", "map_regm: bad-reg:1: error parsing regexp: missing closing ): `(`"},
		{"str(a),map_str_key(values,x)", "map_str_key takes 1 argument, not 2"},
		{"bool(true),map_ip(nets)", `converter map_ip takes a value of type ip, but "bool(true)" gives boolean`},
	})
}

func TestMapsDoNotAllocate(t *testing.T) {
	convtest.NoAllocs(t, scope(t), "str(example.com),map(hosts)", "str(/api/v2/x),map_beg(hosts)", "ip(10.1.2.3),map_ip(nets)", "int(7),map_int(ints)", "str(a/api/b),map_sub(hosts)", "str(/z),map_regm(regs,d)")
}
