package builder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"
)

// Recipe is what a binary was made of. It is embedded in the binary, which can be
// made again from it.
type Recipe struct {
	// Format is the version of the recipe's form.
	Format int `json:"format"`
	// Go is the toolchain, such as go1.26.8.
	Go     string `json:"go"`
	Target string `json:"target"`
	// Core is core; Plugins are what was added to it.
	Core    Source   `json:"core"`
	Plugins []Source `json:"plugins,omitempty"`
	// Replaced are other Go modules that were taken from elsewhere.
	Replaced []Source `json:"replaced,omitempty"`
	// Modules are in the binary.
	Modules []Module `json:"modules"`
	// Imports are the packages that register them, and Exclude those modules of
	// these packages that were left out.
	Imports []string `json:"imports"`
	Exclude []string `json:"exclude,omitempty"`
	// Dependencies are the Go modules whose packages were compiled, but for those
	// from directories.
	Dependencies []Dependency `json:"dependencies"`
	// Require and Sum are those of the go.mod and go.sum.
	Require []string `json:"require"`
	Sum     []string `json:"sum"`

	Tags    []string `json:"tags,omitempty"`
	LDFlags string   `json:"ldflags,omitempty"`
	Race    bool     `json:"race,omitempty"`
	Debug   bool     `json:"debug,omitempty"`
	// PGO and Embed are sums of the files given.
	PGO   string `json:"pgo,omitempty"`
	Embed string `json:"embed,omitempty"`
	// EmbedName is what the embedded configuration's file was called.
	EmbedName string `json:"embedName,omitempty"`
}

// Source is a Go module of which a binary has modules.
type Source struct {
	Package string `json:"package,omitempty"` // import path, of a plugin
	Module  string `json:"module"`
	Version string `json:"version"`
	// Sum is that of the files compiled, when they came from a directory.
	Sum string `json:"sum,omitempty"`
	// Replacement is what was taken in the module's place, as path@version.
	Replacement string `json:"replacement,omitempty"`
}

// Dependency is a Go module whose packages were compiled.
type Dependency struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum,omitempty"` // as in go.sum
}

const (
	recipeFormat = 1
	recipeFile   = "recipe.json"
	embedFile    = "embedded.toml"
	pgoFile      = "default.pgo"
)

// recipeMark stands before a recipe in a binary. It is put together when it is
// needed, so that it does not stand in this program too.
func recipeMark() []byte { return []byte("\x00fairlead " + "recipe\n") }

// NoRecipeError says that a binary carries no recipe.
type NoRecipeError struct{ File string }

func (e *NoRecipeError) Error() string {
	return fmt.Sprintf("%s carries no recipe: xbuild has not built it, or its recipe was changed", e.File)
}

// ReadRecipe finds the recipe in a binary, of whatever platform.
func ReadRecipe(file string) (*Recipe, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("%v", err)
	}
	for mark := recipeMark(); ; {
		i := bytes.Index(text, mark)
		if i < 0 {
			return nil, &NoRecipeError{file}
		}
		text = text[i+len(mark):]
		var r Recipe
		if err := json.NewDecoder(bytes.NewReader(text)).Decode(&r); err != nil {
			continue
		}
		if r.Format > recipeFormat {
			return nil, fmt.Errorf("%s: its recipe is of a newer form than this xbuild knows; take a newer xbuild", file)
		}
		if r.Format > 0 {
			return &r, nil
		}
	}
}

// text gives the recipe as it is embedded.
func (r *Recipe) text() (string, error) {
	out, err := json.Marshal(r)
	return string(recipeMark()) + string(out) + "\n", err
}

// writeMain writes the main package, with the recipe in it.
func (r *Request) writeMain(ctx context.Context, w *workspace, p *plan) (*Recipe, error) {
	recipe := &Recipe{
		Format: recipeFormat, Target: r.Target.String(), Modules: p.modules, Imports: p.imports, Exclude: p.exclude,
		Tags: r.Tags, LDFlags: r.LDFlags, Race: r.Race, Debug: r.Debug,
	}
	for _, f := range []struct {
		from, to string
		sum      *string
	}{{r.PGO, pgoFile, &recipe.PGO}, {r.Embed, embedFile, &recipe.Embed}} {
		if f.from == "" {
			continue
		}
		text, err := os.ReadFile(f.from)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		*f.sum = hex.EncodeToString(sum[:])
		if err := w.write(f.to, string(text)); err != nil {
			return nil, err
		}
	}
	if r.Embed != "" {
		recipe.EmbedName = filepath.Base(r.Embed)
		p.embed = recipe.EmbedName
		if err := w.write("embedded.go", embeddedGo); err != nil {
			return nil, err
		}
	}
	main, err := p.mainFile()
	if err != nil {
		return nil, err
	}
	for _, f := range []File{{"main.go", main}, {"recipe.go", recipeGo}, {recipeFile, ""}} {
		if err := w.write(f.Name, f.Text); err != nil {
			return nil, err
		}
	}
	if err := w.describe(ctx, recipe); err != nil {
		return nil, err
	}
	text, err := recipe.text()
	if err != nil {
		return nil, err
	}
	return recipe, w.write(recipeFile, text)
}

