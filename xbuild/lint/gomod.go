package lint

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	modpath "golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/xbuild/builder"
	"github.com/fairleadproxy/fairlead/xbuild/workbench"
)

// unreleased is the version of core that stands in the go.mod of plugins that
// are written before core has releases.
const unreleased = "v0.0.0"

// goMod looks at go.mod, as others will see it.
func (c *checked) goMod() {
	file := filepath.Join(c.Root, "go.mod")
	if err := modpath.CheckPath(c.Module); err != nil {
		c.at("go.mod", Error, file, c.Mod.Module.Syntax.Start.Line, "write one that begins with a domain, such as example.com/plugin", "%v", err)
	}
	version := ""
	for _, r := range c.Mod.Require {
		if r.Mod.Path == module.Core {
			version = r.Mod.Version
		}
	}
	if version == "" {
		c.at("go.mod", Error, file, 0, "run go get "+module.Core, "%s is not required", module.Core)
	}
	checkout := workbench.Checkout(c.Root)
	for _, r := range c.Mod.Replace {
		switch {
		case r.Old.Path == module.Core && version == unreleased:
		case checkout != "" && inside(filepath.Join(c.Root, r.New.Path), checkout) && r.New.Version == "":
		case r.Old.Path == module.Core:
			c.at("go.mod", Warning, file, r.Syntax.Start.Line, "take it out before a release", "replace is for this machine alone: who builds the plugin in gets %s %s", module.Core, version)
		default:
			c.at("go.mod", Error, file, r.Syntax.Start.Line, "require a version that can be had, or a fork under a path of its own",
				"replace %s is ignored in the builds of others", r.Old.Path)
		}
	}
}

// lifts looks for dependencies of core in newer versions, of which builds tell
// their users, or which they refuse.
func (c *checked) lifts(ctx context.Context) {
	dir, err := c.CoreDir(ctx)
	if err != nil {
		return // the probe tells that there is no core
	}
	core, err := workbench.ReadMod(dir)
	if err != nil {
		return // the same
	}
	own := map[string]string{}
	for _, r := range core.Require {
		own[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range c.Mod.Require {
		if v := own[r.Mod.Path]; v != "" && semver.Compare(r.Mod.Version, v) > 0 {
			severity, text := Warning, "builds warn their users that core is not tested with it"
			if reason := builder.MayBreak(r.Mod.Path, v, r.Mod.Version); reason != "" {
				severity, text = Error, "builds refuse it, as "+reason
			}
			c.at("go.mod", severity, filepath.Join(c.Root, "go.mod"), r.Syntax.Start.Line, "require "+v+", if the plugin works with that",
				"%s %s is newer than core's, %s: %s", r.Mod.Path, r.Mod.Version, v, text)
		}
	}
}

// inside reports whether a path is a directory or lies in it.
func inside(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+string(filepath.Separator))
}

// version looks at the changelog's newest release, and at the repository's tags.
func (c *checked) version(ctx context.Context) {
	v, err := builder.OwnVersion(c.Root)
	switch _, major, _ := modpath.SplitPathVersion(c.Module); {
	case err != nil:
		c.at("version", Error, "CHANGELOG.md", 0, "", "%v", err)
	case v == "":
		c.at("version", Warning, "CHANGELOG.md", 0, `write a heading such as "## [0.1.0] - 2026-05-01"`, "it names no release, by which builds could call the plugin")
	case modpath.CheckPathMajor(v, major) != nil:
		c.at("version", Error, filepath.Join(c.Root, "go.mod"), c.Mod.Module.Syntax.Start.Line,
			"end the module's path in /"+semver.Major(v), "%s is version %s, but its path is that of another major version", c.Module, v)
	}
	c.tags(ctx)
}

// tags looks at the form of the tags of the plugin's repository. A module in a
// subdirectory has tags with the directory before them.
func (c *checked) tags(ctx context.Context) {
	git := func(args ...string) string {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = c.Root
		out, err := cmd.Output()
		if err != nil {
			return "" // no git, or no repository
		}
		return strings.TrimSpace(string(out))
	}
	prefix := git("rev-parse", "--show-prefix")
	for tag := range strings.FieldsSeq(git("tag", "--list", prefix+"*")) {
		v := strings.TrimPrefix(tag, prefix)
		if !semver.IsValid(v) && semver.IsValid("v"+v) || semver.IsValid(v) && semver.Canonical(v) != v {
			c.at("version", Error, "", 0, "tag it as "+prefix+semver.Canonical("v"+strings.TrimPrefix(v, "v")), "Go does not know the tag %s for a version", tag)
		}
	}
}

// files looks whether a plugin has what belongs to one.
func (c *checked) files() {
	for _, f := range []struct{ name, hint string }{
		{"README.md", "say what the plugin does, how it is built in and configured"},
		{"CHANGELOG.md", "list what changed, by version, in the form of Keep a Changelog"},
	} {
		if _, err := os.Stat(filepath.Join(c.Dir, f.name)); err != nil {
			c.at("files", Error, f.name, 0, f.hint, "the file is not there")
		}
	}
	if text, err := os.ReadFile(filepath.Join(c.Dir, "README.md")); err == nil && !strings.Contains(string(text), "--with") {
		c.at("files", Warning, "README.md", 0, "show xbuild build --with "+c.Package, "it does not say how the plugin is built in")
	}
	for _, dir := range []string{c.Dir, c.Root, workbench.Checkout(c.Root)} {
		for _, pattern := range []string{"LICENSE*", "LICENCE*", "COPYING*"} {
			if names, err := filepath.Glob(filepath.Join(dir, pattern)); err == nil && len(names) > 0 && dir != "" {
				return
			}
		}
	}
	c.at("files", Error, "LICENSE", 0, "add one: without, nobody may use the plugin", "there is no licence")
}
