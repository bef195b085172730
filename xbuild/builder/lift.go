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

// Lift is a Go module that core or a standard module imports from, in a newer
// version than core is made and tested with.
type Lift struct {
	Module string `json:"module"`
	// From is the version that core is made with, To the one that is taken.
	From string `json:"from"`
	To   string `json:"to"`
	// Plugin is the plugin that needs it; "" when none is known to, as with a replacement.
	Plugin string `json:"plugin,omitempty"`
	// Chain tells who needs it: "a v1 needs b v2, which needs c v3".
	Chain string `json:"chain,omitempty"`
}

// by names who lifts.
func (l Lift) by() string {
	if l.Plugin == "" {
		return "a dependency"
	}
	return "plugin " + l.Plugin
}

// because gives the chain as it stands behind a version.
func (l Lift) because() string {
	if l.Chain == "" {
		return ""
	}
	return " (" + l.Chain + ")"
}

// MayBreak says why a newer version of a Go module may do other things than an
// older one even if all compiles; "" when its number promises that it does not.
// The Go project's own modules stay at v0 and keep what they do all the same; of
// them every second plugin needs one that is a few weeks newer.
func MayBreak(path, from, to string) string {
	switch {
	case strings.HasPrefix(path, "golang.org/x/") && path != "golang.org/x/exp":
		return ""
	case semver.Major(from) != semver.Major(to):
		return "another major version may behave otherwise"
	case semver.Major(from) == "v0" && (semver.MajorMinor(from) != semver.MajorMinor(to) || semver.MajorMinor(from) == "v0.0"):
		return "before v1.0.0 it may behave otherwise"
	}
	return ""
}

// judgeLifts finds out which dependencies of core the plugins lift, and refuses
// those that must not be lifted. What --replace names is the user's choice.
func (w *workspace) judgeLifts(ctx context.Context) (err error) {
	if w.lifted, err = w.lifts(ctx); err != nil {
		return err
	}
	refused := map[string][]string{} // by plugin
	for _, l := range w.lifted {
		if reason := w.refusal(l); reason != "" {
			refused[l.Plugin] = append(refused[l.Plugin], reason)
		}
	}
	var errs []error
	for _, p := range w.plugins {
		if texts := refused[p.Package]; texts != nil {
			errs = append(errs, w.withLastFit(ctx, p, &PluginError{Plugin: p.Package, Step: "resolve", Err: errors.New(strings.Join(texts, "\n"))}))
		}
	}
	for _, text := range refused[""] {
		errs = append(errs, errors.New(text))
	}
	return errors.Join(errs...)
}

// refusal says why a lift is not taken, and how to have it all the same; "" when
// it is taken.
func (w *workspace) refusal(l Lift) string {
	reason := MayBreak(l.Module, l.From, l.To)
	switch {
	case w.strict:
		reason = "strict-dependencies refuses that"
	case reason == "" || w.lock != nil: // or it was judged when the lock was made
		return ""
	}
	return fmt.Sprintf("core %s is made with %s %s, and this lifts it to %s%s: %s; "+
		"take a core that has it, an older version of what needs it, or, to try it, add --replace %s=%s@%s",
		versionOr(w.core.Version), l.Module, l.From, l.To, l.because(), reason, l.Module, l.Module, l.To)
}

// compileLifts refuses plugins with whose lifts core or a standard module does not
// compile. Those of a lock have been compiled when it was made.
func (w *workspace) compileLifts(ctx context.Context) error {
	if len(w.lifted) == 0 || w.lock != nil {
		return nil
	}
	err := w.compileCore(ctx)
	if err == nil || w.trial {
		return err
	}
	// It is tried without any plugin, and then with each one alone.
	if err := w.scratch(ctx, (*workspace).compileCore); err != nil {
		return err
	}
	var errs []error
	for _, p := range w.plugins {
		lifts := w.liftsOf(p)
		if len(lifts) == 0 {
			continue
		}
		alone := *p
		if err := w.scratch(ctx, (*workspace).compileCore, &alone); err != nil {
			errs = append(errs, w.withLastFit(ctx, p, &PluginError{Plugin: p.Package, Step: "resolve", Err: liftError(lifts, err)}))
		}
	}
	if len(errs) == 0 { // it takes several of them
		return err
	}
	return errors.Join(errs...)
}

