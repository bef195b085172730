package builder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// lift is a Go module that core is made with, in a newer version than that.
type lift struct{ module, from, to string }

// checkLifts refuses plugins through which core gets other versions of what it
// imports than it was made and tested with: it may not compile with them, or
// behave otherwise. What --replace names is the user's choice.
func (w *workspace) checkLifts(ctx context.Context) error {
	if w.lock != nil {
		return nil // it was checked when the versions were chosen
	}
	lifts, err := w.lifts(ctx)
	if err != nil || len(lifts) == 0 {
		return err
	}
	graph, err := w.graph(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range w.plugins {
		var texts []string
		for _, l := range lifts {
			if chain := chainFrom(graph, p.Module, l.module+"@"+l.to); chain != "" {
				texts = append(texts, w.refusal(l, chain))
			}
		}
		if len(texts) > 0 {
			errs = append(errs, w.withLastFit(ctx, p, &PluginError{Plugin: p.Package, Step: "resolve", Err: errors.New(strings.Join(texts, "\n"))}))
		}
	}
	if len(errs) == 0 { // a replacement needs it
		for _, l := range lifts {
			errs = append(errs, errors.New(w.refusal(l, chainOf(graph, mainModule, l.module+"@"+l.to))))
		}
	}
	return errors.Join(errs...)
}

// refusal says why a lift is not taken, and how to have it all the same.
func (w *workspace) refusal(l lift, chain string) string {
	return fmt.Sprintf("core %s is made with %s %s, and this lifts it to %s (%s): core may not compile with that, or behave otherwise; "+
		"take a core that has it, an older version of what needs it, or, to try it, add --replace %s=%s@%s",
		versionOr(w.core.Version), l.module, l.from, l.to, chain, l.module, l.module, l.to)
}

// lifts gives the modules that core imports from in newer versions than its own
// go.mod asks for, sorted.
func (w *workspace) lifts(ctx context.Context) ([]lift, error) {
	// Only the whole list makes the go command look at what everyone needs.
	list, err := w.listModules(ctx, "all")
	if err != nil {
		return nil, w.unlink(err)
	}
	newer := map[string]lift{}
	for _, m := range list {
		if from := w.core.Requires[m.Path]; from != "" && semver.Compare(m.Version, from) > 0 && w.dirs()[m.Path] == "" && !w.replaced(m.Path) {
			newer[m.Path] = lift{m.Path, from, m.Version}
		}
	}
	if len(newer) == 0 {
		return nil, nil
	}
	// Packages that are not in the newer version any more are listed with -e, too.
	out, err := w.tool.run(ctx, "list", "-e", "-deps", "-f", "{{.ImportPath}}", CorePath+"/cmd/fairlead/cli", CorePath+"/modules/...")
	if err != nil {
		return nil, w.unlink(err)
	}
	imports := strings.Fields(string(out))
	maps.DeleteFunc(newer, func(path string, _ lift) bool {
		return !slices.ContainsFunc(imports, func(pkg string) bool { return within(pkg, path) })
	})
	return slices.SortedFunc(maps.Values(newer), func(a, b lift) int { return strings.Compare(a.module, b.module) }), nil
}

// madeWith says which modules that core imports from --replace gives it in
// another version, for errors of core that this may be the reason of.
func (w *workspace) madeWith() string {
	text := ""
	for _, r := range w.replaces {
		if from := w.core.Requires[r.module]; from != "" {
			text += fmt.Sprintf("\ncore %s is made with %s %s, and --replace gives it another", versionOr(w.core.Version), r.module, from)
		}
	}
	return text
}
