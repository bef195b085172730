package builder

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/xbuild/plugin"
)

func TestChain(t *testing.T) {
	graph := map[string][]string{
		"main":       {"a@v1.0.0", "b@v1.0.0", "d@v2.0.0", "core@v1.0.0"},
		"a@v1.0.0":   {"core@v1.0.0"},
		"b@v1.0.0":   {"c@v1.1.0", "main"},
		"c@v1.1.0":   {"d@v2.0.0", "a@v1.0.0"},
		"core@v.1.0": nil,
	}
	for _, c := range []struct{ target, want string }{
		{"d@v2.0.0", "b v1.0.0 needs c v1.1.0, which needs d v2.0.0"},
		{"core@v1.0.0", "a v1.0.0 needs core v1.0.0"},
		{"e@v1.0.0", ""},
	} {
		if got := chainOf(graph, "main", c.target); got != c.want {
			t.Errorf("%s: %q, want %q", c.target, got, c.want)
		}
	}
}

// Who is known to need something by way of another module is not said to need it
// by itself, although a go.mod names both.
func TestChainFrom(t *testing.T) {
	graph := map[string][]string{
		mainModule: {"a@v1.0.0", "b@v1.0.0", "d@v2.0.0"},
		"a@v1.0.0": {"c@v1.0.0", "d@v2.0.0"},
		"b@v1.0.0": {"d@v2.0.0"},
		"c@v1.0.0": {"d@v2.0.0"},
	}
	for path, want := range map[string]string{
		"a": "a v1.0.0 needs c v1.0.0, which needs d v2.0.0",
		"b": "b v1.0.0 needs d v2.0.0",
		"e": "",
	} {
		if got := chainFrom(graph, path, "d@v2.0.0"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// A core has the versions of the API for which it has a symbol, and a plugin
// that is written for one of them fits.
func TestAPIs(t *testing.T) {
	dir := files(t, map[string]string{
		"core/module/api.go":      "package module\n\nconst API = 3\n\nconst API2 = 2\n\nconst (\n\tAPI3 = 3\n\tAPIold = 1\n)\n",
		"core/module/api_test.go": "package module\n\nconst API9 = 9\n",
	})
	apis, err := coreAPIs(dir)
	if err != nil || fmt.Sprint(apis) != "[2 3]" {
		t.Fatalf("%v, error %v", apis, err)
	}
	for _, c := range []struct{ api, want string }{
		{"3", ""}, {"[1, 2]", ""}, {"1", "written for API 1 of core, and this core has 3; take a newer version of the plugin"},
		{"[4, 5]", "take a newer core"},
	} {
		m, err := plugin.Parse("p", []byte("api = "+c.api+"\nmodules = \"balancer.a.b\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		err = fits(m, plugin.Platform{}, apis)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("API %s: %v, want %q", c.api, err, c.want)
		}
	}
	if err := fits(nil, plugin.Platform{}, apis); err != nil {
		t.Errorf("a plugin without a manifest: %v", err)
	}
}

func provider(t *testing.T, path string, ids ...string) *Plugin {
	t.Helper()
	m, err := plugin.Parse(path, fmt.Appendf(nil, "api = 1\nmodules = [%s]\n", `"`+strings.Join(ids, `", "`)+`"`))
	if err != nil {
		t.Fatal(err)
	}
	return &Plugin{Package: path, Module: path, manifest: m}
}

func TestTwice(t *testing.T) {
	a, b := provider(t, "example.com/a", "balancer.x.one", "balancer.x.two"), provider(t, "example.com/b", "balancer.x.two")
	if errs := twice([]*Plugin{a, b, {Package: "example.com/c"}}); len(errs) != 1 ||
		!strings.Contains(errs[0].Error(), "plugin example.com/b: cannot take part: it provides balancer.x.two, as does example.com/a") {
		t.Errorf("%v", errs)
	}
	if errs := twice([]*Plugin{a, provider(t, "example.com/d", "fetch.x.two")}); len(errs) != 0 {
		t.Errorf("names of different kinds: %v", errs)
	}
}

// What a plugin says that it provides is what it registers.
func TestRegistered(t *testing.T) {
	a, inner := provider(t, "example.com/a", "balancer.x.one", "balancer.x.two"), provider(t, "example.com/a/inner", "fetch.x.f")
	list := []Module{entry("balancer.x.one", "example.com/a"), entry("balancer.x.three", "example.com/a/sub"), entry("fetch.x.f", "example.com/a/inner"), entry("protocol.tcp", "core/tcp")}
	err := registered([]*Plugin{a, inner, {Package: "core/tcp", Module: "core"}}, list)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"example.com/a:2:30: balancer.x.two is not registered", "it registers balancer.x.three, of which its fairlead-plugin.toml does not tell"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "fetch.x.f") {
		t.Errorf("the module of the inner package is taken for the outer one's: %v", err)
	}
}
