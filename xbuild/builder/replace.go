package builder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// replacement is a Go module that is taken from elsewhere: a directory, or
// another module.
type replacement struct {
	module         string
	dir            string
	other, version string
}

// replacements reads MODULE=DIR and MODULE=OTHER@VERSION.
func (r *Request) replacements() ([]replacement, error) {
	var out []replacement
	for _, spec := range r.Replace {
		path, with, ok := strings.Cut(spec, "=")
		if !ok || module.CheckPath(path) != nil || with == "" {
			return nil, usagef("--replace %s: write MODULE=DIRECTORY or MODULE=OTHER@VERSION", spec)
		}
		if path == CorePath {
			return nil, usagef("--replace %s: core is chosen by --core, which takes a directory or a version", spec)
		}
		one := replacement{module: path}
		if other, version, ok := strings.Cut(with, "@"); ok && !gocmd.IsLocal(with) {
			if module.CheckPath(other) != nil || !semver.IsValid(version) {
				return nil, usagef("--replace %s: %s is not a module and a version such as example.com/fork@v1.2.3", spec, with)
			}
			one.other, one.version = other, version
		} else if one.dir = absolute(r.Dir, with); gocmd.FindModule(one.dir) != one.dir {
			return nil, usagef("--replace %s: there is no go.mod in %s", spec, one.dir)
		} else if _, err := readSource(one.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, usagef("--replace %s: %v", spec, err)
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b replacement) int { return strings.Compare(a.module, b.module) })
	return out, nil
}

// tellUnheeded tells which lines with replace in the plugins' go.mod the build does
// not go by, as Go heeds those of the main module alone.
func (r *Request) tellUnheeded(w *workspace) error {
	for _, p := range w.plugins {
		file := filepath.Join(p.root(), "go.mod")
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a module from before there was such a file
		}
		if err != nil {
			return err
		}
		mod, err := modfile.Parse(file, text, nil)
		if err != nil {
			return &PluginError{Plugin: p.Package, Step: "take part", Err: err}
		}
		for _, line := range mod.Replace {
			if path := line.Old.Path; path != CorePath && !w.replaced(path) {
				r.note(StepCheck, "plugin %s: its go.mod replaces %s, which only its own builds heed: add --replace %s=... if it needs that", p.Package, path, path)
			}
		}
	}
	return nil
}

// replaced reports whether the build takes a Go module from elsewhere.
func (w *workspace) replaced(path string) bool {
	return slices.ContainsFunc(w.replaces, func(r replacement) bool { return r.module == path })
}