// liftError is the error of a plugin with whose lifts core does not compile.
func liftError(lifts []Lift, err error) error {
	var all []string
	for _, l := range lifts {
		all = append(all, fmt.Sprintf("%s from %s to %s%s", l.Module, l.From, l.To, l.because()))
	}
	return fmt.Errorf("it lifts %s, with which %w", strings.Join(all, " and "), err)
}

// liftsOf gives the lifts of a plugin.
func (w *workspace) liftsOf(p *Plugin) []Lift {
	return slices.DeleteFunc(slices.Clone(w.lifted), func(l Lift) bool { return l.Plugin != p.Package })
}

// tellLifts tells of the lifts that the build takes.
func (r *Request) tellLifts(w *workspace) {
	for _, l := range w.lifted {
		r.event(Event{Step: StepCheck, Target: r.Target.String(), Note: true, Lift: &l, Text: fmt.Sprintf(
			"warning: %s lifts %s from %s, which core %s is made with, to %s%s: core compiles with that, but is not tested with it",
			l.by(), l.Module, l.From, versionOr(w.core.Version), l.To, l.because())})
	}
}

// lifts gives the lifts of all plugins, by module.
func (w *workspace) lifts(ctx context.Context) ([]Lift, error) {
	newer, err := w.newer(ctx)
	if err != nil || len(newer) == 0 {
		return nil, err
	}
	graph, err := w.graph(ctx)
	if err != nil {
		return nil, err
	}
	var out []Lift
	for _, l := range newer {
		n := len(out)
		for _, p := range w.plugins {
			if chain := chainFrom(graph, p.Module, l.Module+"@"+l.To); chain != "" {
				out = append(out, Lift{l.Module, l.From, l.To, p.Package, chain})
			}
		}
		if len(out) == n {
			l.Chain = chainOf(graph, mainModule, l.Module+"@"+l.To)
			out = append(out, l)
		}
	}
	return out, nil
}

// newer gives the modules that core imports from in newer versions than its own
// go.mod asks for, sorted, without who needs them.
func (w *workspace) newer(ctx context.Context) ([]Lift, error) {
	versions, err := w.selected(ctx)
	if err != nil {
		return nil, err
	}
	newer := map[string]Lift{}
	for path, v := range versions {
		if from := w.core.Requires[path]; from != "" && semver.Compare(v, from) > 0 && w.dirs()[path] == "" && !w.replaced(path) {
			newer[path] = Lift{Module: path, From: from, To: v}
		}
	}
	if len(newer) == 0 {
		return nil, nil
	}
	// Packages that are not in the newer version any more are listed with -e, too.
	out, err := w.tool.run(ctx, append([]string{"list", "-e", "-deps", "-f", "{{.ImportPath}}"}, ofCore...)...)
	if err != nil {
		return nil, w.unlink(err)
	}
	imports := strings.Fields(string(out))
	maps.DeleteFunc(newer, func(path string, _ Lift) bool {
		return !slices.ContainsFunc(imports, func(pkg string) bool { return within(pkg, path) })
	})
	return slices.SortedFunc(maps.Values(newer), func(a, b Lift) int { return strings.Compare(a.Module, b.Module) }), nil
}

// selected gives the versions of all Go modules, by path.
func (w *workspace) selected(ctx context.Context) (map[string]string, error) {
	versions := map[string]string{}
	if w.lock != nil {
		for _, line := range w.lock.Require {
			path, v, _ := strings.Cut(line, " ")
			versions[path] = v
		}
		return versions, nil
	}
	// Only the whole list makes the go command look at what everyone needs.
	list, err := w.listModules(ctx, "all")
	if err != nil {
		return nil, w.unlink(err)
	}
	for _, m := range list {
		versions[m.Path] = m.Version
	}
	w.known = versions
	return versions, nil
}

// madeWith says which modules that core imports from it gets in other versions
// than its own, for errors of core that this may be the reason of.
func (w *workspace) madeWith() string {
	text := ""
	for _, r := range w.replaces {
		if from := w.core.Requires[r.module]; from != "" {
			text += fmt.Sprintf("\ncore %s is made with %s %s, and --replace gives it another", versionOr(w.core.Version), r.module, from)
		}
	}
	for _, l := range w.lifted {
		text += fmt.Sprintf("\ncore %s is made with %s %s, and %s lifts it to %s", versionOr(w.core.Version), l.Module, l.From, l.by(), l.To)
	}
	return text
}
