package builder

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// LockFile is the usual name of a lock.
const LockFile = "xbuild.lock"

// Lock holds the versions that a resolution chose, so that later builds take the
// same ones. Directories are taken as they are then.
type Lock struct {
	// Go is the toolchain, such as go1.26.8.
	Go string `toml:"go,required"`
	// Core, With and Replace are what was asked for.
	Core    string   `toml:"core"`
	With    []string `toml:"with"`
	Replace []string `toml:"replace"`
	// CoreVersion is what was chosen, "" for a directory.
	CoreVersion string `toml:"core-version"`
	// Plugins are those that came from a proxy.
	Plugins []LockedPlugin `toml:"plugin"`
	// Require are all Go modules but those from directories, as "path version".
	Require []string `toml:"require"`
	// Sum are the lines of go.sum.
	Sum []string `toml:"sum"`
}

// LockedPlugin is a plugin that came from a proxy.
type LockedPlugin struct {
	// Package is its import path, Module the Go module that it belongs to.
	Package string `toml:"package,required"`
	Module  string `toml:"module,required"`
	// Version is the one chosen.
	Version string `toml:"version,required"`
}

// ReadLock reads a lock. The error is fs.ErrNotExist when there is none.
func ReadLock(file string) (*Lock, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	node, err := tree.Parse(file, text, func(string) (string, bool) { return "", false })
	if err != nil {
		return nil, err
	}
	var l Lock
	if err := node.Decode(&l); err != nil {
		return nil, err
	}
	return &l, nil
}

// Write writes the lock to a file, and reports whether that changed it.
func (l *Lock) Write(file string) (changed bool, err error) {
	text := l.text()
	if old, err := os.ReadFile(file); err == nil && string(old) == text {
		return false, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, os.WriteFile(file, []byte(text), 0o644)
}

func (l *Lock) text() string {
	var b strings.Builder
	b.WriteString("# The versions that xbuild chose. Made by xbuild lock: do not edit.\n\n")
	fmt.Fprintf(&b, "go = %q\n", l.Go)
	fmt.Fprintf(&b, "core = %q\n", l.Core)
	fmt.Fprintf(&b, "core-version = %q\n", l.CoreVersion)
	for _, list := range []struct {
		key   string
		lines []string
	}{{"with", l.With}, {"replace", l.Replace}, {"require", l.Require}, {"sum", l.Sum}} {
		fmt.Fprintf(&b, "%s = [", list.key)
		for _, line := range list.lines {
			fmt.Fprintf(&b, "\n  %q,", line)
		}
		if len(list.lines) > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("]\n")
	}
	for _, p := range l.Plugins {
		fmt.Fprintf(&b, "\n[[plugin]]\npackage = %q\nmodule = %q\nversion = %q\n", p.Package, p.Module, p.Version)
	}
	return b.String()
}

// Fits reports why the lock is not of a request; nil when it is.
func (l *Lock) Fits(r *Request) error {
	if l.Core != r.Core {
		return fmt.Errorf("it is of core %s, and %s is asked for", orNone(l.Core), orNone(r.Core))
	}
	for _, list := range []struct {
		what        string
		locked, now []string
	}{{"the plugin", l.With, r.With}, {"the replacement", l.Replace, r.Replace}} {
		for _, s := range list.now {
			if !slices.Contains(list.locked, s) {
				return fmt.Errorf("it lacks %s %s", list.what, s)
			}
		}
		for _, s := range list.locked {
			if !slices.Contains(list.now, s) {
				return fmt.Errorf("it has %s %s, which is not asked for", list.what, s)
			}
		}
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "(not named)"
	}
	return s
}

// lockedGo refuses a lock of a Go that is too old for core or for a plugin from a
// directory, of which a newer one may have come since.
func (w *workspace) lockedGo() error {
	if w.lock == nil || w.lock.Go == "" {
		return nil
	}
	needs := map[string]string{"core " + versionOr(w.core.Version): w.core.Go}
	for _, p := range w.plugins {
		if p.src != nil {
			needs["the plugin "+p.Package] = p.src.Go
		}
	}
	for _, who := range slices.Sorted(maps.Keys(needs)) {
		if v := needs[who]; version.Compare(w.lock.Go, "go"+v) < 0 {
			return usagef("the lock is of %s, and %s needs Go %s or later: choose versions anew with xbuild lock, which takes the Go that runs it", w.lock.Go, who, v)
		}
	}
	return nil
}

// Resolve chooses versions, checks that they fit together and compile, and
// gives the lock of them. A Lock in the request is left aside.
func (r Request) Resolve(ctx context.Context) (*Lock, error) {
	r.Lock = nil
	var lock *Lock
	err := r.planned(ctx, func(w *workspace, p *plan) (err error) {
		if _, err = r.writeMain(ctx, w, p); err == nil {
			lock, err = r.lockOf(ctx, w)
		}
		return err
	})
	return lock, err
}

// lockOf gives the lock of a workspace that is resolved.
func (r *Request) lockOf(ctx context.Context, w *workspace) (_ *Lock, err error) {
	l := Lock{Core: r.Core, With: slices.Sorted(slices.Values(r.With)), Replace: slices.Sorted(slices.Values(r.Replace))}
	for _, t := range r.Others {
		// Other platforms may import other modules, whose sums this adds.
		if _, err := w.tool.with(t.env()...).run(ctx, "list", "-deps", ".", "./probe"); err != nil {
			return nil, w.unlink(err)
		}
	}
	if l.Go, err = w.tool.version(ctx); err != nil {
		return nil, err
	}
	if !w.core.local {
		l.CoreVersion = w.core.Version
	}
	for _, p := range w.plugins {
		if p.query != "" {
			l.Plugins = append(l.Plugins, LockedPlugin{p.Package, p.Module, p.Version})
		}
	}
	if l.Require, err = w.required(); err != nil {
		return nil, err
	}
	sum, err := os.ReadFile(filepath.Join(w.dir, "go.sum"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(sum)) {
		l.Sum = append(l.Sum, strings.TrimSpace(line))
	}
	slices.Sort(l.Sum)
	return &l, nil
}
