package xbuild

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// writePlugin writes a plugin with a balancer of the name, and more in its file.
func writePlugin(t *testing.T, dir, path, balancer, more string) {
	t.Helper()
	at := filepath.Join(dir, filepath.Base(path))
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	lab.Write(t, filepath.Join(at, "go.mod"), "module "+path+"\n\ngo 1.26.0\n\nrequire github.com/fairleadproxy/fairlead v0.0.0\n")
	lab.Write(t, filepath.Join(at, "VERSION"), "1.3.0\n")
	lab.Write(t, filepath.Join(at, "plugin.go"), `package plugin

import (
	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(balancer.Kind, "`+balancer+`", module.Spec[struct{}, balancer.Balancer]{
		Doc: "Picks nothing",
		New: func(*module.Context, struct{}) (balancer.Balancer, error) { return nothing{}, nil },
	})
}

type nothing struct{}

func (nothing) Update([]balancer.Server) balancer.Picker { return nothing{} }

func (nothing) Pick(*balancer.Request) balancer.Server { return nil }

`+more+"\n")
}

// What does not fit is refused, with the name of the plugin that is the cause,
// and leaves the file alone that was there before.
func TestRefused(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	writePlugin(t, dir, "example.com/good", "acme.good", "")
	writePlugin(t, dir, "example.com/typo", "acme.typo", "var x int = \"text\"")
	writePlugin(t, dir, "example.com/old", "acme.old", "var _ = module.API0")
	writePlugin(t, dir, "example.com/bare", "bare", "")
	writePlugin(t, dir, "example.com/taken", "acme.good", "")
	writePlugin(t, dir, "example.com/panics", "acme.panics", `func init() { panic("no license") }`)
	writePlugin(t, dir, "example.com/future", "acme.future", "")
	mod := filepath.Join(dir, "future", "go.mod")
	lab.Write(t, mod, strings.Replace(string(read(t, mod)), "go 1.26.0", "go 1.999.0", 1))
	for name, text := range map[string]string{"program": "package main\n\nfunc main() {}\n", "empty": "", "needs-c": "package c\n\nimport \"C\"\n"} {
		writePlugin(t, dir, "example.com/"+name, "acme."+name, "")
		file := filepath.Join(dir, name, "plugin.go")
		if lab.Write(t, file, text); text == "" {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("GOTOOLCHAIN", "local")
	output := filepath.Join(dir, "fairlead")
	lab.Write(t, output, "before")
	for _, c := range []struct {
		name string
		args string
		code int
		want []string
	}{
		{"does not compile", "--with ./good --with ./typo", 1, []string{"plugin example.com/typo: cannot compile", filepath.Join(dir, "typo", "plugin.go") + ":21:", `"text"`}},
		{"needs an API that is gone", "--with ./old --with ./good", 1, []string{"plugin example.com/old: cannot compile", "API0"}},
		{"a name that is not its own", "--with ./good --with ./bare", 1, []string{"plugin example.com/bare: cannot register", "use vendor.bare"}},
		{"a name that is taken", "--with ./good --with ./taken", 1, []string{"plugin example.com/taken: cannot register", "by example.com/good"}},
		{"panics", "--with ./panics", 1, []string{"plugin example.com/panics: cannot register", "no license"}},
		{"no module", "--with example.com/good/sub=./good", 1, []string{"plugin example.com/good/sub", "cannot compile"}},
		{"no packages to import", "--with ./program --with ./empty --with ./needs-c", 1, []string{
			"plugin example.com/program: cannot take part: it is a program", "plugin example.com/empty: cannot take part: there is no Go code in " + filepath.Join(dir, "empty"),
			"plugin example.com/needs-c: cannot take part: it needs C"}},
		{"a newer Go", "--with ./future", 1, []string{"plugin example.com/future: cannot take part: it needs Go 1.999.0", "install a newer Go"}},
		{"a platform that is none", "--with ./good --target linux/amd65", 2, []string{"did you mean linux/amd64?"}},
		{"an output in a file", "-o " + filepath.Join(dir, "good", "go.mod", "fairlead"), 2, []string{filepath.Join(dir, "good", "go.mod") + " is no directory"}},
		{"unknown modules", "--with ./good --without balancer.acme.god --without protocol.carrier", 2,
			[]string{"did you mean balancer.acme.good?", "--without protocol.carrier: there is no such module"}},
	} {
		args := append([]string{"build", "--core", x.root, "-o", output}, strings.Fields(c.args)...)
		stdout, stderr, code := x.run(t, dir, args...)
		if code != c.code || stdout != "" {
			t.Errorf("%s: exit status %d, stdout %q", c.name, code, stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%s: %q is missing in:\n%s", c.name, want, stderr)
			}
		}
		if got := string(read(t, output)); got != "before" {
			t.Errorf("%s: the file that was there is changed", c.name)
		}
	}
}

// A replace in a plugin's go.mod is told of, unless the build has it too.
func TestReplaceOfPlugin(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	writePlugin(t, dir, "example.com/forked", "acme.forked", "")
	writePlugin(t, dir, "example.com/fork", "acme.fork", "")
	file := filepath.Join(dir, "forked", "go.mod")
	lab.Write(t, file, string(read(t, file))+"\nreplace example.com/library => ../fork\n")
	for args, told := range map[string]bool{"": true, " --replace example.com/library=./fork": false} {
		_, stderr, code := x.run(t, dir, strings.Fields("check --core "+x.root+" --with ./forked"+args)...)
		want := "plugin example.com/forked: its go.mod replaces example.com/library"
		if code != 0 || strings.Contains(stderr, want) != told {
			t.Errorf("check%s: exit status %d, want that it tells of the replace: %v\n%s", args, code, told, stderr)
		}
	}
}

func TestDryRun(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	writePlugin(t, dir, "example.com/good", "acme.good", "")
	stdout, stderr, code := x.run(t, dir, "build", "--dry-run", "--core", x.root, "--with", "./good", "--without", "balancer.first", "--without", "balancer.uri")
	if code != 0 {
		t.Fatalf("exit status %d, stderr:\n%s", code, stderr)
	}
	for _, want := range []string{
		"-- go.mod --\n", "example.com/good v1.3.0", "replace example.com/good => ./src/example.com_good",
		"-- main.go --\n", `_ "example.com/good"`, `_ "github.com/fairleadproxy/fairlead/modules/balancer/hash"`,
		`module.SetVersion("example.com/good", "v1.3.0")`, `module.Default().Exclude("balancer.uri")`,
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in:\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "balancer/first") || strings.Contains(stdout, "balancer.first") {
		t.Errorf("the package that was left out is there:\n%s", stdout)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("a dry run leaves files: %v, error %v", list, err)
	}
}
