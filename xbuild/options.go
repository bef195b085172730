package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
	"github.com/fairleadproxy/fairlead/xbuild/manifest"
)

// options are the flags that say what to build; they mirror the manifest and add
// to it or, where there can be only one, take its place.
type options struct {
	manifest string
	request  builder.Request // as the flags have it
	targets  []string
	locked   bool
	asJSON   bool
	progress *progress
}

// sources adds the flags that say what there is to build from.
func (o *options) sources(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.manifest, "manifest", "", "read this `file` (default: xbuild.toml, if it is there)")
	f.StringArrayVar(&o.request.With, "with", nil, "add the plugin `PATH[@VERSION][=DIR]`, PATH being a module path or a directory such as ./plugins/ewma; repeat for more")
	f.StringVar(&o.request.Core, "core", "", "take core from this `directory or version` (default: the checkout around the current directory, or that its go.mod replaces core with, else xbuild's own version)")
	f.StringArrayVar(&o.request.Replace, "replace", nil, "take a Go module from elsewhere: `MODULE=DIR`, or MODULE=OTHER@VERSION; repeat for more")
	f.BoolVar(&o.request.StrictDependencies, "strict-dependencies", false, "refuse plugins that lift a dependency of core to a newer version, also where core compiles with it")
	f.BoolVar(&o.request.Offline, "offline", false, "ask no module proxy: take what is in Go's module cache")
	f.StringVar(&o.request.Vendor, "vendor", "", "take Go modules from this `directory` alone, which xbuild vendor wrote")
	o.json(c)
}

// choice adds the flags that say which modules to take.
func (o *options) choice(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.request.Preset, "preset", "", "begin with this `list` of standard modules: tcp, http, tls or all (default all)")
	f.StringArrayVar(&o.request.For, "for", nil, "of the standard modules take only those that this configuration `file` uses; repeat for more")
	f.StringArrayVar(&o.request.Include, "include", nil, "take the standard module `KIND.NAME` too; repeat for more")
	f.StringArrayVar(&o.request.Without, "without", nil, "leave out the module `KIND.NAME`; repeat for more")
	f.StringSliceVar(&o.request.Tags, "tags", nil, "Go's build `tags`, with commas between them")
	f.StringSliceVar(&o.targets, "target", nil, "platforms to build for, as `OS/ARCH`: linux/arm64, linux/armv7; repeat, or put commas between them (default: this one)")
}

// lock adds the flag that holds a command to the lock.
func (o *options) lock(c *cobra.Command) {
	c.Flags().BoolVar(&o.locked, "locked", false, "take exactly the versions in xbuild.lock, or fail")
}

// settings adds the flags that say how to build.
func (o *options) settings(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.request.Embed, "embed", "", "put the configuration `file` into the binary, for when it is started without one")
	f.StringVar(&o.request.PGO, "pgo", "", "optimise for this processor profile (`file`)")
	f.StringVar(&o.request.LDFlags, "ldflags", "", "more `flags` for Go's linker")
	f.BoolVar(&o.request.Race, "race", false, "build with the race detector; the binary is then not static")
	f.BoolVar(&o.request.Debug, "debug", false, "keep the symbols that debuggers read")
}

// result adds the flags that say where to build.
func (o *options) result(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&o.request.Output, "output", "o", "", "`file` to write; with several targets their names come behind it (default fairlead)")
	f.BoolVar(&o.request.Keep, "keep", false, "keep the temporary directory of the build, and print its name")
}

func (o *options) json(c *cobra.Command) {
	c.Flags().BoolVar(&o.asJSON, "json", false, "print the result, or the error, as JSON")
}

// plan is what the manifest and the flags ask for.
type plan struct {
	request  builder.Request
	targets  []builder.Target
	manifest *manifest.Manifest // nil for none
	lockFile string
	locks    bool // the lock is the manifest's: no flag adds a source
}

