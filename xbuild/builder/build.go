package builder

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Request says what to build. The zero Request builds the standard binary.
type Request struct {
	// Core is a directory with a checkout of core, or a version of it. Default:
	// the checkout that Dir lies in, else the version that this program is of.
	Core string
	// With are plugins: PATH[@VERSION][=DIR]. PATH is an import path, or a
	// directory that begins with a slash, ./ or ../.
	With []string
	// Without are modules to leave out, as kind.name.
	Without []string
	// Dir is what relative directories are relative to. Default: the current one.
	Dir string
	// Output is the file to write. Default: fairlead, in Dir.
	Output string
	// GOOS and GOARCH are the platform to build for. Default: this one.
	GOOS, GOARCH string
	// Race builds with Go's race detector, which needs a C compiler and makes
	// the binary a dynamic one.
	Race bool
	// Keep leaves the temporary directory in which the build is made.
	Keep bool
	// Progress gets a line for each step; nil means none.
	Progress io.Writer
}

// Result is a finished build.
type Result struct {
	// Output is the path of the binary.
	Output string
	// Modules are in the binary.
	Modules []Module
	// Verified says that the binary was run and lists these modules; it cannot
	// be run when it is for another platform.
	Verified bool
}

func (r *Request) say(format string, args ...any) {
	if r.Progress != nil {
		fmt.Fprintf(r.Progress, "xbuild: "+format+"\n", args...)
	}
}

// native reports whether the binary is for this platform.
func (r *Request) native() bool { return r.GOOS == runtime.GOOS && r.GOARCH == runtime.GOARCH }

// defaults fills in what was not asked for.
func (r *Request) defaults() error {
	if r.Dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			return err
		}
		r.Dir = dir
	}
	if r.Output == "" {
		r.Output = "fairlead"
	}
	r.Output = absolute(r.Dir, r.Output)
	if r.GOOS == "" {
		r.GOOS = runtime.GOOS
	}
	if r.GOARCH == "" {
		r.GOARCH = runtime.GOARCH
	}
	for _, id := range r.Without {
		if err := checkID(id); err != nil {
			return err
		}
	}
	if info, err := os.Stat(r.Output); err == nil && info.IsDir() {
		return usagef("-o %s: it is a directory; name the file to write", r.Output)
	}
	return nil
}

// Build builds a binary and verifies it. Errors are *UsageError when the request
// is at fault, *PluginError when a plugin is. The output is written only when
// all went well, at once.
func (r Request) Build(ctx context.Context) (*Result, error) {
	result := &Result{}
	err := r.planned(ctx, func(w *workspace, p *plan) error {
		result.Output, result.Modules = r.Output, p.modules
		if err := w.writeMain(p); err != nil {
			return err
		}
		return r.link(ctx, w, p, result)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// Generate gives the files that Build would compile, go.mod first.
func (r Request) Generate(ctx context.Context) ([]File, error) {
	var out []File
	err := r.planned(ctx, func(w *workspace, p *plan) error {
		if err := w.writeMain(p); err != nil {
			return err
		}
		for _, name := range []string{"go.mod", "main.go"} {
			text, err := os.ReadFile(filepath.Join(w.dir, name))
			if err != nil {
				return err
			}
			out = append(out, File{name, string(text)})
		}
		return nil
	})
	return out, err
}

// Catalogue lists the modules that the request's binary would have, sorted by
// kind and name.
func (r Request) Catalogue(ctx context.Context) ([]Module, error) {
	var list []Module
	err := r.planned(ctx, func(_ *workspace, p *plan) error {
		list = p.modules
		return nil
	})
	return list, err
}

// planned resolves, checks and plans, and then calls fn with what came of it.
func (r *Request) planned(ctx context.Context, fn func(*workspace, *plan) error) (err error) {
	if err := r.defaults(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "xbuild-")
	if err != nil {
		return err
	}
	defer func() {
		if r.Keep {
			r.say("the build's directory is kept: %s", dir)
		} else if rmErr := os.RemoveAll(dir); err == nil {
			err = rmErr
		}
	}()
	w, packages, err := r.resolve(ctx, dir)
	if err != nil {
		return err
	}
	p, err := r.plan(ctx, w, packages)
	if err != nil {
		return err
	}
	return fn(w, p)
}

// resolve finds core and the plugins, and gives the packages that have modules.
func (r *Request) resolve(ctx context.Context, dir string) (*workspace, []string, error) {
	c, err := findCore(ctx, r.Core, r.Dir, dir)
	if err != nil {
		return nil, nil, err
	}
	r.say("core %s from %s", versionOr(c.Version), c.Dir)
	packages, err := standardPackages(c.Dir, r.GOOS, r.GOARCH)
	if err != nil {
		return nil, nil, err
	}
	cgo := "CGO_ENABLED=0"
	if r.Race {
		cgo = "CGO_ENABLED=1"
	}
	w := &workspace{dir: dir, core: c, tool: goTool{dir: dir}.with(cgo, "GOOS="+r.GOOS, "GOARCH="+r.GOARCH)}
	if w.plugins, err = r.plugins(c); err != nil {
		return nil, nil, err
	}
	if err := w.open(ctx); err != nil {
		return nil, nil, err
	}
	for _, p := range w.plugins {
		r.say("plugin %s %s", p.Package, versionOr(p.Version))
		packages = append(packages, p.Package)
	}
	return w, packages, nil
}

// plugins reads the plugins of the request, sorted, so that their order does
// not matter.
func (r *Request) plugins(c *core) ([]*Plugin, error) {
	var out []*Plugin
	for _, spec := range r.With {
		p, err := parsePlugin(spec, r.Dir, c)
		if err != nil {
			return nil, err
		}
		for _, other := range out {
			switch {
			case other.Package == p.Package:
				return nil, usagef("plugin %s is given twice", p.Package)
			case other.Module == p.Module && p.Module != "" && (other.Dir != p.Dir || other.Replacement != p.Replacement):
				return nil, usagef("plugins %s and %s are of one Go module, %s, which cannot come from two places", other.Package, p.Package, p.Module)
			}
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Plugin) int { return strings.Compare(a.Package, b.Package) })
	return out, nil
}

// plan checks the plugins and decides what is imported.
func (r *Request) plan(ctx context.Context, w *workspace, packages []string) (*plan, error) {
	if len(w.plugins) > 0 {
		r.say("compiling the plugins")
		if err := w.compile(ctx); err != nil {
			return nil, err
		}
	}
	r.say("listing the modules")
	catalogue, err := w.catalogue(ctx, packages)
	if err != nil {
		return nil, err
	}
	if err := checkWithout(r.Without, catalogue); err != nil {
		return nil, err
	}
	var deps map[string][]string
	if len(r.Without) > 0 {
		if deps, err = w.deps(ctx, packages); err != nil {
			return nil, err
		}
	}
	p := makePlan(packages, r.Without, catalogue, deps)
	p.versions = w.versions()
	return p, nil
}

// versions gives those of the Go modules of which Go knows but what others
// require: those from directories and those replaced.
func (w *workspace) versions() map[string]string {
	out := map[string]string{}
	if w.core.local {
		out[CorePath] = versionOr(w.core.Version)
	}
	for _, p := range w.plugins {
		if p.query == "" {
			out[p.Module] = versionOr(p.Version)
		}
	}
	return out
}

func (w *workspace) writeMain(p *plan) error {
	text, err := p.mainFile()
	if err != nil {
		return err
	}
	return w.write("main.go", text)
}

func versionOr(v string) string {
	if v == "" {
		return "(devel)"
	}
	return v
}
