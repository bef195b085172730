package builder

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
	"github.com/fairleadproxy/fairlead/xbuild/plugin"
)

// check refuses plugins that will not fit: by what their manifests say, before
// anything is compiled, and then by compiling each one alone, so that an error
// is its own.
func (w *workspace) check(ctx context.Context, cgo bool) error {
	platform, apis, err := w.platform(ctx, cgo)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range w.plugins {
		if p.manifest, err = readManifest(p); err == nil {
			err = fits(p.manifest, platform, apis)
		}
		if err != nil {
			errs = append(errs, w.withLastFit(ctx, p, &PluginError{Plugin: p.Package, Step: "take part", Err: err}))
		}
	}
	errs = append(errs, twice(w.plugins)...)
	if err := errors.Join(append(errs, w.judgeLifts(ctx))...); err != nil {
		return err
	}
	if err := w.compileLifts(ctx); err != nil {
		return err
	}
	for _, p := range w.plugins {
		if err := w.compile(ctx, p); err != nil {
			errs = append(errs, w.withLastFit(ctx, p, err))
		}
	}
	return errors.Join(errs...)
}

// compile compiles a plugin and what it imports.
func (w *workspace) compile(ctx context.Context, p *Plugin) error {
	_, err := w.tool.run(ctx, "build", "-trimpath", p.Package)
	if untidy := w.untidy(p); untidy != nil {
		return untidy
	}
	if err != nil {
		err = w.unlink(err)
		if strings.Contains(err.Error(), "build constraints exclude all Go files") {
			err = fmt.Errorf("%w\nbinaries are built without C; a package that needs it has no files left", err)
		}
		return &PluginError{Plugin: p.Package, Step: "compile", Err: err}
	}
	return nil
}

// untidy refuses a plugin that was compiled with Go modules which nothing in the
// build requires: the go command has taken the newest of them, whatever that is,
// and what they need themselves nobody has looked at.
func (w *workspace) untidy(p *Plugin) error {
	if w.known == nil {
		return nil
	}
	list, err := w.required()
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(line string) bool {
		path, _, _ := strings.Cut(line, " ")
		_, known := w.known[path]
		return known
	})
	if len(list) == 0 {
		return nil
	}
	return &PluginError{Plugin: p.Package, Step: "compile", Err: fmt.Errorf("it imports what its go.mod does not require, which would now be %s; run go mod tidy in its directory", strings.Join(list, ", "))}
}

// platform gives what binaries are built of and for, but for the API, and the
// versions of the API that the chosen core has.
func (w *workspace) platform(ctx context.Context, cgo bool) (plugin.Platform, []int, error) {
	v, err := w.tool.version(ctx)
	if err != nil {
		return plugin.Platform{}, nil, err
	}
	apis, err := coreAPIs(w.core.Dir)
	return plugin.Platform{Go: v, OS: w.target.OS, Cgo: cgo}, apis, err
}

// symbolOfAPI is the name of the symbols in core/module that stand for the
// versions of the API.
var symbolOfAPI = regexp.MustCompile(`^API([1-9][0-9]*)$`)

// coreAPIs gives the versions of the API that a core has, in order: those for
// which core/module has a symbol.
func coreAPIs(dir string) ([]int, error) {
	files, err := filepath.Glob(filepath.Join(dir, "core", "module", "*.go"))
	if err != nil {
		return nil, err
	}
	var out []int
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("core: %w", err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				for _, name := range spec.Names {
					if m := symbolOfAPI.FindStringSubmatch(name.Name); m != nil {
						if v, err := strconv.Atoi(m[1]); err == nil {
							out = append(out, v)
						}
					}
				}
			}
			return true
		})
	}
	slices.Sort(out)
	return out, nil
}

// readManifest reads what a plugin says of itself: the file in the package's
// directory or else in that of its Go module; nil when there is none.
func readManifest(p *Plugin) (*plugin.Manifest, error) {
	root := p.root()
	sub := strings.TrimPrefix(strings.TrimPrefix(p.Package, p.Module), "/")
	for _, dir := range []string{filepath.Join(root, filepath.FromSlash(sub)), root} {
		m, err := plugin.Read(dir)
		if !errors.Is(err, fs.ErrNotExist) {
			return m, err
		}
	}
	return nil, nil
}

