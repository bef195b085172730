package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// workspace is the temporary main module that a binary is built in.
type workspace struct {
	dir     string
	core    *core
	plugins []*Plugin
	tool    goTool
}

func (w *workspace) write(name, text string) error {
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// open writes go.mod and go.sum, links the directories that modules are taken
// from, and downloads the others.
func (w *workspace) open(ctx context.Context) error {
	mod, err := modFile(w.core, w.plugins)
	if err != nil {
		return err
	}
	dirs := map[string]string{}
	sums := []string{w.core.Dir}
	if w.core.local {
		dirs[CorePath] = w.core.Dir
	}
	for _, p := range w.plugins {
		if p.Dir != "" {
			dirs[p.Module] = p.Dir
			sums = append(sums, p.Dir)
		}
	}
	sum, err := sumFile(sums)
	if err != nil {
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
			return err
		}
	}
	return w.download(ctx)
}

// download gets the plugins that come from a proxy: each by itself, so that an
// error is its own, and then all at once, so that none changes another's version.
func (w *workspace) download(ctx context.Context) error {
	all := []string{"get"}
	for _, p := range w.plugins {
		if p.query == "" {
			continue
		}
		all = append(all, p.Package+"@"+p.query)
		if err := w.get(ctx, p); err != nil {
			return err
		}
	}
	if len(all) > 2 {
		if _, err := w.tool.run(ctx, all...); err != nil {
			return fmt.Errorf("the plugins do not fit together: %w", err)
		}
	}
	for _, p := range w.plugins {
		if p.query == "" {
			continue
		}
		if err := w.settle(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// get downloads a plugin.
func (w *workspace) get(ctx context.Context, p *Plugin) error {
	if _, err := w.tool.run(ctx, "get", p.Package+"@"+p.query); err != nil {
		return &PluginError{p.Package, "resolve", err}
	}
	// A plugin that needs a newer core than was chosen must not change it unasked.
	out, err := w.tool.run(ctx, "list", "-m", "-f", "{{.Version}}", CorePath)
	if err != nil {
		return &PluginError{p.Package, "resolve", err}
	}
	if got := strings.TrimSpace(string(out)); w.core.Version != "" && semver.Compare(got, w.core.Version) > 0 {
		return p.needsCore(got, w.core)
	}
	return nil
}

// settle notes which module and version a downloaded plugin is of.
func (w *workspace) settle(ctx context.Context, p *Plugin) error {
	out, err := w.tool.run(ctx, "list", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", p.Package)
	if err != nil {
		return &PluginError{p.Package, "resolve", err}
	}
	p.Module, p.Version, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	// What lies in a directory can need a newer one, too.
	if semver.Canonical(p.query) == p.query && p.query != p.Version {
		return &PluginError{p.Package, "resolve", fmt.Errorf("%s was asked for, but another module needs %s", p.query, p.Version)}
	}
	return nil
}

// compile compiles each plugin alone, so that an error is its own.
func (w *workspace) compile(ctx context.Context) error {
	for _, p := range w.plugins {
		if _, err := w.tool.run(ctx, "build", "-trimpath", p.Package); err != nil {
			return &PluginError{p.Package, "compile", w.unlink(err)}
		}
	}
	return nil
}

// unlink names files in an error of the go command as the user knows them.
func (w *workspace) unlink(err error) error {
	var failed *commandError
	if !errors.As(err, &failed) {
		return err
	}
	text := strings.ReplaceAll(failed.text, linkName(CorePath)+"/", w.core.Dir+"/")
	for _, p := range w.plugins {
		if p.Dir != "" {
			text = strings.ReplaceAll(text, linkName(p.Module)+"/", p.Dir+"/")
		}
	}
	return &commandError{text, failed.err}
}

// catalogue lists the modules that the packages register, by running a program
// of them on this machine.
func (w *workspace) catalogue(ctx context.Context, packages []string) ([]Module, error) {
	text, err := probeFile(packages)
	if err != nil {
		return nil, err
	}
	if err := w.write("probe/main.go", text); err != nil {
		return nil, err
	}
	host := goTool{dir: w.dir, env: []string{"CGO_ENABLED=0", "GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH}}
	probe := filepath.Join(w.dir, "probe", "probe")
	if _, err := host.run(ctx, "build", "-trimpath", "-buildvcs=false", "-o", probe, "./probe"); err != nil {
		return nil, fmt.Errorf("compiling the standard modules: %w", w.unlink(err))
	}
	out, err := output(exec.CommandContext(ctx, probe))
	if err != nil {
		if p := culprit(w.plugins, err.Error()); p != nil {
			return nil, &PluginError{p.Package, "register", err}
		}
		return nil, fmt.Errorf("listing the modules: %w", err)
	}
	var list []Module
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("listing the modules: %w", err)
	}
	for path, version := range w.versions() {
		for i := range list {
			if list[i].Module == path {
				list[i].Version = version
			}
		}
	}
	for _, p := range w.plugins {
		if !slices.ContainsFunc(list, func(m Module) bool { return within(m.Package, p.Package) || within(m.Package, p.Module) }) {
			return nil, &PluginError{p.Package, "register", fmt.Errorf("importing it registers no module; name the package that calls module.Register")}
		}
	}
	return list, nil
}

// culprit gives the plugin that a text mentions first, nil when it mentions none.
func culprit(plugins []*Plugin, text string) *Plugin {
	var found *Plugin
	first := len(text)
	for _, p := range plugins {
		name := regexp.MustCompile(`(?:^|[^\w./-])(` + regexp.QuoteMeta(p.Module) + `)(?:[^\w-]|$)`)
		if at := name.FindStringSubmatchIndex(text); at != nil && at[2] < first {
			found, first = p, at[2]
		}
	}
	return found
}

// within reports whether a package is path or below it.
func within(pkg, path string) bool { return pkg == path || strings.HasPrefix(pkg, path+"/") }

// deps gives, of each package, the ones that it imports directly or not.
func (w *workspace) deps(ctx context.Context, packages []string) (map[string][]string, error) {
	args := append([]string{"list", "-f", `{{.ImportPath}} {{join .Deps " "}}`}, packages...)
	out, err := w.tool.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	deps := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 0 {
			deps[words[0]] = words[1:]
		}
	}
	return deps, nil
}