// describe fills in where everything comes from.
func (w *workspace) describe(ctx context.Context, recipe *Recipe) (err error) {
	if recipe.Go, err = w.tool.version(ctx); err != nil {
		return err
	}
	compiled, err := w.compiled(ctx)
	if err != nil {
		return err
	}
	if recipe.Dependencies, err = w.dependencies(compiled); err != nil {
		return err
	}
	if recipe.Require, err = w.required(); err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(w.dir, "go.sum"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(sum)) {
		recipe.Sum = append(recipe.Sum, strings.TrimSpace(line))
	}
	slices.Sort(recipe.Sum)
	source := func(s Source) Source {
		if err == nil && w.dirs()[s.Module] != "" {
			s.Sum, err = sumOf(compiled, s.Module)
		}
		return s
	}
	recipe.Core = source(Source{Module: CorePath, Version: versionOr(w.core.Version)})
	for _, p := range w.plugins {
		recipe.Plugins = append(recipe.Plugins, source(Source{Package: p.Package, Module: p.Module, Version: versionOr(p.Version), Replacement: p.Replacement}))
	}
	for _, r := range w.replaces {
		s := Source{Module: r.module}
		if r.other != "" {
			s.Version, s.Replacement = r.version, r.other+"@"+r.version
		}
		recipe.Replaced = append(recipe.Replaced, source(s))
	}
	return err
}

// compiledPackage is what go list says of a package.
type compiledPackage struct {
	Dir, ImportPath                     string
	Standard                            bool
	Module                              *moduleInfo
	GoFiles, SFiles, HFiles, EmbedFiles []string
}

// compiled lists the packages of the binary that are not Go's own.
func (w *workspace) compiled(ctx context.Context) ([]compiledPackage, error) {
	out, err := w.tool.run(ctx, "list", "-deps", "-json=Dir,ImportPath,Standard,Module,GoFiles,SFiles,HFiles,EmbedFiles", ".")
	if err != nil {
		return nil, w.unlink(err)
	}
	var list []compiledPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p compiledPackage
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, err
		case !p.Standard && p.Module != nil && p.Module.Path != mainModule:
			list = append(list, p)
		}
	}
}

// dependencies gives the Go modules of the packages, but for those from directories.
func (w *workspace) dependencies(compiled []compiledPackage) ([]Dependency, error) {
	sums, err := os.ReadFile(filepath.Join(w.dir, "go.sum"))
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	for line := range strings.Lines(string(sums)) {
		if words := strings.Fields(line); len(words) == 3 {
			of[words[0]+" "+words[1]] = words[2]
		}
	}
	dirs := w.dirs()
	var out []Dependency
	seen := map[string]bool{}
	for _, p := range compiled {
		m := *p.Module
		if seen[m.Path] || dirs[m.Path] != "" {
			continue
		}
		seen[m.Path] = true
		if m.Replace != nil {
			m = *m.Replace
		}
		out = append(out, Dependency{m.Path, m.Version, of[m.Path+" "+m.Version]})
	}
	slices.SortFunc(out, func(a, b Dependency) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// sumOf gives the sum of the compiled files of a Go module, in the way of go.sum.
func sumOf(compiled []compiledPackage, module string) (string, error) {
	files := map[string]string{}
	for _, p := range compiled {
		if p.Module.Path != module {
			continue
		}
		for _, list := range [][]string{p.GoFiles, p.SFiles, p.HFiles, p.EmbedFiles} {
			for _, f := range list {
				files[p.ImportPath+"/"+f] = filepath.Join(p.Dir, f)
			}
		}
	}
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	return dirhash.Hash1(names, func(name string) (io.ReadCloser, error) { return os.Open(files[name]) })
}
