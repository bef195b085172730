package builder

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/xbuild/internal/temp"
)

func sample() *Recipe {
	return &Recipe{
		Format: recipeFormat, Go: "go1.26.8", Target: "linux/amd64",
		Core:         Source{Module: CorePath, Version: "v1.0.0"},
		Plugins:      []Source{{Package: "example.com/a/p", Module: "example.com/a", Version: "v0.1.0", Sum: "h1:0123456789abcdef"}},
		Modules:      []Module{entry("protocol.tcp", "core/tcp"), {Kind: "balancer", Name: "x.a", Package: "example.com/a/p", Module: "example.com/a"}},
		Imports:      []string{"core/tcp", "example.com/a/p"},
		Dependencies: []Dependency{{"example.com/dep", "v1.2.3", "h1:" + strings.Repeat("A", 43) + "="}},
	}
}

// A recipe is found in a file whatever lies around it.
func TestReadRecipe(t *testing.T) {
	text, err := sample().text()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"alone", text, true},
		{"in a binary", "\x7fELF" + string(recipeMark()) + "\x00more" + text + "\x00\xff{}", true},
		{"cut", text[:len(text)/2], false},
		{"a mark alone", string(recipeMark()), false},
		{"nothing", "", false},
	} {
		file := filepath.Join(t.TempDir(), "binary")
		if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := ReadRecipe(file)
		var none *NoRecipeError
		switch {
		case c.ok && (err != nil || !reflect.DeepEqual(got, sample())):
			t.Errorf("%s: %+v, error %v", c.name, got, err)
		case !c.ok && !errors.As(err, &none):
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}

func TestNewerRecipe(t *testing.T) {
	r := sample()
	r.Format++
	text, err := r.text()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "binary")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRecipe(file); err == nil || !strings.Contains(err.Error(), "take a newer xbuild") {
		t.Errorf("error %v", err)
	}
}

func TestDiff(t *testing.T) {
	if changes := Diff(sample(), sample()); len(changes) != 0 {
		t.Errorf("the same: %v", changes)
	}
	b := sample()
	b.Go, b.Core.Version, b.Race = "go1.27.0", "v1.1.0", true
	b.Plugins[0].Version = "v0.2.0"
	b.Modules = b.Modules[1:]
	b.Dependencies = append(b.Dependencies, Dependency{"example.com/new", "v0.0.1", ""})
	var got []string
	for _, c := range Diff(sample(), b) {
		got = append(got, c.String())
	}
	want := []string{
		"~ go go1.26.8 -> go1.27.0", "~ core v1.0.0 -> v1.1.0",
		"~ plugin example.com/a/p v0.1.0 (sources 0123456789ab) -> v0.2.0 (sources 0123456789ab)",
		"- module protocol.tcp core/tcp", "+ dependency example.com/new v0.0.1", "+ setting race true",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The bill has what the specification requires: unique references, and a
// component for every one that something depends on.
func TestSBOM(t *testing.T) {
	text, err := sample().SBOM(strings.Repeat("ab", 32))
	if err != nil {
		t.Fatal(err)
	}
	again, err := sample().SBOM(strings.Repeat("ab", 32))
	if err != nil || string(again) != string(text) {
		t.Errorf("twice the same build gives two bills, error %v", err)
	}
	var b bom
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Spec != "1.6" || b.Version != 1 || !strings.HasPrefix(b.Serial, "urn:uuid:") || len(b.Serial) != len("urn:uuid:")+36 {
		t.Errorf("%s %s %d %s", b.Format, b.Spec, b.Version, b.Serial)
	}
	refs := map[string]string{b.Metadata.Component.Ref: "fairlead"}
	for _, c := range b.Components {
		if c.Ref == "" || refs[c.Ref] != "" || c.Type == "" || c.Name == "" {
			t.Errorf("component %+v", c)
		}
		refs[c.Ref] = c.Name
	}
	for _, d := range b.Dependencies {
		for _, ref := range append(d.DependsOn, d.Ref) {
			if refs[ref] == "" {
				t.Errorf("nothing is called %s", ref)
			}
		}
	}
	for _, want := range []string{
		`"purl": "pkg:golang/example.com/dep@v1.2.3"`, `"purl": "pkg:golang/std@1.26.8"`, `"purl": "pkg:golang/example.com/a@v0.1.0"`, `"value": "balancer.x.a"`, `"alg": "SHA-256"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
}

func TestFollow(t *testing.T) {
	dir := files(t, map[string]string{"a/go.mod": "module example.com/a\n", "a/p/p.go": "package p"})
	r := Request{Dir: dir, With: []string{"./a/p"}}
	if err := r.follow(sample()); err != nil || r.Core != "v1.0.0" || r.Lock.Go != "go1.26.8" || strings.Join(r.With, " ") != "./a/p" {
		t.Errorf("%+v, error %v", r, err)
	}
	none := Request{Dir: dir}
	if err := none.follow(sample()); err == nil || !strings.Contains(err.Error(), "say where it is: --with example.com/a/p=DIRECTORY") {
		t.Errorf("error %v", err)
	}
	s := sample()
	s.PGO = "abc"
	profiled := Request{Dir: dir, With: []string{"example.com/a/p=./a"}}
	if err := profiled.follow(s); err == nil || !strings.Contains(err.Error(), "given by --pgo") {
		t.Errorf("error %v", err)
	}
}

// Of directories left behind, those of processes that are gone are removed.
func TestClean(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	beside := t.TempDir()
	mine, err := temp.Beside(beside)
	if err != nil {
		t.Fatal(err)
	}
	// Process numbers end far below this one.
	gone := []string{filepath.Join(beside, ".xbuild-999999999-1"), filepath.Join(os.TempDir(), "xbuild-999999999-2")}
	others := []string{filepath.Join(beside, "src"), filepath.Join(os.TempDir(), "xbuild-notes"), mine}
	for _, d := range append(gone, others[:2]...) {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := Clean(beside)
	if err != nil || len(removed) != len(gone) {
		t.Errorf("removed %v, error %v", removed, err)
	}
	for _, d := range others {
		if _, err := os.Stat(d); err != nil {
			t.Errorf("%s is gone", d)
		}
	}
}
