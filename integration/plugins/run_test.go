package plugins

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// xbuild run builds what has changed and replaces the process; xbuild test runs
// the plugin's tests and the kit; xbuild doc writes its page.
func TestRun(t *testing.T) {
	w, xbuild := checkout(t)
	dir := filepath.Join(t.TempDir(), "note")
	w.run(t, w.root, xbuild, "new", "service", dir, "--name", "acme.note", "--core", w.root)
	source, config := filepath.Join(dir, "note.go"), filepath.Join(dir, "lb.toml")
	port := lab.Port(t)
	replace(t, config, ":8080", ":"+port)
	// Core is the one that the plugin's go.mod names.
	p := lab.Start(t, dir, xbuild, "run", "--", "run", "--config", "lb.toml")
	answers := func(want string) {
		t.Helper()
		lab.Until(t, 2*time.Minute, "the service answers "+want, func() bool {
			out, err := exec.Command(lab.Need(t, "curl"), "-si", "http://127.0.0.1:"+port+"/").Output()
			return err == nil && strings.Contains(string(out), want)
		})
	}
	answers("Retry-After: 3600")
	replace(t, source, `"3600"`, `7`)
	lab.Until(t, time.Minute, "the error is shown", func() bool { return strings.Contains(p.Output(), "the program before goes on") })
	answers("Retry-After: 3600")
	replace(t, source, `[]byte(7)`, `[]byte("60")`)
	answers("Retry-After: 60")
	p.Signal(t, os.Interrupt)
	if code := p.Wait(t, 20*time.Second); code > 1 {
		t.Errorf("exit status %d after an interrupt", code)
	}
	if _, err := exec.Command(lab.Need(t, "curl"), "-s", "http://127.0.0.1:"+port+"/").Output(); err == nil {
		t.Error("the program outlives xbuild")
	}
	replace(t, filepath.Join(dir, "note_test.go"), "3600", "60")
	if out := w.run(t, dir, xbuild, "test", "--no-race", "--", "-v"); !strings.Contains(out, "--- PASS: TestXbuildKit/service.acme.note") {
		t.Errorf("the kit is not among the tests:\n%s", out)
	}
	if out := w.run(t, dir, xbuild, "doc"); !strings.Contains(out, "| `message` | string | \"closed for maintenance\" | The text of the answer. |") {
		t.Errorf("the page of reference lacks the setting:\n%s", out)
	}
	replace(t, source, `[]byte("60")`, `[]byte(7)`)
	if out, err := w.try(dir, xbuild, "test", "--no-race"); err == nil || !strings.Contains(out, "note.go:") {
		t.Errorf("xbuild test of what does not compile: error %v, output\n%s", err, out)
	}
}

// replace replaces what stands in a file.
func replace(t *testing.T, file, from, to string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%q is not in %s", from, file)
	}
	lab.Write(t, file, strings.ReplaceAll(string(text), from, to))
}
