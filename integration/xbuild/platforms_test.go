package xbuild

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Everything that ends up in a binary compiles for the systems and processors
// that differ most of those that docs/xbuild.md names.
func TestPlatforms(t *testing.T) {
	x := newTool(t)
	for _, platform := range []string{
		"linux/arm", "darwin/arm64", "freebsd/amd64", "windows/amd64",
	} {
		goos, arch, _ := strings.Cut(platform, "/")
		cmd := exec.Command("go", "build", "./core/...", "./modules/...", "./cmd/...")
		cmd.Dir = x.root
		cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+arch, "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", platform, err, out)
		}
	}
}

// Modules that the target's system lacks are left out of a preset, and refused
// when they are asked for.
func TestSystemLacksModules(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	x.must(t, dir, "build", "--core", x.root, "--preset", "tcp", "-o", "lb.exe", "--target", "windows/amd64")
	text, err := os.ReadFile(dir + "/lb.exe")
	if err != nil || string(text[:2]) != "MZ" {
		t.Errorf("no program for Windows: %v", err)
	}
	x.refuses(t, dir, 2, "protocol.mptcp needs Linux", "build", "--core", x.root, "--preset", "tcp", "--include", "protocol.mptcp", "--target", "windows/amd64")
}
