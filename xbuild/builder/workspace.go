package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// workspace is the temporary main module that a binary is built in.
type workspace struct {
	dir      string
	core     *core
	plugins  []*Plugin
	replaces []replacement
	tool     goTool
	lock     *Lock // nil to choose versions
	target   Target
	strict   bool              // no dependency of core may be lifted
	trial    bool              // whether a version fits is only tried
	lifted   []Lift            // set once they are judged
	known    map[string]string // the versions that were judged, by module; nil with a lock
}

func (w *workspace) write(name, text string) error {
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// open writes go.mod and go.sum, links the directories that modules are taken
// from, and settles the versions of the others.
func (w *workspace) open(ctx context.Context) error {
	var locked []string
	if w.lock != nil {
		locked = w.lock.Require
	}
	mod, err := modFile(w.core, w.plugins, w.replaces, locked)
	if err != nil {
		return err
	}
	dirs := w.dirs()
	sum := ""
	if w.lock != nil {
		sum = strings.Join(w.lock.Sum, "\n") + "\n"
	} else if sum, err = sumFile(append([]string{w.core.Dir}, values(dirs)...)); err != nil {
		return err
	}
	for _, f := range []File{{"go.mod", mod}, {"go.sum", sum}} {
		if err := w.write(f.Name, f.Text); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(w.dir, "src"), 0o755); err != nil {
		return err
	}
	for path, dir := range dirs {
		if err := os.Symlink(dir, filepath.Join(w.dir, filepath.FromSlash(linkName(path)))); err != nil {
			return fmt.Errorf("linking %s into the build: %w%s", dir, err, linkHint)
		}
	}
	if w.lock != nil {
		return w.openLocked(ctx)
	}
	return w.choose(ctx, mod)
}

// linkHint is where links need a right.
var linkHint = map[string]string{"windows": "; switch developer mode on, or run it as an administrator"}[runtime.GOOS]

// dirs gives the directories that Go modules are taken from, by their paths.
func (w *workspace) dirs() map[string]string {
	dirs := map[string]string{}
	if w.core.local {
		dirs[CorePath] = w.core.Dir
	}
	for _, p := range w.plugins {
		if p.Dir != "" {
			dirs[p.Module] = p.Dir
		}
	}
	for _, r := range w.replaces {
		if r.dir != "" {
			dirs[r.module] = r.dir
		}
	}
	return dirs
}

func values(m map[string]string) []string {
	var out []string
	for _, v := range m {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

// openLocked takes the versions of the lock.
func (w *workspace) openLocked(ctx context.Context) error {
	for _, p := range w.plugins {
		if p.query == "" {
			continue
		}
		i := slices.IndexFunc(w.lock.Plugins, func(l LockedPlugin) bool { return l.Package == p.Package })
		if i < 0 {
			return fmt.Errorf("the lock lacks the plugin %s; make it anew with: xbuild lock", p.Package)
		}
		p.Module, p.Version = w.lock.Plugins[i].Module, w.lock.Plugins[i].Version
	}
	return w.download(ctx)
}

// required gives the modules of go.mod that do not come from directories, as
// "path version".
func (w *workspace) required() ([]string, error) {
	file := filepath.Join(w.dir, "go.mod")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	mod, err := modfile.Parse(file, text, nil)
	if err != nil {
		return nil, err
	}
	dirs := w.dirs()
	var out []string
	for _, r := range mod.Require {
		if dirs[r.Mod.Path] == "" {
			out = append(out, r.Mod.Path+" "+r.Mod.Version)
		}
	}
	slices.Sort(out)
	return out, nil
}

// newerGo is how the go command refuses a module that is for a newer one.
var newerGo = regexp.MustCompile(`([^\s@]+)@\S+( module \S+)? requires go >= (\S+) \(running go (\S+);`)

// unlink names files in an error of the go command as the user knows them, and
// the plugin that needs a newer Go.
func (w *workspace) unlink(err error) error {
	var failed *gocmd.Failure
	if !errors.As(err, &failed) {
		return err
	}
	text := failed.Text
	if m := newerGo.FindStringSubmatch(text); m != nil {
		for _, p := range w.plugins {
			if p.Module == m[1] {
				return &PluginError{Plugin: p.Package, Step: "take part", Err: fmt.Errorf("it needs Go %s, and this is go%s; install a newer Go, or let the go command get it: GOTOOLCHAIN=auto", m[3], m[4])}
			}
		}
	}
	for path, dir := range w.dirs() {
		text = strings.ReplaceAll(text, linkName(path)+"/", dir+"/")
	}
	if w.lock != nil && strings.Contains(text, "updates to go.mod needed") {
		text = "the lock does not fit what the directories need now; make it anew with: xbuild lock"
	}
	if strings.Contains(text, "# "+CorePath+"/") {
		text += w.madeWith()
	}
	return &gocmd.Failure{Text: text, Err: failed.Err}
}

// within reports whether a package is path or below it.
func within(pkg, path string) bool { return pkg == path || strings.HasPrefix(pkg, path+"/") }
