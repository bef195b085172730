package xbuild

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/fairleadproxy/fairlead/integration/lab"
	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

// proxy is a directory that serves modules as a module proxy does.
type proxy struct{ dir string }

// release puts a directory into the proxy as a version of a module.
func (p *proxy) release(t *testing.T, path, version, dir string) {
	t.Helper()
	escaped, err := module.EscapePath(path)
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(p.dir, escaped, "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	list, err := os.OpenFile(filepath.Join(at, "list"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	if _, err := list.WriteString(version + "\n"); err != nil {
		t.Fatal(err)
	}
	lab.Write(t, filepath.Join(at, version+".info"), `{"Version":"`+version+`","Time":"2026-01-01T00:00:00Z"}`)
	lab.Write(t, filepath.Join(at, version+".mod"), string(read(t, filepath.Join(dir, "go.mod"))))
	f, err := os.Create(filepath.Join(at, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := zip.CreateFromDir(f, module.Version{Path: path, Version: version}, dir); err != nil {
		t.Fatal(err)
	}
}

// use has the go command ask the proxy, and look for all else where it did
// before; what it downloads goes to a cache of the test's own.
func (p *proxy) use(t *testing.T) {
	t.Helper()
	out, err := exec.Command(lab.Need(t, "go"), "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, others, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	t.Setenv("GOPROXY", "file://"+p.dir+",file://"+filepath.Join(cache, "cache", "download")+","+others)
	t.Setenv("GONOSUMDB", strings.Join([]string{"example.com", shared, unsettled, builder.CorePath}, ","))
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Cleanup(func() { // before the directory's removal: its files cannot be written to
		if out, err := exec.Command("go", "clean", "-modcache").CombinedOutput(); err != nil {
			t.Errorf("go clean: %v\n%s", err, out)
		}
	})
}

// shared and unsettled are Go modules that core and plugins need, the latter one
// before its v1.0.0.
const (
	shared    = "github.com/BurntSushi/toml"
	unsettled = "github.com/quic-go/qpack"
)

// publish releases core in two versions and plugins that need one or the other.
func publish(t *testing.T, root, dir string) *proxy {
	t.Helper()
	p := &proxy{filepath.Join(dir, "proxy")}
	p.release(t, builder.CorePath, "v1.0.0", root)
	p.release(t, builder.CorePath, "v1.1.0", root)
	for _, r := range []struct{ name, version, core, more, file string }{
		{"good", "v1.3.0", "v1.0.0", "", ""},
		{"good", "v1.4.0", "v1.0.0", "", ""},
		{"eager", "v1.2.0", "v1.0.0", "", ""},
		{"eager", "v1.3.0", "v1.1.0", "", ""},
		{"strict", "v1.0.0", "v1.0.0", "", "api = 1\nmodules = \"balancer.acme.strict\"\n"},
		{"strict", "v1.1.0", "v1.0.0", "", "api = [8, 9]\nmodules = \"balancer.acme.strict\"\n"},
		{"typed", "v1.0.0", "v1.0.0", "", ""},
		{"typed", "v1.1.0", "v1.0.0", "var _ = module.API0", ""},
		{"typed", "v1.2.0", "v1.0.0", "var _ = module.API9", ""},
		{"twin", "v1.0.0", "v1.0.0", "", "api = 1\nmodules = \"balancer.acme.strict\"\n"},
	} {
		writePlugin(t, dir, "example.com/"+r.name, "acme."+r.name, r.more)
		at := filepath.Join(dir, r.name)
		mod := filepath.Join(at, "go.mod")
		lab.Write(t, mod, strings.Replace(string(read(t, mod)), "v0.0.0", r.core, 1))
		if r.file != "" {
			lab.Write(t, filepath.Join(at, "fairlead-plugin.toml"), r.file)
		}
		p.release(t, "example.com/"+r.name, r.version, at)
	}
	writePlugin(t, dir, "example.com/user", "acme.user", "")
	mod := filepath.Join(dir, "user", "go.mod")
	lab.Write(t, mod, string(read(t, mod))+"\nrequire example.com/good v1.4.0\n")
	p.release(t, "example.com/user", "v1.0.0", filepath.Join(dir, "user"))
	p.lifters(t, dir)
	writePlugin(t, dir, "example.com/untidy", "acme.untidy", "var _ = library.Changed")
	file := filepath.Join(dir, "untidy", "plugin.go")
	lab.Write(t, file, strings.Replace(string(read(t, file)), "import (\n", "import (\n\t\"example.com/library\"\n", 1))
	p.use(t)
	return p
}

// lifters releases libraries that core needs in newer versions: one in two, the
// later of which core does not compile with, and one of v0; a library that needs
// that later one, and plugins that need any of these or none.
func (p *proxy) lifters(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", shared).Output()
	if err != nil {
		t.Fatal(err)
	}
	p.release(t, shared, "v1.98.0", strings.TrimSpace(string(out)))
	library := func(path, version, file, mod string) {
		at := filepath.Join(dir, filepath.Base(path)+version)
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		lab.Write(t, filepath.Join(at, "go.mod"), "module "+path+"\n\ngo 1.26.0\n"+mod)
		lab.Write(t, filepath.Join(at, "library.go"), file)
		p.release(t, path, version, at)
	}
	library(shared, "v1.99.0", "package toml\n\nconst Changed = 1\n", "")
	library(unsettled, "v0.7.0", "package qpack\n", "")
	library("example.com/library", "v1.0.0", "package library\n\nimport \""+shared+"\"\n\nconst Changed = toml.Changed\n", "require "+shared+" v1.99.0\n")
	for _, r := range []struct{ name, version, more, needs string }{
		{"mover", "v1.0.0", "", ""},
		{"mover", "v1.1.0", "", "require " + unsettled + " v0.7.0\n"},
		{"lifter", "v1.0.0", "", ""},
		{"lifter", "v1.1.0", "", "require " + shared + " v1.98.0\n"},
		{"lifter", "v1.2.0", "var _ = library.Changed", "require (\n\texample.com/library v1.0.0\n\t" + shared + " v1.99.0 // indirect\n)\n"},
	} {
		writePlugin(t, dir, "example.com/"+r.name, "acme."+r.name, r.more)
		at := filepath.Join(dir, r.name)
		for file, change := range map[string][2]string{"go.mod": {"v0.0.0\n", "v1.0.0\n" + r.needs}, "plugin.go": {"import (\n", "import (\n\t\"example.com/library\"\n"}} {
			if file == "go.mod" || r.more != "" {
				file = filepath.Join(at, file)
				lab.Write(t, file, strings.Replace(string(read(t, file)), change[0], change[1], 1))
			}
		}
		p.release(t, "example.com/"+r.name, r.version, at)
	}
}

// Core and plugins come from a module proxy when versions of them are asked for;
// what does not fit is refused with the reason and what would fit.
func TestReleased(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	publish(t, x.root, dir)
	t.Run("refused", func(t *testing.T) { releasedList(t, x, dir) })
	t.Run("lint", func(t *testing.T) { releasedLint(t, x, dir) })
	t.Run("locked", func(t *testing.T) { releasedLock(t, x) })
}

// liftNote is what builds with a lifted dependency tell.
const liftNote = "warning: plugin example.com/lifter lifts " + shared + " from v1.6.0, which core v1.0.0 is made with, to v1.98.0 (example.com/lifter v1.1.0 needs " + shared + " v1.98.0): core compiles with that, but is not tested with it"

func releasedList(t *testing.T, x *tool, dir string) {
	for _, c := range []struct {
		name string
		args string
		code int
		want []string
	}{
		{"versions", "--core v1.0.0 --with example.com/good@v1.3.0 --with example.com/eager@v1.2.0", 0,
			[]string{"balancer.acme.good v1.3.0 example.com/good", "balancer.acme.eager v1.2.0 ", "protocol.tcp v1.0.0 " + builder.CorePath + "/modules/protocol/tcp"}},
		{"the latest", "--core latest --with example.com/eager", 0,
			[]string{"balancer.acme.eager v1.3.0 example.com/eager", "protocol.tcp v1.1.0 "}},
		{"a fork in the plugin's place", "--core v1.0.0 --with example.com/mine@v0.2.0=./good", 0,
			[]string{"balancer.acme.good v0.2.0 example.com/mine"}},
		{"a core that is too old", "--core v1.0.0 --with example.com/eager", 1,
			[]string{"plugin example.com/eager: cannot resolve: it needs " + builder.CorePath + " v1.1.0 (example.com/eager v1.3.0 needs", "and this is v1.0.0",
				"the last version of it that fits is v1.2.0: --with example.com/eager@v1.2.0"}},
		{"an API that this core lacks", "--core v1.0.0 --with example.com/strict --with example.com/good", 1,
			[]string{"plugin example.com/strict: cannot take part: it is written for API 8 or 9 of core, and this core has 1", "the last version of it that fits is v1.0.0"}},
		{"what does not compile", "--core v1.0.0 --with example.com/typed", 1,
			[]string{"plugin example.com/typed: cannot compile", "API9", "the last version of it that fits is v1.0.0"}},
		{"two at once", "--core v1.0.0 --with example.com/strict@v1.0.0 --with example.com/twin", 1,
			[]string{"plugin example.com/twin: cannot take part: it provides balancer.acme.strict, as does example.com/strict"}},
		{"what another plugin needs", "--core v1.0.0 --with example.com/user --with example.com/good@v1.3.0", 1,
			[]string{"plugin example.com/good: cannot resolve: v1.3.0 was asked for, but v1.4.0 is needed: example.com/user v1.0.0 needs example.com/good v1.4.0; ask for"}},
		{"a lifted dependency that core does not compile with", "--core v1.0.0 --with example.com/lifter --with example.com/good", 1,
			[]string{"plugin example.com/lifter: cannot resolve:\nit lifts " + shared + " from v1.6.0 to v1.99.0 (example.com/lifter v1.2.0 needs example.com/library v1.0.0, which needs " + shared + " v1.99.0), with which core v1.0.0 does not compile:",
				"undefined: toml.", "the last version of it that fits is v1.1.0: --with example.com/lifter@v1.1.0"}},
		{"one that it does compile with", "--core v1.0.0 --with example.com/lifter@v1.1.0", 0,
			[]string{"xbuild: " + liftNote + "\n", "balancer.acme.lifter v1.1.0 "}},
		{"the same, and none may be lifted", "--core v1.0.0 --with example.com/lifter@v1.1.0 --strict-dependencies", 1,
			[]string{"plugin example.com/lifter: cannot resolve: core v1.0.0 is made with " + shared + " v1.6.0, and this lifts it to v1.98.0 (", "strict-dependencies refuses that", "the last version of it that fits is v1.0.0:"}},
		{"one before its v1.0.0", "--core v1.0.0 --with example.com/mover", 1,
			[]string{"plugin example.com/mover: cannot resolve: core v1.0.0 is made with " + unsettled + " v0.6.0, and this lifts it to v0.7.0 (example.com/mover v1.1.0 needs " + unsettled + " v0.7.0): before v1.0.0 it may behave otherwise",
				"add --replace " + unsettled + "=" + unsettled + "@v0.7.0", "the last version of it that fits is v1.0.0:"}},
		{"what its go.mod lacks", "--core v1.0.0 --with ./untidy", 1,
			[]string{"plugin example.com/untidy: cannot compile: it imports what its go.mod does not require, which would now be ", "example.com/library v1.0.0", "run go mod tidy"}},
		{"a version that is not there", "--core v1.0.0 --with example.com/good@v1.9.9", 1,
			[]string{"plugin example.com/good: cannot resolve", "v1.9.9"}},
		{"a dependency that core does not compile with, as was asked for", "--core v1.0.0 --with example.com/lifter@v1.1.0 --replace " + shared + "=" + shared + "@v1.99.0", 1,
			[]string{"core v1.0.0 is made with " + shared + " v1.6.0, and --replace gives it another"}},
		{"a core that is not there", "--core v9.9.9", 1, []string{"core: ", "v9.9.9"}},
	} {
		args := append([]string{"list", "--versions", "--packages"}, strings.Fields(c.args)...)
		stdout, stderr, code := x.run(t, dir, args...)
		if code != c.code {
			t.Errorf("%s: exit status %d, stderr:\n%s", c.name, code, stderr)
			continue
		}
		if c.code != 0 && strings.Contains(stderr, "listing the modules") {
			t.Errorf("%s: it is refused late:\n%s", c.name, stderr)
		}
		var all strings.Builder
		all.WriteString(stderr)
		for line := range strings.Lines(stdout) {
			all.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
		}
		for _, want := range c.want {
			if !strings.Contains(all.String(), want) {
				t.Errorf("%s: %q is missing in:\n%s", c.name, want, &all)
			}
		}
	}
}

// Authors are told of what builds will refuse, or tell their users.
func releasedLint(t *testing.T, x *tool, dir string) {
	for plugin, want := range map[string]string{
		"lifter": "go.mod:8: warning: " + shared + " v1.99.0 is newer than core's, v1.6.0: builds warn",
		"mover":  "go.mod:6: error: " + unsettled + " v0.7.0 is newer than core's, v0.6.0: builds refuse it",
	} {
		stdout, stderr, code := x.run(t, filepath.Join(dir, plugin), "lint")
		if code != 1 || !strings.Contains(stdout, want) {
			t.Errorf("lint of %s: exit status %d, want %q in\n%s\n%s", plugin, code, want, stdout, stderr)
		}
	}
}

// Released parts give the same bytes by their lock, without a proxy, and from a
// directory that holds them; upgrade takes the newest that fit.
func releasedLock(t *testing.T, x *tool) {
	dir := t.TempDir()
	const manifest = `
core = "v1.0.0"
preset = "tcp"

[plugins]
"example.com/good" = "v1.3.0" # as we tested it
"example.com/eager" = "v1.2.0"
"example.com/strict" = "v1.0.0"
"example.com/lifter" = "v1.1.0"
`
	file := filepath.Join(dir, "xbuild.toml")
	lab.Write(t, file, manifest)
	x.must(t, dir, "lock")
	checkedLock(t, x, dir)
	first := x.build(t, dir, "--locked", "-o", "first")
	if again := x.build(t, dir, "--locked", "--offline", "-o", "second"); again.SHA256 != first.SHA256 {
		t.Errorf("sha256 %s, at first %s", again.SHA256, first.SHA256)
	}
	other := t.TempDir()
	for _, name := range []string{"xbuild.toml", "xbuild.lock"} {
		lab.Write(t, filepath.Join(other, name), string(read(t, filepath.Join(dir, name))))
	}
	if again := x.build(t, other, "--locked"); again.SHA256 != first.SHA256 {
		t.Errorf("in another directory sha256 %s, at first %s", again.SHA256, first.SHA256)
	}
	x.must(t, other, "verify", first.Output)
	text := read(t, first.Output)
	text[len(text)/2] ^= 1
	lab.Write(t, filepath.Join(dir, "changed"), string(text))
	x.refuses(t, other, 1, "do not trust it", "verify", filepath.Join(dir, "changed"))

	vendor := filepath.Join(dir, "vendor")
	x.must(t, dir, "vendor", vendor)
	t.Run("vendor", func(t *testing.T) {
		(&proxy{t.TempDir()}).use(t) // another cache, which is empty
		t.Setenv("GOPROXY", "off")
		if again := x.build(t, dir, "--locked", "--vendor", vendor, "-o", "third"); again.SHA256 != first.SHA256 {
			t.Errorf("from the vendor directory sha256 %s, at first %s", again.SHA256, first.SHA256)
		}
	})

	if out := x.must(t, dir, "upgrade"); out != "~ core v1.0.0 -> v1.1.0\n~ plugin example.com/eager v1.2.0 -> v1.3.0\n~ plugin example.com/good v1.3.0 -> v1.4.0\n" {
		t.Errorf("upgrade says\n%s", out)
	}
	want := strings.NewReplacer(`"v1.0.0"`+"\npreset", `"v1.1.0"`+"\npreset", `"v1.3.0"`, `"v1.4.0"`, `"v1.2.0"`, `"v1.3.0"`).Replace(manifest)
	if got := string(read(t, file)); got != want {
		t.Errorf("the manifest is now\n%s", got)
	}
	x.must(t, dir, "check", "--locked")
	x.must(t, dir, "upgrade", "--from", first.Output, "-o", "newest")
	if list, _, _ := lab.Run(t, filepath.Join(dir, "newest"), "list-modules", "--versions"); !strings.Contains(strings.Join(strings.Fields(list), " "), "balancer.acme.eager v1.3.0 balancer.acme.good v1.4.0 balancer.acme.lifter v1.1.0 balancer.acme.strict v1.0.0") {
		t.Errorf("the newest binary has\n%s", list)
	}
}

// checkedLock checks what the lock has, which tells what it lifts and is refused
// where nothing may be.
func checkedLock(t *testing.T, x *tool, dir string) {
	var checked []builder.Checked
	if err := json.Unmarshal([]byte(x.must(t, dir, "check", "--locked", "--json")), &checked); err != nil || len(checked) != 1 {
		t.Fatalf("check --json: %d targets, error %v", len(checked), err)
	}
	if list := checked[0].Lifts; len(list) != 1 || list[0].Module != shared || list[0].From != "v1.6.0" || list[0].To != "v1.98.0" || list[0].Plugin != "example.com/lifter" {
		t.Errorf("check --json tells the lifts %+v", list)
	}
	x.refuses(t, dir, 1, "strict-dependencies refuses that", "check", "--locked", "--strict-dependencies")
}
