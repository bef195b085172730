package plugins

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
	"github.com/fairleadproxy/fairlead/xbuild/builder"
	"github.com/fairleadproxy/fairlead/xbuild/lint"
	"github.com/fairleadproxy/fairlead/xbuild/scaffold"
)

// checkout is a workshop in which core is taken from the checkout.
func checkout(t *testing.T) (w *workshop, xbuild string) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: building binaries takes some seconds")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	lab.Need(t, "go")
	return &workshop{root: root, env: os.Environ()}, lab.BinaryOf(t, builder.CorePath+"/xbuild")
}

// What xbuild new makes compiles, passes its tests, and lint finds nothing in it.
func TestNew(t *testing.T) {
	w, xbuild := checkout(t)
	dir := t.TempDir()
	work := "go 1.26.0\n"
	for _, kind := range scaffold.Kinds() {
		w.run(t, dir, xbuild, "new", kind, "./my-"+kind, "--module", "example.com/acme/my-"+kind, "--core", w.root)
		work += "use ./my-" + kind + "\n"
	}
	lab.Write(t, filepath.Join(dir, "go.work"), work)
	w.run(t, dir, "go", "test", "work")
	kinds := make(chan string)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for kind := range kinds {
				if out, err := w.try(filepath.Join(dir, "my-"+kind), xbuild, "lint", "--strict"); err != nil {
					t.Errorf("%s: %v\n%s", kind, err, out)
				}
			}
		})
	}
	for _, kind := range scaffold.Kinds() {
		kinds <- kind
	}
	close(kinds)
	wg.Wait()
	t.Run("refused", func(t *testing.T) { refused(t, dir, xbuild) })
}

func refused(t *testing.T, dir, xbuild string) {
	for _, c := range []struct{ args, want string }{
		{"new balancr ./x", `there is no kind "balancr"; did you mean "balancer"?`},
		{"new balancer", "new needs a kind and a path"},
		{"new balancer ./x --name sticky", "a plugin's name has its vendor before it"},
		{"new balancer ./x --module sticky", `--module "sticky"`},
		{"new balancer ./my-balancer", "is not empty"},
		{"lint ./no-such", "there is no directory"},
		{"lint .", "there is no go.mod"},
		{"run balancer", "stand behind --"},
	} {
		cmd := exec.Command(xbuild, strings.Fields(c.args)...)
		cmd.Dir = dir
		if strings.Contains(c.args, "./x") || strings.Contains(c.args, "./my-") {
			cmd.Args = append(cmd.Args, "--core", "v1.0.0")
		}
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), c.want) {
			t.Errorf("xbuild %s: %v, want exit status 2 and %q:\n%s", c.args, err, c.want, out)
		}
	}
}

// A plugin with faults of all sorts: each is found, with its place.
func TestLint(t *testing.T) {
	w, xbuild := checkout(t)
	dir := filepath.Join(t.TempDir(), "bad")
	w.run(t, w.root, xbuild, "new", "balancer", dir, "--name", "acme.bad", "--core", w.root)
	edit := func(name string, replace ...string) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		lab.Write(t, filepath.Join(dir, name), strings.NewReplacer(replace...).Replace(string(text)))
	}
	edit("bad.go", "\t// Prefer is the name of the server that is picked while it has a free slot.\n\t// Default: none.\n", "",
		"var _ = module.API1", "func init() { go func() { select {} }() }", "Balancer struct{", "Balancer  struct{")
	edit("bad_test.go", "moduletest.Run(t, ", "run(t, ", "\nfunc TestLaws", "\nvar _ = moduletest.Build\n\nfunc run[K any](*testing.T, K, ...string) {}\n\nfunc TestLaws")
	edit("fairlead-plugin.toml", "acme.bad", "acme.good")
	edit("go.mod", "\nreplace", "\nreplace example.com/other => ../other\n\nreplace")
	for _, name := range []string{"LICENSE", "README.md"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	out, err := w.try(dir, xbuild, "lint")
	if err == nil {
		t.Error("lint is content with a plugin that has faults")
	}
	for _, want := range []string{
		"bad.go:", "the setting prefer has no comment; write a sentence", "it is not formatted; run gofmt -w bad.go",
		"nothing refers to module.API1", "the conformance kit of github.com/fairleadproxy/fairlead/core/moduletest is not called for balancer.acme.bad",
		"fairlead-plugin.toml:5: error: balancer.acme.good is not registered", "balancer.acme.bad is registered and not named here",
		"replace example.com/other is ignored in the builds of others", "there is no licence", "README.md: error: the file is not there",
		"importing the plugin starts a goroutine",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("lint does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
	out, err = w.try(dir, xbuild, "lint", "--json")
	var found []lint.Finding
	if json.Unmarshal([]byte(out), &found) != nil || err == nil || len(found) < 10 {
		t.Errorf("lint --json: %d findings, error %v, output %s", len(found), err, out)
	}
}
