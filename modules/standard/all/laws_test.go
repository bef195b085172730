package all

import (
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	"github.com/fairleadproxy/fairlead/core/moduletest/formattest"
	"github.com/fairleadproxy/fairlead/core/moduletest/matchtest"
	"github.com/fairleadproxy/fairlead/core/moduletest/servicetest"
	"github.com/fairleadproxy/fairlead/core/service"
)

// uses adds arguments to the names of records that need some. Those that need
// more than text, such as maps, have tests of their own.
func uses(names []string, args func(name string) []expr.Arg, given map[string]string) []string {
	var out []string
	for _, name := range names {
		needs := false
		for _, a := range args(name) {
			needs = needs || !a.Optional
		}
		if text, ok := given[name]; ok {
			out = append(out, name+text)
		} else if !needs {
			out = append(out, name)
		}
	}
	return out
}

func TestConverterLaws(t *testing.T) {
	list := uses(expr.ConverterKind.Names(module.Default()), func(name string) []expr.Arg {
		c, err := expr.ConverterKind.Record(module.Default(), name)
		if err != nil {
			t.Fatal(err)
		}
		return c.Args
	}, map[string]string{
		"add": "(1)", "and": "(3)", "div": "(2)", "mod": "(3)", "mul": "(3)", "or": "(3)", "sub": "(1)", "xor": "(3)",
		"add_item": "(:,,x)", "be2dec": "(:,2)", "le2dec": "(:,2)", "be2hex": "(:,2)", "bytes": "(1,2)", "field": "(2,:)", "word": "(1,/)", "param": "(a)",
		"digest": "(sha256)", "hmac": "(sha1,a2V5)", "iif": "(a,b)", "ipmask": "(24,64)", "language": "(en;fr)",
		"ltime": "(%Y)", "utime": "(%Y)", "us_utime": "(%N)", "ltrim": "(x)", "rtrim": "(x)",
	})
	if len(list) < 60 {
		t.Fatalf("only %d converters", len(list))
	}
	convtest.Laws(t, list...)
}

func TestFetchLaws(t *testing.T) {
	list := uses(expr.FetchKind.Names(module.Default()), func(name string) []expr.Arg {
		f, err := expr.FetchKind.Record(module.Default(), name)
		if err != nil {
			t.Fatal(err)
		}
		return f.Args
	}, map[string]string{"env": "(PATH)", "str": "(a)", "int": "(1)", "bool": "(true)", "ip": "(::1)", "var": "(txn.a)", "http_auth": "", "http_auth_group": ""})
	if len(list) < 100 {
		t.Fatalf("only %d fetches", len(list))
	}
	for _, use := range list {
		switch name, _, _ := strings.Cut(use, "("); name {
		case "http_auth", "http_auth_group", "uuid": // a list of users; secure randomness
		default:
			fetchtest.Laws(t, use)
		}
	}
}

func TestMatcherLaws(t *testing.T) {
	patterns := map[string][]string{
		"bool": {"true"}, "int": {"5", "1:3"}, "len": {"3"}, "ip": {"10.0.0.0/8", "::1"}, "bin": {"00ff"}, "reg": {"^/a.*b$"},
	}
	for _, name := range expr.MatcherKind.Names(module.Default()) {
		list := patterns[name]
		if list == nil {
			list = []string{"/a", "Hello", "x"}
		}
		t.Run(name, func(t *testing.T) { matchtest.Laws(t, name, list...) })
	}
}

func TestActionLaws(t *testing.T) {
	regex := "regex = \"a\"\nvalue = \"b\""
	configs := map[string]string{
		"add-header": "name = \"X-A\"\nvalue = \"%[src]\"", "set-header": "name = \"X-A\"\nvalue = \"b\"", "del-header": `name = "X-A"`,
		"replace-header": "name = \"X-A\"\n" + regex, "replace-value": "name = \"X-A\"\n" + regex,
		"set-method": `value = "GET"`, "set-path": `value = "/x"`, "set-pathq": `value = "/x?y"`, "set-query": `value = "x"`, "set-uri": `value = "/x"`,
		"replace-path": regex, "replace-pathq": regex, "replace-uri": regex, "normalize-uri": `normalizer = "path-merge-slashes"`,
		"redirect": `location = "/"`, "set-var": "name = \"txn.a\"\nexpr = \"src\"", "set-var-fmt": "name = \"txn.a\"\nvalue = \"%[src]\"", "unset-var": `name = "txn.a"`,
		"set-log-level": `level = "silent"`, "set-status": `status = 404`, "capture": "expr = \"src\"\nlen = 16",
		"set-src": `expr = "src"`, "set-src-port": `expr = "src_port"`, "set-dst": `expr = "dst"`, "set-dst-port": `expr = "dst_port"`, "use-service": `service = "echo"`,
	}
	for _, name := range action.Kind.Names(module.Default()) {
		regexps := strings.HasPrefix(name, "replace-") // which Go's allocate
		t.Run(name, func(t *testing.T) { actiontest.Laws(t, name, actiontest.Options{Allocates: regexps}, configs[name]) })
	}
}

func TestServiceLaws(t *testing.T) {
	for _, name := range service.Kind.Names(module.Default()) {
		t.Run(name, func(t *testing.T) { servicetest.Laws(t, name) })
	}
}

func TestFormatLaws(t *testing.T) {
	for _, name := range logs.FormatKind.Names(module.Default()) {
		t.Run(name, func(t *testing.T) { formattest.Laws(t, name) })
	}
}
