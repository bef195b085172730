package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// choose settles the versions of the plugins that come from a proxy: each by
// itself, so that an error is its own, and then of all together. base is the
// go.mod without them.
func (w *workspace) choose(ctx context.Context, base string) error {
	var errs []error
	for _, p := range w.plugins {
		if p.query == "" {
			continue
		}
		if err := w.write("go.mod", base); err != nil {
			return err
		}
		if err := w.get(ctx, p); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if err := w.write("go.mod", base); err != nil {
		return err
	}
	args := []string{"mod", "edit"}
	for _, p := range w.plugins {
		if p.query != "" {
			args = append(args, "-require="+p.Module+"@"+p.Version)
		}
	}
	if len(args) > 2 {
		if _, err := w.tool.run(ctx, args...); err != nil {
			return err
		}
	}
	if err := w.download(ctx); err != nil {
		return err
	}
	return w.checkSelected(ctx)
}

// get finds out which Go module, and which version of it, a plugin is of.
func (w *workspace) get(ctx context.Context, p *Plugin) error {
	if _, err := w.tool.run(ctx, "get", p.Package+"@"+p.query); err != nil {
		return &PluginError{Plugin: p.Package, Step: "resolve", Err: w.askedFor(err, p)}
	}
	out, err := w.tool.run(ctx, "list", "-find", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", p.Package)
	if err != nil {
		return &PluginError{Plugin: p.Package, Step: "resolve", Err: err}
	}
	p.Module, p.Version, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	// A plugin that needs a newer core than was chosen must not change it unasked.
	if out, err = w.tool.run(ctx, "list", "-m", "-f", "{{.Version}}", CorePath); err != nil {
		return &PluginError{Plugin: p.Package, Step: "resolve", Err: err}
	}
	if got := strings.TrimSpace(string(out)); w.core.Version != "" && semver.Compare(got, w.core.Version) > 0 {
		chain := w.chain(ctx, CorePath+"@"+got)
		return w.withLastFit(ctx, p, p.needsCore(got, w.core, chain))
	}
	return nil
}

// askedFor says how to ask for less where nothing may be asked of a proxy.
func (w *workspace) askedFor(err error, p *Plugin) error {
	if slices.Contains(w.tool.env, "GOPROXY=off") && strings.Contains(err.Error(), "GOPROXY=off") {
		return fmt.Errorf("nothing is downloaded with --offline, and version %s of it is not in Go's module cache; name a version that is, or build once without", p.query)
	}
	return err
}

// moduleInfo is what the go command says of a Go module.
type moduleInfo struct {
	Path, Version, Dir, GoMod string
	Replace                   *moduleInfo
}

// download gets the modules of the plugins and notes where they lie.
func (w *workspace) download(ctx context.Context) error {
	var paths []string
	for _, p := range w.plugins {
		if p.Dir == "" {
			paths = append(paths, p.Module)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	if _, err := w.tool.run(ctx, append([]string{"mod", "download"}, paths...)...); err != nil {
		return fmt.Errorf("downloading the plugins: %w", err)
	}
	list, err := w.listModules(ctx, paths...)
	if err != nil {
		return err
	}
	for _, p := range w.plugins {
		for _, m := range list {
			if m.Path == p.Module && p.Dir == "" {
				p.at = m.Dir
				if m.Replace != nil {
					p.at = m.Replace.Dir
				}
			}
		}
	}
	return nil
}

func (w *workspace) listModules(ctx context.Context, args ...string) ([]moduleInfo, error) {
	out, err := w.tool.run(ctx, append([]string{"list", "-m", "-json"}, args...)...)
	if err != nil {
		return nil, err
	}
	var list []moduleInfo
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var m moduleInfo
		switch err := d.Decode(&m); {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, err
		}
		list = append(list, m)
	}
}

// checkSelected refuses a selection in which another module lifts a plugin to a
// version that was not asked for.
func (w *workspace) checkSelected(ctx context.Context) error {
	if !slices.ContainsFunc(w.plugins, func(p *Plugin) bool { return p.query != "" }) {
		return nil
	}
	// Only the whole list makes the go command look at what everyone needs.
	list, err := w.listModules(ctx, "all")
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range w.plugins {
		if p.query == "" {
			continue
		}
		i := slices.IndexFunc(list, func(m moduleInfo) bool { return m.Path == p.Module })
		if i < 0 {
			return fmt.Errorf("the go command has lost the module %s", p.Module)
		}
		got := list[i].Version
		switch {
		case got == p.Version:
		case semver.Canonical(p.query) == p.query:
			errs = append(errs, &PluginError{Plugin: p.Package, Step: "resolve", Err: fmt.Errorf("%s was asked for, but %s is needed: %s; ask for %s@%s, or for an older version of what needs it",
				p.query, got, w.chain(ctx, p.Module+"@"+got), p.Package, got)})
		default:
			p.Version = got // newer than what the query gave, and no version was named
		}
	}
	return errors.Join(errs...)
}

// chain tells who needs a module version: "a v1 needs b v2, which needs c v3".
func (w *workspace) chain(ctx context.Context, target string) string {
	graph, err := w.graph(ctx)
	if err != nil {
		return ""
	}
	return chainOf(graph, mainModule, target)
}

// graph gives what each module version requires, as path@version: what the go
// command tells, and what stands in the go.mod of modules whose requirements it
// need not look at. With a lock, for which not all these are there, it is what the
// plugins require.
func (w *workspace) graph(ctx context.Context) (map[string][]string, error) {
	if w.lock != nil {
		return w.lockedGraph()
	}
	out, err := w.tool.run(ctx, "mod", "graph")
	if err != nil {
		return nil, w.unlink(err)
	}
	graph := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		graph[from] = append(graph[from], to)
	}
	list, err := w.listModules(ctx, "all")
	if err != nil {
		return nil, w.unlink(err)
	}
	for _, m := range list {
		text, err := os.ReadFile(m.GoMod)
		if err != nil || m.Version == "" {
			continue // not downloaded, or the main module
		}
		mod, err := modfile.ParseLax(m.GoMod, text, nil)
		if err != nil {
			return nil, err
		}
		for _, r := range mod.Require {
			graph[m.Path+"@"+m.Version] = append(graph[m.Path+"@"+m.Version], r.Mod.String())
		}
	}
	return graph, nil
}

// lockedGraph gives what the main module and the plugins require.
func (w *workspace) lockedGraph() (map[string][]string, error) {
	graph := map[string][]string{}
	for _, p := range w.plugins {
		s, err := readSource(p.root())
		if errors.Is(err, fs.ErrNotExist) {
			continue // a module from before there was a go.mod
		}
		if err != nil {
			return nil, err
		}
		at := p.Module + "@" + versionOr(p.Version)
		graph[mainModule] = append(graph[mainModule], at)
		for path, v := range s.Requires {
			graph[at] = append(graph[at], path+"@"+v)
		}
	}
	return graph, nil
}

// chainFrom is chainOf from one of the modules that the main module requires, in
// words with it. Since a go.mod names what is needed indirectly, too, the module
// itself is believed to be who needs the target only if nothing else is.
func chainFrom(graph map[string][]string, path, target string) string {
	g := maps.Clone(graph)
	g[mainModule] = slices.DeleteFunc(slices.Clone(g[mainModule]), func(m string) bool { return !strings.HasPrefix(m, path+"@") })
	for _, m := range g[mainModule] {
		g[m] = slices.DeleteFunc(slices.Clone(g[m]), func(to string) bool { return to == target })
	}
	if chain := chainOf(g, mainModule, target); chain != "" {
		return chain
	}
	for _, m := range g[mainModule] {
		g[m] = graph[m]
	}
	return chainOf(g, mainModule, target)
}

// chainOf gives the shortest way in the graph from the start to the target, in
// words and without the start; what the start needs itself is not shown.
func chainOf(graph map[string][]string, start, target string) string {
	before := map[string]string{}
	queue := []string{start}
	for len(queue) > 0 && before[target] == "" {
		from := queue[0]
		queue = queue[1:]
		for _, to := range graph[from] {
			if _, seen := before[to]; !seen && (from != start || to != target) {
				before[to] = from
				queue = append(queue, to)
			}
		}
	}
	if before[target] == "" {
		return ""
	}
	var names []string
	for at := target; at != start; at = before[at] {
		names = append(names, strings.Replace(at, "@", " ", 1))
	}
	slices.Reverse(names)
	text := names[0]
	for i, n := range names[1:] {
		which := " needs "
		if i > 0 {
			which = ", which needs "
		}
		text += which + n
	}
	return text
}

// scratch makes another workspace of the same core, for these plugins alone, and
// calls fn with it.
func (w *workspace) scratch(ctx context.Context, fn func(*workspace, context.Context) error, plugins ...*Plugin) error {
	dir, err := os.MkdirTemp(w.dir, "try-")
	if err != nil {
		return err
	}
	s := &workspace{dir: dir, core: w.core, plugins: plugins, replaces: w.replaces, tool: w.tool, target: w.target, strict: w.strict, trial: true}
	s.tool.dir = dir
	if err := s.open(ctx); err != nil {
		return err
	}
	return errors.Join(fn(s, ctx), os.RemoveAll(dir))
}