// fits reports why a manifest rules a plugin out; nil when it does not, or when
// there is none.
func fits(m *plugin.Manifest, platform plugin.Platform, apis []int) error {
	if m == nil {
		return nil
	}
	var last error
	for _, api := range slices.Backward(apis) {
		platform.API = api
		err := m.Fits(platform)
		if err == nil {
			return nil
		}
		if last == nil {
			last = err
		}
	}
	return last
}

// twice names modules that two plugins say they provide.
func twice(plugins []*Plugin) []error {
	var errs []error
	by := map[string]*Plugin{}
	for _, p := range plugins {
		if p.manifest == nil {
			continue
		}
		for _, id := range p.manifest.IDs() {
			if other := by[id]; other != nil {
				errs = append(errs, &PluginError{Plugin: p.Package, Step: "take part", Err: fmt.Errorf("it provides %s, as does %s; leave one of them out", id, other.Package)})
				continue
			}
			by[id] = p
		}
	}
	return errs
}

// registered compares what plugins register with what their manifests say.
func registered(plugins []*Plugin, catalogue []Module) error {
	var errs []error
	for _, p := range plugins {
		if p.manifest == nil {
			continue
		}
		var ids []string
		for _, m := range catalogue {
			if owner(plugins, m) == p {
				ids = append(ids, m.ID())
			}
		}
		missing, extra := p.manifest.Compare(ids)
		for _, id := range missing {
			errs = append(errs, &PluginError{Plugin: p.Package, Step: "register", Err: fmt.Errorf("%s: %s is not registered by importing it; have it registered, or take it out there", id.Pos, id.Value)})
		}
		if len(extra) > 0 {
			errs = append(errs, &PluginError{Plugin: p.Package, Step: "register", Err: fmt.Errorf("it registers %s, of which its %s does not tell; add it there", strings.Join(extra, ", "), plugin.File)})
		}
	}
	return errors.Join(errs...)
}

// owner gives the plugin that a module comes from: the one whose package, or
// else whose Go module, is nearest.
func owner(plugins []*Plugin, m Module) *Plugin {
	var found *Plugin
	length := -1
	for _, p := range plugins {
		for _, path := range []string{p.Package, p.Module} {
			if within(m.Package, path) && len(path) > length {
				found, length = p, len(path)
			}
		}
	}
	return found
}

// ofCore are the packages of core that builds have, and all standard modules.
var ofCore = []string{CorePath + "/cmd/fairlead/cli", CorePath + "/modules/..."}

// compileCore compiles core and the standard modules.
func (w *workspace) compileCore(ctx context.Context) error {
	_, err := w.tool.run(ctx, append([]string{"build", "-trimpath"}, ofCore...)...)
	return w.coreError(err)
}

// checkCore refuses systems and replaced dependencies for which core does not
// compile. Linux and the versions of its own are what it is written for, so nothing
// is tried there.
func (w *workspace) checkCore(ctx context.Context) error {
	switch {
	case slices.ContainsFunc(w.replaces, func(r replacement) bool { return w.core.Requires[r.module] != "" }):
		return w.compileCore(ctx)
	case w.target.OS != "linux":
		_, err := w.tool.run(ctx, "build", "-trimpath", CorePath+"/core/...", CorePath+"/cmd/fairlead/cli")
		return w.coreError(err)
	}
	return nil
}

// coreError says why core does not compile: for what it gets in other versions
// than its own, or for the system.
func (w *workspace) coreError(err error) error {
	var failed *gocmd.Failure
	if !errors.As(err, &failed) {
		return err
	}
	if w.target.OS == "linux" || w.madeWith() != "" {
		return fmt.Errorf("core %s does not compile:\n%w", versionOr(w.core.Version), w.unlink(err))
	}
	var packages []string
	for line := range strings.Lines(failed.Text) {
		if name, ok := strings.CutPrefix(line, "# "+CorePath+"/"); ok {
			packages = append(packages, strings.TrimSpace(name))
		}
	}
	slices.Sort(packages)
	if len(packages) == 0 {
		return fmt.Errorf("core %s does not compile for %s: %w", versionOr(w.core.Version), w.target, w.unlink(err))
	}
	return usagef("core %s does not support %s: %s do not compile for it; build for linux", versionOr(w.core.Version), w.target, strings.Join(packages, ", "))
}
