package builder

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// found is what a probe prints.
type found struct {
	Modules []Module `json:"modules"`
	// Used are the IDs of those that the configurations use.
	Used []string `json:"used"`
	// Wrong is what is wrong with the configurations.
	Wrong string `json:"wrong"`
}

// catalogue lists the modules that the packages register, and the IDs of those
// that configurations use, by running a program of them on this machine.
func (w *workspace) catalogue(ctx context.Context, packages, configs []string) ([]Module, []string, error) {
	text, err := probeFile(packages, len(configs) > 0)
	if err != nil {
		return nil, nil, err
	}
	if err := w.write("probe/main.go", text); err != nil {
		return nil, nil, err
	}
	host := w.tool.host()
	probe := filepath.Join(w.dir, "probe", "probe.exe") // so that Windows runs it
	if _, err := host.run(ctx, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", probe, "./probe"); err != nil {
		return nil, nil, fmt.Errorf("compiling the standard modules: %w", w.unlink(err))
	}
	out, err := gocmd.Output(gocmd.Program(ctx, probe, configs...))
	if err != nil {
		if p := culprit(w.plugins, err.Error()); p != nil {
			return nil, nil, &PluginError{Plugin: p.Package, Step: "register", Err: err}
		}
		return nil, nil, fmt.Errorf("listing the modules: %w", err)
	}
	var f found
	if err := json.Unmarshal(out, &f); err != nil {
		return nil, nil, fmt.Errorf("listing the modules: %w", err)
	}
	if f.Wrong != "" {
		return nil, nil, usagef("--for: what a configuration uses can be told of valid ones only:\n%s", f.Wrong)
	}
	w.settleVersions(f.Modules)
	for _, p := range w.plugins {
		if !slices.ContainsFunc(f.Modules, func(m Module) bool { return owner(w.plugins, m) == p }) {
			return nil, nil, &PluginError{Plugin: p.Package, Step: "register", Err: fmt.Errorf("importing it registers no module; name the package that calls module.Register")}
		}
	}
	return f.Modules, f.Used, registered(w.plugins, f.Modules)
}

// settleVersions sets what is known of the versions of Go modules from directories.
func (w *workspace) settleVersions(list []Module) {
	for path, version := range w.versions() {
		for i := range list {
			if list[i].Module == path {
				list[i].Version = version
			}
		}
	}
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
