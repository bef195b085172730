package xbuild

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// must runs xbuild, which has to succeed, and gives its standard output.
func (x *tool) must(t *testing.T, dir string, args ...string) string {
	t.Helper()
	stdout, stderr, code := x.run(t, dir, args...)
	if code != 0 {
		t.Fatalf("xbuild %s: exit status %d, stderr:\n%s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// refuses runs xbuild, which has to fail and to say why.
func (x *tool) refuses(t *testing.T, dir string, code int, want string, args ...string) {
	t.Helper()
	_, stderr, got := x.run(t, dir, args...)
	if got != code || !strings.Contains(stderr, want) {
		t.Errorf("xbuild %s: exit status %d, want %d and %q, stderr:\n%s", strings.Join(args, " "), got, code, want, stderr)
	}
}

// built is what xbuild build --json says of a binary.
type built struct {
	Output, SHA256, Target string
	Size                   int64
	Verified               bool
	Sizes                  []struct {
		Package string
		Bytes   int64
	}
}

func (x *tool) build(t *testing.T, dir string, args ...string) built {
	t.Helper()
	var list []built
	if err := json.Unmarshal([]byte(x.must(t, dir, append([]string{"build", "--json"}, args...)...)), &list); err != nil || len(list) != 1 {
		t.Fatalf("%d results, error %v", len(list), err)
	}
	return list[0]
}

// A build that is written down gives the same bytes again, in another directory
// too; what was built can be verified, compared and listed.
func TestManifest(t *testing.T) {
	x := newTool(t)
	dir, other := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, other} {
		writePlugin(t, d, "example.com/good", "acme.good", "")
		lab.Write(t, filepath.Join(d, "xbuild.toml"), `
core = "`+x.root+`"
preset = "tcp"

[plugins]
"example.com/good" = "./good"

[standard]
exclude = ["protocol.mptcp"]
`)
	}
	binary := filepath.Join(dir, "fairlead")
	first := x.build(t, dir)
	if first.Output != binary || !first.Verified || first.Size == 0 {
		t.Errorf("the first build gave %+v", first)
	}
	lab.Write(t, filepath.Join(other, "xbuild.lock"), string(read(t, filepath.Join(dir, "xbuild.lock"))))
	if again := x.build(t, other, "--locked", "--offline"); again.SHA256 != first.SHA256 || again.Output != filepath.Join(other, "fairlead") {
		t.Errorf("in another directory %+v, at first %+v", again, first)
	}
	list, _, _ := lab.Run(t, binary, "list-modules")
	if !strings.Contains(list, "balancer.acme.good\n") || strings.Contains(list, "protocol.mptcp\n") || strings.Contains(list, "check.http\n") {
		t.Errorf("the binary has the modules\n%s", list)
	}

	t.Run("lock", func(t *testing.T) {
		x.refuses(t, dir, 2, "lacks the plugin ./bad", "build", "--locked", "--with", "./bad")
		x.refuses(t, t.TempDir(), 2, "make it with: xbuild lock", "build", "--locked")
	})
	t.Run("verify", func(t *testing.T) {
		x.must(t, dir, "verify", binary)
		text := read(t, binary)
		for _, at := range []int{len(text) / 3, len(text) - 1, strings.Index(string(text), `"format":`)} {
			changed := append([]byte(nil), text...)
			changed[at] ^= 1
			lab.Write(t, binary+".changed", string(changed))
			_, stderr, code := x.run(t, dir, "verify", binary+".changed")
			if code != 1 || !strings.Contains(stderr, "do not trust it") && !strings.Contains(stderr, "its recipe was changed") {
				t.Errorf("byte %d is changed: exit status %d, stderr:\n%s", at, code, stderr)
			}
		}
		moved := filepath.Join(t.TempDir(), "good")
		if err := os.CopyFS(moved, os.DirFS(filepath.Join(dir, "good"))); err != nil {
			t.Fatal(err)
		}
		x.must(t, x.root, "verify", binary, "--with", moved)
		lab.Write(t, filepath.Join(moved, "more.go"), "package plugin\n")
		x.refuses(t, x.root, 1, "was built of other sources than are here: example.com/good", "verify", binary, "--with", moved)
		x.refuses(t, x.root, 2, "say where it is: --with example.com/good=DIRECTORY", "verify", binary)
	})
	t.Run("diff", func(t *testing.T) {
		if out := x.must(t, dir, "diff", binary); out != "" {
			t.Errorf("the manifest's own binary differs:\n%s", out)
		}
		stdout, _, code := x.run(t, dir, "diff", binary, "--without", "balancer.random")
		if code != 1 || !strings.HasPrefix(stdout, "- module balancer.random ") {
			t.Errorf("without a module: exit status %d,\n%s", code, stdout)
		}
	})
	t.Run("sbom", func(t *testing.T) {
		var bom struct {
			Metadata struct {
				Component struct{ Hashes []struct{ Content string } }
			}
			Components []struct{ Name, Version string }
		}
		if err := json.Unmarshal([]byte(x.must(t, dir, "sbom", binary)), &bom); err != nil {
			t.Fatal(err)
		}
		if h := bom.Metadata.Component.Hashes; len(h) != 1 || h[0].Content != first.SHA256 {
			t.Errorf("hashes %v", h)
		}
		versions := map[string]string{}
		for _, c := range bom.Components {
			versions[c.Name] = c.Version
		}
		if versions["example.com/good"] != "v1.3.0" || versions["github.com/BurntSushi/toml"] == "" || versions["std"] == "" {
			t.Errorf("components %v", versions)
		}
	})
	t.Run("wrong", func(t *testing.T) {
		file := filepath.Join(dir, "wrong.toml")
		lab.Write(t, file, "preset = \"tcp\"\nplugin = {}\n[standard]\nexclude = [\"mptcp\"]\n")
		x.refuses(t, dir, 2, file+":2:1: ", "check", "--manifest", file)
		x.refuses(t, dir, 2, `did you mean "plugins"?`, "check", "--manifest", file)
		lab.Write(t, file, "[standard]\nexclude = [\"mptcp\"]\n")
		x.refuses(t, dir, 2, file+":2:13: standard.exclude[0]: ", "check", "--manifest", file)
	})
}
