// Package plugins tests what authors of plugins use: xbuild new, lint, test, doc
// and run, and the tutorials in docs/plugins, which it follows as they are typed.
//
// Core is published to a module proxy in a directory, so that all is as with a
// released Fairlead. The package holds tests alone; they need the go command and
// the modules that Fairlead depends on, in the cache or from a proxy.
package plugins

import (
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

// release is the version that core is published as.
const release = "v1.0.0"

// workshop is where an author works: a directory with programs, and a module
// proxy that has core.
type workshop struct {
	root string // the checkout
	bin  string // where go install puts programs
	env  []string
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: building binaries takes some seconds")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(lab.Need(t, "go"), "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, others, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	dir := t.TempDir()
	w := &workshop{root: root, bin: filepath.Join(dir, "bin")}
	publish(t, root, filepath.Join(dir, "proxy"))
	w.env = append(os.Environ(),
		"PATH="+w.bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "GOBIN="+w.bin, "GOFLAGS=", "GOWORK=off", "GOSUMDB=off",
		"GOPROXY=file://"+filepath.Join(dir, "proxy")+",file://"+filepath.Join(cache, "cache", "download")+","+others,
		"GOMODCACHE="+filepath.Join(dir, "modules"))
	t.Cleanup(func() { // its files cannot be written to, which the removal of the directory needs
		w.run(t, dir, "go", "clean", "-modcache")
	})
	return w
}

// publish puts core into a proxy, as a version of it.
func publish(t *testing.T, root, proxy string) {
	t.Helper()
	at := filepath.Join(proxy, filepath.FromSlash(builder.CorePath), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	lab.Write(t, filepath.Join(at, "list"), release+"\n")
	lab.Write(t, filepath.Join(at, release+".info"), `{"Version":"`+release+`","Time":"2026-01-01T00:00:00Z"}`)
	lab.Write(t, filepath.Join(at, release+".mod"), string(mod))
	f, err := os.Create(filepath.Join(at, release+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := zip.CreateFromDir(f, module.Version{Path: builder.CorePath, Version: release}, root); err != nil {
		t.Fatal(err)
	}
}

// run runs a program that has to succeed, and gives what it wrote.
func (w *workshop) run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	out, err := w.try(dir, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
	return out
}

func (w *workshop) try(dir, program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, w.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}
