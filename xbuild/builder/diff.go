package builder

import (
	"cmp"
	"debug/buildinfo"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
)

// Change is one difference between two builds.
type Change struct {
	// What is it: go, target, core, plugin, module, dependency, or setting.
	What string `json:"what"`
	Name string `json:"name,omitempty"`
	// Old and New are versions or values; "" where there is none.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// String gives the change in a line.
func (c Change) String() string {
	name := c.What
	if c.Name != "" {
		name += " " + c.Name
	}
	switch {
	case c.Old == "":
		return "+ " + strings.TrimRight(name+" "+c.New, " ")
	case c.New == "":
		return "- " + strings.TrimRight(name+" "+c.Old, " ")
	}
	return fmt.Sprintf("~ %s %s -> %s", name, c.Old, c.New)
}

// Diff tells how build b differs from build a.
func Diff(a, b *Recipe) []Change {
	var out []Change
	one := func(what, name, old, now string) {
		if old != now {
			out = append(out, Change{what, name, old, now})
		}
	}
	one("go", "", a.Go, b.Go)
	one("target", "", a.Target, b.Target)
	// Sums are of the files compiled, so they tell something only where these are
	// of the same packages.
	same := slices.Equal(a.Imports, b.Imports) && a.Target == b.Target && slices.Equal(a.Tags, b.Tags)
	describe := func(s Source) string { return s.describe(same) }
	one("core", "", describe(a.Core), describe(b.Core))
	for _, part := range []struct {
		what string
		of   func(*Recipe) map[string]string
	}{{"plugin", func(r *Recipe) map[string]string { return r.plugins(describe) }}, {"module", (*Recipe).modules}, {"dependency", (*Recipe).dependencies}, {"setting", func(r *Recipe) map[string]string { return r.settings(describe) }}} {
		old, now := part.of(a), part.of(b)
		names := slices.Collect(maps.Keys(old))
		for name := range now {
			if _, both := old[name]; !both {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			one(part.what, name, old[name], now[name])
		}
	}
	return out
}

// describe gives the version and, if asked for, the beginning of a directory's sum.
func (s Source) describe(sum bool) string {
	text := s.Version
	if s.Replacement != "" {
		text += "=" + s.Replacement
	}
	if sum && len(s.Sum) > 15 {
		text += " (sources " + s.Sum[3:15] + ")"
	}
	return text
}

func (r *Recipe) plugins(describe func(Source) string) map[string]string {
	out := map[string]string{}
	for _, s := range r.Plugins {
		out[s.Package] = describe(s)
	}
	return out
}

// modules are told with where they come from, not with versions, which would
// repeat those of core and plugins.
func (r *Recipe) modules() map[string]string {
	out := map[string]string{}
	for _, m := range r.Modules {
		out[m.ID()] = m.Package
	}
	return out
}

func (r *Recipe) dependencies() map[string]string {
	out := map[string]string{}
	for _, d := range r.Dependencies {
		out[d.Path] = d.Version
	}
	return out
}

func (r *Recipe) settings(describe func(Source) string) map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{
		"tags": strings.Join(r.Tags, ","), "ldflags": r.LDFlags, "pgo": r.PGO, "embed": r.Embed,
		"race": trueOnly(r.Race), "debug": trueOnly(r.Debug),
	} {
		if value != "" {
			out[name] = value
		}
	}
	for _, s := range r.Replaced {
		out["replace "+s.Module] = cmp.Or(describe(s), "a directory")
	}
	return out
}

func trueOnly(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// Inspect gives the recipe of a binary or, of one that the go command alone has
// built, what Go itself wrote into it: no modules then.
func Inspect(file string) (*Recipe, error) {
	r, err := ReadRecipe(file)
	var none *NoRecipeError
	if err == nil || !errors.As(err, &none) {
		return r, err
	}
	info, goErr := buildinfo.ReadFile(file)
	if goErr != nil {
		return nil, fmt.Errorf("%s is no binary of Fairlead: %w", file, goErr)
	}
	return fromBuildInfo(info)
}

func fromBuildInfo(info *debug.BuildInfo) (*Recipe, error) {
	r := &Recipe{Go: info.GoVersion}
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	r.Target = Target{set["GOOS"], set["GOARCH"], ""}.String()
	r.Race = set["-race"] == "true"
	if tags := set["-tags"]; tags != "" {
		r.Tags = strings.Split(tags, ",")
	}
	found := info.Main.Path == CorePath
	if found {
		r.Core = Source{Module: CorePath, Version: versionOr(info.Main.Version)}
	}
	for _, d := range info.Deps {
		if d.Path == CorePath {
			found = true
			r.Core = Source{Module: CorePath, Version: versionOr(d.Version)}
			continue
		}
		if d.Replace != nil {
			d = d.Replace
		}
		r.Dependencies = append(r.Dependencies, Dependency{d.Path, d.Version, d.Sum})
	}
	if !found {
		return nil, fmt.Errorf("it is a binary of %s, not of Fairlead", info.Path)
	}
	slices.SortFunc(r.Dependencies, func(a, b Dependency) int { return strings.Compare(a.Path, b.Path) })
	return r, nil
}
