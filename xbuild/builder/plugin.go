package builder

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
	"github.com/fairleadproxy/fairlead/xbuild/plugin"
)

// Plugin is a package to build in, and where it comes from.
type Plugin struct {
	// Package is the import path.
	Package string
	// Module is the Go module that the package belongs to; "" until a download
	// has told.
	Module string
	// Version is what the binary says of the module; "" when nothing is known.
	Version string
	// Dir is the module's directory when it is one of the user's, else "".
	Dir string
	// Replacement is what to take in the module's place, as path@version, else "".
	Replacement string
	// query is the version to ask the module proxy for.
	query string
	src   *source
	// at is where a module that was downloaded lies.
	at       string
	manifest *plugin.Manifest
}

// root gives the directory of the plugin's Go module.
func (p *Plugin) root() string { return cmp.Or(p.Dir, p.at) }

// parsePlugin reads PATH[@VERSION][=DIR]. dir is what relative directories are
// relative to; plugins that lie in a local core's directory are taken from there.
func parsePlugin(spec, dir string, c *core) (*Plugin, error) {
	want, replacement, replaced := strings.Cut(spec, "=")
	if replaced && replacement == "" || want == "" {
		return nil, usagef("plugin %q: write PATH, PATH@VERSION or PATH=DIRECTORY", spec)
	}
	if gocmd.IsLocal(want) {
		if replaced {
			return nil, usagef("plugin %q: %s is a directory already; write its module path before the =", spec, want)
		}
		return directoryPlugin(absolute(dir, want), c)
	}
	name, version, versioned := strings.Cut(want, "@")
	if err := module.CheckImportPath(name); err != nil || !strings.Contains(strings.Split(name, "/")[0], ".") {
		hint := ""
		if info, err := os.Stat(absolute(dir, want)); err == nil && info.IsDir() {
			hint = "; the directory is written ./" + filepath.ToSlash(want)
		}
		return nil, usagef("plugin %q: %q is not a module path such as example.com/plugin%s", spec, name, hint)
	}
	if versioned && version == "" {
		return nil, usagef("plugin %q: the version after @ is missing", spec)
	}
	switch {
	case replaced:
		p, err := replacedPlugin(spec, name, version, replacement, dir)
		if err != nil {
			return nil, err
		}
		return p, p.checkCore(c)
	case !versioned && c.local && strings.HasPrefix(name, CorePath+"/"):
		return directoryPlugin(filepath.Join(c.Dir, filepath.FromSlash(strings.TrimPrefix(name, CorePath+"/"))), c)
	}
	if !versioned {
		version = "latest"
	}
	return &Plugin{Package: name, query: version}, nil
}

// directoryPlugin is the package in a directory.
func directoryPlugin(dir string, c *core) (*Plugin, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, usagef("plugin %s: there is no such directory", dir)
	}
	root := gocmd.FindModule(dir)
	if root == "" {
		return nil, usagef("plugin %s: neither it nor a directory above has a go.mod; a plugin is a Go module: go mod init example.com/plugin", dir)
	}
	s, err := readSource(root)
	if err != nil {
		return nil, &PluginError{Plugin: dir, Step: "resolve", Err: err}
	}
	if s.Path == CorePath {
		return nil, usagef("plugin %s: it belongs to %s itself; standard modules are in unless --without takes them out", dir, CorePath)
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil {
		return nil, &PluginError{Plugin: dir, Step: "resolve", Err: err}
	}
	p := &Plugin{Package: path.Join(s.Path, filepath.ToSlash(rel)), Module: s.Path, Version: s.Version, Dir: root, src: s}
	return p, p.checkCore(c)
}

// replacedPlugin is a package whose module is taken from elsewhere.
func replacedPlugin(spec, name, version, replacement, dir string) (*Plugin, error) {
	if version != "" && !semver.IsValid(version) {
		return nil, usagef("plugin %q: %q is not a version such as v1.2.3; with = nothing is asked of a proxy that could tell which one it is", spec, version)
	}
	if other, at, ok := strings.Cut(replacement, "@"); ok && !gocmd.IsLocal(replacement) {
		if module.CheckPath(other) != nil || !semver.IsValid(at) {
			return nil, usagef("plugin %q: write a directory or MODULE@VERSION after the =", spec)
		}
		s := &source{Path: name, Version: version}
		if version == "" {
			version = at
		}
		return &Plugin{Package: name, Module: name, Version: version, Replacement: replacement, src: s}, nil
	}
	root := absolute(dir, replacement)
	s, err := readSource(root)
	if err != nil {
		return nil, usagef("plugin %q: %v", spec, err)
	}
	if name != s.Path && !strings.HasPrefix(name, s.Path+"/") {
		// A fork under a name of its own stands in for the original.
		s.Path = name
	}
	if version != "" {
		s.Version = version
	}
	return &Plugin{Package: name, Module: s.Path, Version: s.Version, Dir: root, src: s}, nil
}

// checkCore refuses a plugin that needs a newer core than there is.
func (p *Plugin) checkCore(c *core) error {
	if p.src == nil || c.Version == "" {
		return nil
	}
	if needs := p.src.Requires[CorePath]; !module.IsPseudoVersion(needs) && semver.Compare(needs, c.Version) > 0 {
		return p.needsCore(needs, c, "")
	}
	return nil
}

func (p *Plugin) needsCore(version string, c *core, chain string) error {
	if chain != "" {
		chain = " (" + chain + ")"
	}
	return &PluginError{Plugin: p.Package, Step: "resolve", Err: fmt.Errorf("it needs %s %s%s, and this is %s; take a newer core or an older version of the plugin",
		CorePath, version, chain, c.Version)}
}
