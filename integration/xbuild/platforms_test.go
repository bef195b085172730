package xbuild

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// trimmed has the go command compile as xbuild does, so that either finds in its
// cache what the other has compiled.
const trimmed = "GOFLAGS=-trimpath -buildvcs=false"

// Everything that ends up in a binary, and xbuild, compiles for the systems and
// processors that differ most of those that docs/xbuild.md names; the tests of core
// and xbuild do for the system that differs most.
func TestPlatforms(t *testing.T) {
	x := newTool(t)
	for _, c := range []struct{ platform, command string }{
		{"linux/arm", "build ./core/... ./modules/... ./cmd/..."},
		{"darwin/arm64", "build ./core/... ./modules/... ./cmd/... ./xbuild/..."},
		{"freebsd/amd64", "build ./core/... ./modules/... ./cmd/... ./xbuild/..."},
		{"windows/amd64", "build ./modules/... ./cmd/..."},
		{"windows/amd64", "vet -stdversion ./core/... ./xbuild/..."}, // one quick analysis
	} {
		goos, arch, _ := strings.Cut(c.platform, "/")
		cmd := exec.Command("go", strings.Fields(c.command)...)
		cmd.Dir = x.root
		cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+arch, "CGO_ENABLED=0", trimmed)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: go %s: %v\n%s", c.platform, c.command, err, out)
		}
	}
}

// A binary for another processor runs: it lists its modules and carries a request.
func TestOtherProcessor(t *testing.T) {
	qemu := lab.Need(t, "qemu-arm")
	x := newTool(t)
	binary := filepath.Join(t.TempDir(), "fairlead")
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/fairlead")
	cmd.Dir = x.root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "CGO_ENABLED=0", trimmed)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, errs, code := lab.Run(t, qemu, binary, "list-modules"); code != 0 || !strings.Contains(out, "protocol.mptcp\n") {
		t.Errorf("list-modules: exit status %d\n%s\n%s", code, out, errs)
	}
	port, inner := lab.Port(t), lab.Port(t)
	dir := t.TempDir()
	lab.Write(t, filepath.Join(dir, "lb.toml"), `
[defaults]
mode = "http"
timeout = { connect = "5s", client = "10s", server = "10s" }
[frontend.web]
bind = "127.0.0.1:`+port+`"
default-backend = "app"
[frontend.inner]
bind = "127.0.0.1:`+inner+`"
http-request = [{ do = "return", status = 200, content-type = "text/plain", string = "hello" }]
[backend.app]
servers = ["127.0.0.1:`+inner+`"]
`)
	p := lab.Start(t, dir, qemu, binary, "run", "--config", filepath.Join(dir, "lb.toml"))
	lab.Listening(t, p, port)
	if out, errs, code := lab.Run(t, lab.Need(t, "curl"), "-s", "http://127.0.0.1:"+port+"/"); code != 0 || out != "hello" {
		t.Errorf("curl: exit status %d, %q\n%s", code, out, errs)
	}
}

// Modules that the target's system lacks are left out of a preset, and refused
// when they are asked for.
func TestSystemLacksModules(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	x.must(t, dir, "build", "--core", x.root, "--preset", "tcp", "-o", "lb", "--target", "windows/amd64")
	text, err := os.ReadFile(dir + "/lb.exe")
	if err != nil || string(text[:2]) != "MZ" {
		t.Errorf("no program for Windows: %v", err)
	}
	x.refuses(t, dir, 2, "protocol.mptcp needs Linux", "build", "--core", x.root, "--preset", "tcp", "--include", "protocol.mptcp", "--target", "windows/amd64")
}