// plan reads the manifest and puts the flags over it.
func (o *options) plan(c *cobra.Command) (*plan, error) {
	wd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	p := &plan{request: builder.Request{Dir: wd}}
	file := o.manifest
	if file == "" {
		file = manifest.File
	}
	targets := o.targets
	switch p.manifest, err = manifest.Read(file); {
	case err == nil:
		p.request = p.manifest.Request()
		if len(targets) == 0 {
			targets = p.manifest.TargetList()
		}
	case errors.Is(err, fs.ErrNotExist) && o.manifest == "":
		p.manifest = nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &lineError{fmt.Errorf("--manifest: %w", err)}
	default:
		return nil, &lineError{err}
	}
	o.over(&p.request, wd)
	p.locks = p.manifest != nil && len(o.request.With) == 0 && len(o.request.Replace) == 0 && o.request.Core == ""
	p.lockFile = filepath.Join(p.request.Dir, builder.LockFile)
	for _, t := range targets {
		target, err := builder.ParseTarget(t)
		if err != nil {
			return nil, err
		}
		p.targets = append(p.targets, target)
	}
	if len(p.targets) == 0 {
		p.targets = []builder.Target{builder.Host()}
	}
	o.progress = newProgress(c.ErrOrStderr())
	p.request.Events = o.progress.event
	return p, nil
}

// over puts the flags over a manifest's request.
func (o *options) over(r *builder.Request, wd string) {
	f := o.request
	from := func(path string) string {
		if path == "" || filepath.IsAbs(path) || wd == r.Dir {
			return path
		}
		return filepath.Join(wd, path)
	}
	// In "path=dir" and in directories, what is relative is so to where one is.
	spec := func(s string) string {
		name, with, ok := strings.Cut(s, "=")
		switch {
		case ok && (gocmd.IsLocal(with) || !strings.Contains(with, "@")):
			return name + "=" + from(with)
		case !ok && gocmd.IsLocal(name):
			return from(name)
		}
		return s
	}
	for _, s := range f.With {
		r.With = append(r.With, spec(s))
	}
	for _, s := range f.Replace {
		r.Replace = append(r.Replace, spec(s))
	}
	for _, s := range f.For {
		r.For, r.Preset = append(r.For, from(s)), ""
	}
	for _, s := range []struct {
		flag string
		into *string
	}{{f.Preset, &r.Preset}, {f.LDFlags, &r.LDFlags}, {from(f.Output), &r.Output}, {from(f.Embed), &r.Embed}, {from(f.PGO), &r.PGO}, {from(f.Vendor), &r.Vendor}} {
		if s.flag != "" {
			*s.into = s.flag
		}
	}
	if f.Preset != "" && len(f.For) == 0 {
		r.For = nil
	}
	if f.Core != "" {
		if r.Core = f.Core; gocmd.IsLocal(f.Core) {
			r.Core = from(f.Core)
		}
	}
	r.Include, r.Without, r.Tags = append(r.Include, f.Include...), append(r.Without, f.Without...), append(r.Tags, f.Tags...)
	r.Race, r.Debug = r.Race || f.Race, r.Debug || f.Debug
	r.StrictDependencies = r.StrictDependencies || f.StrictDependencies
	r.Offline, r.Keep, r.Sizes = f.Offline, f.Keep, f.Sizes
	if r.Preset != "" && len(f.For) > 0 && f.Preset == "" {
		r.Preset = ""
	}
}

// settle has the request take the versions of the lock, if there is one of it.
func (o *options) settle(ctx context.Context, p *plan) error {
	lock, err := builder.ReadLock(p.lockFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.locked:
		return &lineError{fmt.Errorf("--locked: there is no %s; make it with: xbuild lock", p.lockFile)}
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &lineError{err}
	}
	if err := lock.Fits(&p.request); err != nil {
		if o.locked {
			return &lineError{fmt.Errorf("--locked: %s is not of what is asked for: %w; make it anew with: xbuild lock", p.lockFile, err)}
		}
		p.request.Events(builder.Event{Step: builder.StepResolve, Text: fmt.Sprintf("%s is not of what is asked for (%v): versions are chosen anew", p.lockFile, err), Note: true})
		return nil
	}
	p.request.Lock = lock
	if !o.locked {
		lock.Go = "" // the toolchain is the user's affair
	}
	return nil
}

// keep writes the lock of a build from a manifest, unless there was one. One with
// more parts, by flags, leaves the manifest's as it is.
func (p *plan) keep(lock *builder.Lock) error {
	if !p.locks || p.request.Lock != nil || lock == nil {
		return nil
	}
	_, err := lock.Write(p.lockFile)
	return err
}
