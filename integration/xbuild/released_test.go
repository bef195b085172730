package xbuild

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

// proxy is a directory that serves modules as a module proxy does.
type proxy struct{ dir string }

// release puts a directory into the proxy as a version of a module.
func (p *proxy) release(t *testing.T, path, version, dir string) {
	t.Helper()
	at := filepath.Join(p.dir, path, "@v")
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
	t.Setenv("GONOSUMDB", "example.com,"+builder.CorePath)
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Cleanup(func() { // before the directory's removal: its files cannot be written to
		if out, err := exec.Command("go", "clean", "-modcache").CombinedOutput(); err != nil {
			t.Errorf("go clean: %v\n%s", err, out)
		}
	})
}

// Core and plugins come from a module proxy when versions of them are asked for.
func TestReleased(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	p := &proxy{filepath.Join(dir, "proxy")}
	p.release(t, builder.CorePath, "v1.0.0", x.root)
	p.release(t, builder.CorePath, "v1.1.0", x.root)
	for name, needs := range map[string]string{"good": "v1.0.0", "eager": "v1.1.0"} {
		plugin(t, dir, "example.com/"+name, "acme."+name, "")
		mod := filepath.Join(dir, name, "go.mod")
		lab.Write(t, mod, strings.Replace(string(read(t, mod)), "v0.0.0", needs, 1))
		p.release(t, "example.com/"+name, "v1.3.0", filepath.Join(dir, name))
	}
	p.release(t, "example.com/good", "v1.4.0", filepath.Join(dir, "good"))
	plugin(t, dir, "example.com/user", "acme.user", "")
	mod := filepath.Join(dir, "user", "go.mod")
	lab.Write(t, mod, string(read(t, mod))+"\nrequire example.com/good v1.4.0\n")
	p.release(t, "example.com/user", "v1.0.0", filepath.Join(dir, "user"))
	p.use(t)
	for _, c := range []struct {
		name string
		args string
		code int
		want []string
	}{
		{"versions", "--core v1.0.0 --with example.com/good@v1.3.0", 0,
			[]string{"balancer.acme.good v1.3.0 example.com/good", "protocol.tcp v1.0.0 " + builder.CorePath + "/modules/protocol/tcp"}},
		{"the latest", "--core latest --with example.com/eager", 0,
			[]string{"balancer.acme.eager v1.3.0 example.com/eager", "protocol.tcp v1.1.0 "}},
		{"a fork in the plugin's place", "--core v1.0.0 --with example.com/mine@v0.2.0=./good", 0,
			[]string{"balancer.acme.good v0.2.0 example.com/mine"}},
		{"a core that is too old", "--core v1.0.0 --with example.com/eager", 1,
			[]string{"plugin example.com/eager: cannot resolve: it needs " + builder.CorePath + " v1.1.0 (example.com/eager v1.3.0 needs", "and this is v1.0.0"}},
		{"what another plugin needs", "--core v1.0.0 --with example.com/user --with example.com/good@v1.3.0", 1,
			[]string{"plugin example.com/good: cannot resolve: v1.3.0 was asked for, but v1.4.0 is needed: example.com/user v1.0.0 needs example.com/good v1.4.0; ask for"}},
		{"a version that is not there", "--core v1.0.0 --with example.com/good@v1.9.9", 1,
			[]string{"plugin example.com/good: cannot resolve", "v1.9.9"}},
		{"a core that is not there", "--core v9.9.9", 1, []string{"core: ", "v9.9.9"}},
	} {
		args := append([]string{"list", "--versions", "--packages"}, strings.Fields(c.args)...)
		stdout, stderr, code := x.run(t, dir, args...)
		if code != c.code {
			t.Errorf("%s: exit status %d, stderr:\n%s", c.name, code, stderr)
			continue
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
