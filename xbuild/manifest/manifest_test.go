package manifest_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/xbuild/manifest"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), manifest.File)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

const whole = `
core = "v1.2.0" # the core
preset = "http"
targets = ["linux/amd64", "linux/armv7"]
output = "lb"
tags = ["a"]
ldflags = "-X a.b=c"
pgo = "cpu.pprof"
embed = "lb.toml"
race = true
debug = true
strict-dependencies = true

[plugins]
"example.com/sticky" = "v1.3.0"     # a version
"example.com/mine" = "./mine"
"example.com/other" = { path = "../other", version = "v0.2.0" }
"example.com/fork" = { version = 'v1.0.0', replace = "example.com/my-fork@v1.0.1" }
"example.com/any" = {}

[replace]
"example.com/lib" = "../lib"

[standard]
include = "balancer.uri"
exclude = ["protocol.mptcp"]
`

func TestRequest(t *testing.T) {
	file := write(t, whole)
	m, err := manifest.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	r := m.Request()
	for _, c := range []struct{ what, got, want string }{
		{"core", r.Core, "v1.2.0"}, {"preset", r.Preset, "http"}, {"dir", r.Dir, filepath.Dir(file)}, {"output", r.Output, "lb"},
		{"with", strings.Join(r.With, " "), "example.com/sticky@v1.3.0 example.com/mine=./mine example.com/other@v0.2.0=../other example.com/fork@v1.0.0=example.com/my-fork@v1.0.1 example.com/any"},
		{"replace", strings.Join(r.Replace, " "), "example.com/lib=../lib"},
		{"include", strings.Join(r.Include, " "), "balancer.uri"}, {"without", strings.Join(r.Without, " "), "protocol.mptcp"},
		{"targets", strings.Join(m.TargetList(), " "), "linux/amd64 linux/armv7"},
		{"rest", strings.Join(append(r.Tags, r.LDFlags, r.PGO, r.Embed), " "), "a -X a.b=c cpu.pprof lb.toml"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
	if !r.Race || !r.Debug || !r.StrictDependencies {
		t.Errorf("race %v, debug %v, strict dependencies %v", r.Race, r.Debug, r.StrictDependencies)
	}
}

// Only the versions change, whatever their quotes; comments stay.
func TestUpdate(t *testing.T) {
	m, err := manifest.Read(write(t, whole))
	if err != nil {
		t.Fatal(err)
	}
	if v := m.Versions(); len(v) != 2 || v["core"] != "v1.2.0" || v["example.com/sticky"] != "v1.3.0" {
		t.Errorf("versions %v", v)
	}
	got, err := m.Update(map[string]string{"core": "v1.10.0", "example.com/sticky": "v2.0.0-rc.1"})
	want := strings.NewReplacer(`core = "v1.2.0"`, `core = "v1.10.0"`, `"v1.3.0"     #`, `"v2.0.0-rc.1"     #`).Replace(whole)
	if err != nil || string(got) != want {
		t.Errorf("error %v, got\n%s", err, got)
	}
	if got, err := m.Update(nil); err != nil || string(got) != whole {
		t.Errorf("no new versions: error %v, got\n%s", err, got)
	}
}

// Errors tell the place, and what to write instead.
func TestWrong(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`core = "newest"`, `:1:9: core: "newest" is neither a version nor a directory; write one such as`},
		{`plugin = 1`, `did you mean "plugins"?`},
		{"[plugins]\n\"mine\" = \"./mine\"", `:2:1: plugins.mine: "mine" is no import path`},
		{"[plugins]\n\"example.com/p\" = { path = \"./p\", replace = \"example.com/q@v1.0.0\" }", `cannot be replaced too`},
		{"[plugins]\n\"example.com/p\" = { replace = \"./q\" }", `a directory is written as path`},
		{"[plugins]\n\"example.com/p\" = { path = \"./p\", version = \"latest\" }", `"latest" is no version`},
		{"[plugins]\n\"example.com/p\" = 1", `:2:19: `},
		{"[plugins]\n\"example.com/p\" = \"1.2\"", `"1.2" is no version; write "v1.2"`},
		{"[replace]\n\"x y\" = \"../x\"", `:2:1: replace."x y": "x y" is no Go module; write its path`},
		{"[standard]\nexclude = [\"mptcp\"]", `:2:13: standard.exclude[0]: "mptcp" is no module; write kind.name`},
		{`targets = "linux"`, `:1:12: targets: target "linux": write OS/ARCH`},
		{"preset = \"tcp\"\nfor = \"lb.toml\"", `both preset and for`},
		{"core = ", `:1:`},
	} {
		file := write(t, c.text)
		if _, err := manifest.Read(file); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), file+":") {
			t.Errorf("%q: error %v, want %q", c.text, err, c.want)
		}
	}
}

// What the decoder finds does not hide what is found afterwards.
func TestAllAtOnce(t *testing.T) {
	_, err := manifest.Read(write(t, "core = \"1.2\"\nouput = \"x\"\nrace = \"yes\"\ntargets = [\"linux\"]\n[plugins]\nfoo = \"v1.0.0\"\n"))
	var all *tree.Errors
	if !errors.As(err, &all) || len(all.List) != 5 {
		t.Errorf("of five errors these are told:\n%v", err)
	}
}

// The document's manifest is valid, and names every key.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "xbuild.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```toml xbuild.toml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("there is no manifest in docs/xbuild.md")
	}
	if _, err := manifest.Read(write(t, example)); err != nil {
		t.Error(err)
	}
	for _, key := range tree.Keys(reflect.TypeFor[manifest.Manifest]()) {
		if !strings.Contains(example, "\n"+key+" = ") && !strings.Contains("\n"+example, "\n"+key+" = ") && !strings.Contains(example, "["+key+"]") && !strings.Contains(example, " "+key+" = ") {
			t.Errorf("the document's manifest does not show %s", key)
		}
	}
}
