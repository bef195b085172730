package builder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/internal/temp"
)

// Build builds a binary and verifies it. Errors are *UsageError when the request
// is at fault, *PluginError when a plugin is. The output is written only when
// all went well, at once.
func (r Request) Build(ctx context.Context) (*Result, error) {
	if err := r.defaults(); err != nil {
		return nil, err
	}
	if err := r.writable(); err != nil {
		return nil, err
	}
	var result *Result
	err := r.planned(ctx, func(w *workspace, p *plan) error {
		if _, err := r.writeMain(ctx, w, p); err != nil {
			return err
		}
		var err error
		if result, err = r.link(ctx, w, p); err != nil {
			return err
		}
		result.Lifts = w.lifted
		if result.Lock = r.Lock; r.Lock == nil {
			result.Lock, err = r.lockOf(ctx, w)
		}
		return err
	})
	return result, err
}

// Generate gives the files that Build would compile, go.mod first.
func (r Request) Generate(ctx context.Context) ([]File, error) {
	var out []File
	err := r.planned(ctx, func(w *workspace, p *plan) error {
		if _, err := r.writeMain(ctx, w, p); err != nil {
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

// Recipe gives the recipe of the binary that Build would make.
func (r Request) Recipe(ctx context.Context) (*Recipe, error) {
	c, err := r.Check(ctx)
	if err != nil {
		return nil, err
	}
	return c.Recipe, nil
}

// Checked is what a build would be of.
type Checked struct {
	*Recipe
	// Lifts are dependencies of core that it would get in newer versions.
	Lifts []Lift `json:"lifts,omitempty"`
}

// Check does all that Build does before it links.
func (r Request) Check(ctx context.Context) (*Checked, error) {
	var c Checked
	err := r.planned(ctx, func(w *workspace, p *plan) (err error) {
		c.Lifts = w.lifted
		c.Recipe, err = r.writeMain(ctx, w, p)
		return err
	})
	return &c, err
}

// planned resolves, checks and plans, and then calls fn with what came of it.
func (r *Request) planned(ctx context.Context, fn func(*workspace, *plan) error) error {
	if err := r.defaults(); err != nil {
		return err
	}
	return r.inWorkspace(func(dir string) error {
		w, err := r.resolve(ctx, dir)
		if err != nil {
			return err
		}
		p, err := r.plan(ctx, w)
		if err != nil {
			return err
		}
		return fn(w, p)
	})
}

// inWorkspace calls fn with a temporary directory.
func (r *Request) inWorkspace(fn func(dir string) error) (err error) {
	dir, err := temp.Dir()
	if err != nil {
		return err
	}
	defer func() {
		if r.Keep {
			r.note(StepVerify, "the build's directory is kept: %s", dir)
		} else if rmErr := os.RemoveAll(dir); err == nil {
			err = rmErr
		}
	}()
	return withRoom(fn(dir))
}

// resolve finds core and the plugins, in the versions that will be built.
func (r *Request) resolve(ctx context.Context, dir string) (*workspace, error) {
	tool, err := r.goTool(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := r.Target.check(ctx, tool); err != nil {
		return nil, err
	}
	// What can be told without core need not wait for it.
	if _, err := r.plugins(&core{}); err != nil {
		return nil, err
	}
	want := r.Core
	if r.Lock != nil && r.Lock.CoreVersion != "" {
		want = r.Lock.CoreVersion
	}
	c, err := findCore(ctx, want, r.Dir, tool)
	if err != nil {
		return nil, err
	}
	r.tell(StepResolve, "core %s from %s", versionOr(c.Version), c.Dir)
	w := &workspace{dir: dir, core: c, tool: tool, lock: r.Lock, target: r.Target, strict: r.StrictDependencies}
	if w.plugins, err = r.plugins(c); err != nil {
		return nil, err
	}
	if w.replaces, err = r.replacements(); err != nil {
		return nil, err
	}
	if err := w.lockedGo(); err != nil {
		return nil, err
	}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	for _, p := range w.plugins {
		r.tell(StepResolve, "plugin %s %s", p.Package, versionOr(p.Version))
	}
	return w, nil
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
func (r *Request) plan(ctx context.Context, w *workspace) (*plan, error) {
	if _, err := presetPackages(w.core.Dir, r.preset()); err != nil {
		return nil, err
	}
	if len(w.plugins) > 0 {
		r.tell(StepCheck, "checking the plugins")
		if err := r.tellUnheeded(w); err != nil {
			return nil, err
		}
		var errs []error
		for _, p := range w.plugins {
			errs = append(errs, r.importable(p))
		}
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
		if err := w.check(ctx, r.Race); err != nil {
			return nil, err
		}
		r.tellLifts(w)
	}
	if err := w.checkCore(ctx); err != nil {
		return nil, err
	}
	r.tell(StepCatalogue, "listing the modules")
	standard, err := standardPackages(w.core.Dir, r.Target, r.Tags)
	if err != nil {
		return nil, err
	}
	packages := standard
	for _, p := range w.plugins {
		packages = append(packages, p.Package)
	}
	catalogue, used, err := w.catalogue(ctx, packages, r.For)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(checkKnown("--include", r.Include, catalogue), checkKnown("--without", r.Without, catalogue)); err != nil {
		return nil, err
	}
	without, err := r.leftOut(w, catalogue, used)
	if err != nil {
		return nil, err
	}
	var deps map[string][]string
	if len(without) > 0 {
		if deps, err = w.deps(ctx, packages); err != nil {
			return nil, err
		}
	}
	p := makePlan(packages, without, catalogue, deps)
	p.versions = w.versions()
	r.tell(StepPlan, "%d of %d modules", len(p.modules), len(catalogue))
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

func versionOr(v string) string {
	if v == "" {
		return "(devel)"
	}
	return v
}
