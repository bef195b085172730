package builder

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// Verification is what came of building a binary again.
type Verification struct {
	File   string  `json:"file"`
	SHA256 string  `json:"sha256"`
	Recipe *Recipe `json:"recipe"`
}

// DifferError says that a binary is not what its recipe gives.
type DifferError struct{ text string }

func (e *DifferError) Error() string { return e.text }

// Verify builds a binary again from the recipe that it carries, and compares
// byte by byte. The request tells where directories are that the recipe cannot
// know: Core, With, Replace, PGO and Embed; it takes the versions of the recipe.
// The error is a *DifferError when the binary is another.
func (r Request) Verify(ctx context.Context, file string) (*Verification, error) {
	recipe, err := ReadRecipe(file)
	if err != nil {
		return nil, err
	}
	if err := r.follow(recipe); err != nil {
		return nil, err
	}
	if err := r.defaults(); err != nil {
		return nil, err
	}
	var again string
	err = r.inWorkspace(func(dir string) error {
		w, err := r.resolve(ctx, dir)
		if err != nil {
			return err
		}
		p := &plan{imports: recipe.Imports, exclude: recipe.Exclude, modules: recipe.Modules, versions: w.versions()}
		now, err := r.writeMain(ctx, w, p)
		if err != nil {
			return err
		}
		if err := sameSources(file, recipe, now); err != nil {
			return err
		}
		r.tell(StepLink, "building it again for %s", r.Target)
		binary := filepath.Join(dir, "again")
		if err := r.compile(ctx, w, binary, r.Debug); err != nil {
			return err
		}
		again, err = compareFiles(file, binary)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Verification{file, again, recipe}, nil
}

// follow asks for what the recipe says.
func (r *Request) follow(recipe *Recipe) (err error) {
	if r.Target, err = ParseTarget(recipe.Target); err != nil {
		return err
	}
	r.Tags, r.LDFlags, r.Race, r.Debug = recipe.Tags, recipe.LDFlags, recipe.Race, recipe.Debug
	r.Lock = &Lock{Go: recipe.Go, Require: recipe.Require, Sum: recipe.Sum}
	if recipe.Core.Sum == "" {
		r.Core = recipe.Core.Version
		r.Lock.CoreVersion = recipe.Core.Version
	}
	dirs := r.With
	r.With = nil
	for _, s := range recipe.Plugins {
		switch {
		case s.Replacement != "":
			r.With = append(r.With, s.Package+"@"+s.Version+"="+s.Replacement)
		case s.Sum == "":
			r.With = append(r.With, s.Package+"@"+s.Version)
			r.Lock.Plugins = append(r.Lock.Plugins, LockedPlugin{s.Package, s.Module, s.Version})
		case within(s.Package, CorePath) && !slices.ContainsFunc(dirs, func(d string) bool { return r.directoryOf(d, s.Package) }):
			r.With = append(r.With, s.Package)
		default:
			i := slices.IndexFunc(dirs, func(d string) bool { return r.directoryOf(d, s.Package) })
			if i < 0 {
				return usagef("the plugin %s came from a directory; say where it is: --with %s=DIRECTORY", s.Package, s.Package)
			}
			r.With = append(r.With, dirs[i])
		}
	}
	for _, f := range []struct{ flag, sum, file string }{{"--pgo", recipe.PGO, r.PGO}, {"--embed", recipe.Embed, r.Embed}} {
		if f.sum != "" && f.file == "" {
			return usagef("the binary was built with a file given by %s; give it here too", f.flag)
		}
	}
	for _, s := range recipe.Replaced {
		if s.Replacement != "" {
			r.Replace = append(r.Replace, s.Module+"="+s.Replacement)
		}
	}
	return nil
}

// directoryOf reports whether a plugin given as a directory is the package.
func (r *Request) directoryOf(spec, pkg string) bool {
	if name, _, ok := strings.Cut(spec, "="); ok {
		name, _, _ = strings.Cut(name, "@")
		return name == pkg
	}
	if !gocmd.IsLocal(spec) {
		return false
	}
	dir := r.Dir
	if dir == "" {
		dir, _ = os.Getwd() //nolint:errcheck // then nothing lies there
	}
	p, err := directoryPlugin(absolute(dir, spec), &core{})
	return err == nil && p.Package == pkg
}

// sameSources refuses directories that have changed since the binary was built.
func sameSources(file string, recipe, now *Recipe) error {
	var changed []string
	for _, pair := range [][2][]Source{{{recipe.Core}, {now.Core}}, {recipe.Plugins, now.Plugins}, {recipe.Replaced, now.Replaced}} {
		for _, was := range pair[0] {
			i := slices.IndexFunc(pair[1], func(s Source) bool { return s.Module == was.Module && s.Package == was.Package })
			if i < 0 || pair[1][i].Sum != was.Sum {
				changed = append(changed, was.Module)
			}
		}
	}
	for _, f := range []struct{ flag, was, is string }{{"--pgo", recipe.PGO, now.PGO}, {"--embed", recipe.Embed, now.Embed}} {
		if f.was != f.is {
			changed = append(changed, "the file of "+f.flag)
		}
	}
	if len(changed) > 0 {
		return &DifferError{fmt.Sprintf("%s was built of other sources than are here: %s; check out those it was built of, and say where they are with --core and --with", file, strings.Join(changed, ", "))}
	}
	return nil
}

// compareFiles gives the sum of two files that are the same.
func compareFiles(file, again string) (string, error) {
	a, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(again)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(a, b) {
		at := 0
		for at < min(len(a), len(b)) && a[at] == b[at] {
			at++
		}
		return "", &DifferError{fmt.Sprintf("%s is not what its recipe gives: they differ from byte %d on, of %d and %d; do not trust it", file, at, len(a), len(b))}
	}
	sum, _, err := fileSum(file)
	return sum, err
}
