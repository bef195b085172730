package plugin_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/xbuild/plugin"
)

const whole = `
api = [1, 2]
go = "1.26"
os = "linux"
cgo = true
modules = ["balancer.acme.b", "balancer.acme.a"]
`

func TestParse(t *testing.T) {
	m, err := plugin.Parse("fairlead-plugin.toml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(m.IDs(), " "); got != "balancer.acme.a balancer.acme.b" {
		t.Errorf("modules %s", got)
	}
	missing, extra := m.Compare([]string{"balancer.acme.a", "balancer.acme.c"})
	if len(missing) != 1 || missing[0].Value != "balancer.acme.b" || missing[0].Pos.Line != 6 || len(extra) != 1 || extra[0] != "balancer.acme.c" {
		t.Errorf("missing %v, extra %v", missing, extra)
	}
	if _, err := plugin.Read(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory without a manifest: %v", err)
	}
}

func TestWrong(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`api = 1`, `missing required key "modules"`},
		{`modules = ["a.b"]`, `missing required key "api"`},
		{"api = 0\nmodules = \"a.b\"", `p:1:7: api: 0 is no version of the API; write 1`},
		{"api = 1\nmodules = [\"sticky\"]", `"sticky" is no module; write kind.name`},
		{"api = 1\nmodules = []", `one module at least`},
		{"api = 1\nmodules = [\"a.b\", \"a.b\"]", `a.b is there twice`},
		{"api = 1\ngo = \"new\"\nmodules = \"a.b\"", `"new" is no version of Go`},
		{"api = 1\nmodules = \"a.b\"\nmodule = 1", `did you mean "modules"`},
	} {
		if _, err := plugin.Parse("p", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.text, err, c.want)
		}
	}
}

func TestFits(t *testing.T) {
	m, err := plugin.Parse("p", []byte(strings.Replace(whole, "cgo = true", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := plugin.Parse("p", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		m    *plugin.Manifest
		p    plugin.Platform
		want string
	}{
		{"it fits", m, plugin.Platform{API: 1, Go: "1.26.8", OS: "linux"}, ""},
		{"not compared", m, plugin.Platform{API: 2}, ""},
		{"a newer core", m, plugin.Platform{API: 3}, "for API 1 or 2 of core, and this core has 3; take a newer version of the plugin"},
		{"an older core", m, plugin.Platform{API: 0}, "take a newer core"},
		{"an old Go", m, plugin.Platform{API: 1, Go: "go1.25.9"}, "it needs Go 1.26, and this is go1.25.9"},
		{"another system", m, plugin.Platform{API: 1, OS: "windows"}, "it runs on linux, not on windows"},
		{"without C", c, plugin.Platform{API: 1}, "it needs C"},
		{"with C", c, plugin.Platform{API: 1, Cgo: true}, ""},
	} {
		err := x.m.Fits(x.p)
		if (err == nil) != (x.want == "") || err != nil && !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", x.name, err, x.want)
		}
	}
}
