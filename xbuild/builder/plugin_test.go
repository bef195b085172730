package builder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// files writes files below a new directory and gives it.
func files(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestParsePlugin(t *testing.T) {
	dir := files(t, map[string]string{
		"core/go.mod":                  "module " + CorePath + "\n\ngo 1.26.0\n",
		"core/modules/x/x.go":          "package x",
		"core/plugins/a/go.mod":        "module " + CorePath + "/plugins/a\n",
		"core/plugins/a/CHANGELOG.md":  "# Changelog\n\n## [Unreleased]\n\n## [0.3.1] - 2026-01-01\n\n## [0.3.0]\n",
		"mine/go.mod":                  "module example.com/mine/v2\n\nrequire " + CorePath + " v1.0.0\n",
		"mine/VERSION":                 "2.4.0\n",
		"mine/sub/sub.go":              "package sub",
		"fork/go.mod":                  "module example.com/fork\n",
		"new/go.mod":                   "module example.com/new\n\nrequire " + CorePath + " v1.2.0\n",
		"bare/bare.go":                 "package bare",
		"wrong/go.mod":                 "module example.com/wrong\n",
		"wrong/VERSION":                "one\n",
		"pseudo/go.mod":                "module example.com/pseudo\n\nrequire " + CorePath + " v1.9.1-0.20260101000000-0123456789ab\n",
		"core/plugins/b/readme-only.x": "",
	})
	at := func(p string) string { return filepath.Join(dir, p) }
	c := &core{source{Dir: at("core"), Path: CorePath, Version: "v1.1.0", Go: "1.26.0"}, true}
	for _, x := range []struct {
		spec string
		want Plugin // without src
		err  string // a part of the error; the request is at fault
	}{
		{"./core/plugins/a", Plugin{Package: CorePath + "/plugins/a", Module: CorePath + "/plugins/a", Version: "v0.3.1", Dir: at("core/plugins/a")}, ""},
		{CorePath + "/plugins/a", Plugin{Package: CorePath + "/plugins/a", Module: CorePath + "/plugins/a", Version: "v0.3.1", Dir: at("core/plugins/a")}, ""},
		{CorePath + "/plugins/a@v0.2.0", Plugin{Package: CorePath + "/plugins/a", query: "v0.2.0"}, ""},
		{at("mine/sub"), Plugin{Package: "example.com/mine/v2/sub", Module: "example.com/mine/v2", Version: "v2.4.0", Dir: at("mine")}, ""},
		{"example.com/p", Plugin{Package: "example.com/p", query: "latest"}, ""},
		{"example.com/p@v1.2.3", Plugin{Package: "example.com/p", query: "v1.2.3"}, ""},
		{"example.com/p@main", Plugin{Package: "example.com/p", query: "main"}, ""},
		{"example.com/mine/v2/sub=./mine", Plugin{Package: "example.com/mine/v2/sub", Module: "example.com/mine/v2", Version: "v2.4.0", Dir: at("mine")}, ""},
		{"example.com/mine/v2@v2.5.0=mine", Plugin{Package: "example.com/mine/v2", Module: "example.com/mine/v2", Version: "v2.5.0", Dir: at("mine")}, ""},
		{"example.com/p=./fork", Plugin{Package: "example.com/p", Module: "example.com/p", Dir: at("fork")}, ""},
		{"example.com/p=example.com/fork@v1.0.1", Plugin{Package: "example.com/p", Module: "example.com/p", Version: "v1.0.1", Replacement: "example.com/fork@v1.0.1"}, ""},
		{"./pseudo", Plugin{Package: "example.com/pseudo", Module: "example.com/pseudo", Dir: at("pseudo")}, ""},

		{"", Plugin{}, "write PATH"},
		{"=./fork", Plugin{}, "write PATH"},
		{"example.com/p=", Plugin{}, "write PATH"},
		{"example.com/p@", Plugin{}, "the version after @ is missing"},
		{"mine", Plugin{}, "the directory is written ./mine"},
		{"example.com/../p", Plugin{}, "is not a module path"},
		{"./missing", Plugin{}, "no such directory"},
		{"./core/modules/x", Plugin{}, "belongs to " + CorePath + " itself"},
		{CorePath + "/plugins/zzz", Plugin{}, "no such directory"},
		{"./mine=./fork", Plugin{}, "is a directory already"},
		{"example.com/p@main=./fork", Plugin{}, `"main" is not a version`},
		{"example.com/p=./missing", Plugin{}, "go.mod"},
		{"example.com/p=example.com/fork@", Plugin{}, "MODULE@VERSION"},
	} {
		p, err := parsePlugin(x.spec, dir, c)
		if x.err != "" {
			var usage *UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), x.err) {
				t.Errorf("%q: error %v, want a usage error with %q", x.spec, err, x.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", x.spec, err)
			continue
		}
		p.src = nil
		if *p != x.want {
			t.Errorf("%q:\n got %+v\nwant %+v", x.spec, *p, x.want)
		}
	}
	for _, x := range []struct{ spec, err string }{
		{"./new", "plugin example.com/new: cannot resolve: it needs " + CorePath + " v1.2.0, and this is v1.1.0"},
		{"./wrong", `"one" is not a version`},
	} {
		_, err := parsePlugin(x.spec, dir, c)
		var culprit *PluginError
		if !errors.As(err, &culprit) || !strings.Contains(err.Error(), x.err) {
			t.Errorf("%q: error %v, want one of the plugin with %q", x.spec, err, x.err)
		}
	}
	// Without a go.mod above it, which the temporary directory may have.
	if gocmd.FindModule(dir) == "" {
		if _, err := parsePlugin("./bare", dir, c); err == nil || !strings.Contains(err.Error(), "go mod init") {
			t.Errorf("a directory without a go.mod: %v", err)
		}
	}
}

func TestPluginsConflict(t *testing.T) {
	dir := files(t, map[string]string{
		"a/go.mod": "module example.com/p\n", "a/x/x.go": "package x", "b/go.mod": "module example.com/p\n", "core/go.mod": "module " + CorePath,
	})
	c := &core{source{Dir: filepath.Join(dir, "core"), Path: CorePath}, true}
	for _, x := range []struct {
		with []string
		err  string
	}{
		{[]string{"./a", "./a/x"}, ""},
		{[]string{"./a", "example.com/p"}, "given twice"},
		{[]string{"./b", "./a/x"}, "cannot come from two places"},
	} {
		r := Request{Dir: dir, With: x.with}
		list, err := r.plugins(c)
		if x.err == "" && (err != nil || len(list) != len(x.with)) || x.err != "" && (err == nil || !strings.Contains(err.Error(), x.err)) {
			t.Errorf("%v: %d plugins, error %v, want %q", x.with, len(list), err, x.err)
		}
	}
}

func TestOwnVersion(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing", map[string]string{}, ""},
		{"VERSION", map[string]string{"VERSION": "v1.2.3\nmore"}, "v1.2.3"},
		{"before the changelog", map[string]string{"VERSION": "1.3.0-rc.1", "CHANGELOG.md": "## [1.2.0]"}, "v1.3.0-rc.1"},
		{"empty VERSION", map[string]string{"VERSION": "", "CHANGELOG.md": "## 1.2.0 - 2026-01-01"}, "v1.2.0"},
		{"unreleased only", map[string]string{"CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n"}, ""},
	} {
		got, err := OwnVersion(files(t, c.files))
		if err != nil || got != c.want {
			t.Errorf("%s: %q, error %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestRequired(t *testing.T) {
	for _, c := range []struct{ path, version, want string }{
		{"example.com/p", "", "v0.0.0"},
		{"example.com/p", "v1.2.3", "v1.2.3"},
		{"example.com/p", "v2.0.0", "v0.0.0"}, // not a version that this path can have
		{"example.com/p/v3", "", "v3.0.0"},
		{"example.com/p/v3", "v3.1.0", "v3.1.0"},
		{"gopkg.in/p.v2", "", "v2.0.0"},
		{"example.com/p", "v1.2.3+meta", "v0.0.0"},
	} {
		if got := (&source{Path: c.path, Version: c.version}).required(); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.path, c.version, got, c.want)
		}
	}
}

func TestCulprit(t *testing.T) {
	plugins := []*Plugin{{Module: "example.com/a"}, {Module: "example.com/ab"}, {Module: "example.com/b"}}
	for _, c := range []struct{ text, want string }{
		{"module balancer.x (example.com/b) is registered already by example.com/a", "example.com/b"},
		{"panic: no\n\nexample.com/ab/inner.init.0()", "example.com/ab"},
		{"module balancer.x (example.com/a/sub): bare names belong to others", "example.com/a"},
		{"module balancer.x (vendor/example.com/a)", ""},
		{"example.com/abc", ""},
	} {
		got := ""
		if p := culprit(plugins, c.text); p != nil {
			got = p.Module
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
