package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/xbuild/builder"
	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// File is the usual name of a manifest.
const File = "xbuild.toml"

// Manifest is a custom build. Directories and files are relative to its own.
type Manifest struct {
	// Core is a version of core, or a directory with a checkout. Default: the
	// checkout around the manifest, or that the go.mod around it replaces core with,
	// else the version that xbuild is of.
	Core tree.Text `toml:"core"`
	// Preset is the list of standard modules to begin with. Default "all".
	Preset tree.Text `toml:"preset"`
	// For are configuration files: of the standard modules only those are taken
	// that they use. Default: none.
	For tree.OneOrMany[tree.Text] `toml:"for"`
	// Plugins are added, by their import paths. Default: none.
	Plugins tree.Ordered[Plugin] `toml:"plugins"`
	// Standard chooses among the standard modules.
	Standard Standard `toml:"standard"`
	// Replace are Go modules to take from elsewhere: a directory, or MODULE@VERSION.
	// Default: none.
	Replace tree.Ordered[tree.Text] `toml:"replace"`
	// StrictDependencies refuses plugins that lift a dependency of core, also where
	// core compiles with the newer version. Default false.
	StrictDependencies bool `toml:"strict-dependencies"`
	// Targets are the platforms to build for, as OS/ARCH. Default: this one.
	Targets tree.OneOrMany[tree.Text] `toml:"targets"`
	// Output is the file to write; with several targets, their names come behind
	// it. Default "fairlead".
	Output string `toml:"output"`
	// Tags are Go's build tags. Default: none.
	Tags []string `toml:"tags"`
	// LDFlags are more flags for Go's linker. Default: none.
	LDFlags string `toml:"ldflags"`
	// PGO is a processor profile to optimise for. Default: none.
	PGO string `toml:"pgo"`
	// Embed is a configuration file for the binary to carry, which is used when it
	// is started without one. Default: none.
	Embed string `toml:"embed"`
	// Race builds with the race detector. Default false.
	Race bool `toml:"race"`
	// Debug keeps the symbols that debuggers read. Default false.
	Debug bool `toml:"debug"`

	dir  string
	text []byte
}

// Plugin says where a plugin comes from; a string is a version or a directory.
type Plugin struct {
	// Version is the one to take. Default: the latest.
	Version tree.Text `toml:"version,short"`
	// Path is a directory with the plugin. Default: it is downloaded.
	Path tree.Text `toml:"path"`
	// Replace is a Go module to take in its place, as MODULE@VERSION. Default: none.
	Replace tree.Text `toml:"replace"`
}

// Standard chooses among the standard modules.
type Standard struct {
	// Include are modules to take beside those of the preset, as kind.name. Default: none.
	Include tree.OneOrMany[tree.Text] `toml:"include"`
	// Exclude are modules to leave out, as kind.name. Default: none.
	Exclude tree.OneOrMany[tree.Text] `toml:"exclude"`
}

// Read reads a manifest. The error is fs.ErrNotExist when there is none, and a
// *tree.Errors when it is wrong.
func Read(file string) (*Manifest, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	node, err := tree.Parse(file, text, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	m := &Manifest{dir: dir, text: text}
	errs := &tree.Errors{}
	errs.Add(node.Decode(m), tree.Pos{}, "")
	m.check(errs)
	return m, errs.Err()
}

// check looks at what the decoder cannot know.
func (m *Manifest) check(errs *tree.Errors) {
	if c := m.Core; !c.IsZero() && !gocmd.IsLocal(c.Value) && c.Value != "latest" && !semver.IsValid(c.Value) {
		c.Fail(errs, 0, "%q is neither a version nor a directory", c.Value).Hint = `write one such as "v1.2.3" or "../fairlead"`
	}
	for name, p := range m.Plugins.All() {
		p.check(errs, name)
	}
	for i := range m.Plugins.Entries {
		if e := &m.Plugins.Entries[i]; module.CheckImportPath(e.Key) != nil || !strings.Contains(e.Key, ".") {
			errs.At(e.Pos, e.Path, "%q is no import path", e.Key).Hint = `write one such as "example.com/plugin", and the directory or version as its value`
		}
	}
	for i := range m.Replace.Entries {
		if e := &m.Replace.Entries[i]; module.CheckPath(e.Key) != nil {
			errs.At(e.Pos, e.Path, "%q is no Go module", e.Key).Hint = `write its path, such as "example.com/library", and what to take as its value`
		}
	}
	for _, list := range [][]tree.Text{m.Standard.Include, m.Standard.Exclude} {
		for _, id := range list {
			if kind, name, ok := strings.Cut(id.Value, "."); !ok || kind == "" || name == "" {
				id.Fail(errs, 0, "%q is no module", id.Value).Hint = `write kind.name, such as "protocol.mptcp"`
			}
		}
	}
	for _, t := range m.Targets {
		if _, err := builder.ParseTarget(t.Value); err != nil {
			t.Fail(errs, 0, "%v", err)
		}
	}
	if len(m.For) > 0 && !m.Preset.IsZero() {
		m.Preset.Fail(errs, 0, "both preset and for say which standard modules to take").Hint = "keep one of them; standard.include adds to either"
	}
}

// check refuses what says two things at once, and settles what a string means.
func (p *Plugin) check(errs *tree.Errors, name string) {
	if gocmd.IsLocal(p.Version.Value) {
		if !p.Path.IsZero() {
			p.Version.Fail(errs, 0, "a version is no directory").Hint = `write it as path alone`
			return
		}
		p.Path, p.Version = p.Version, tree.Text{}
	}
	switch {
	case !p.Path.IsZero() && !p.Replace.IsZero():
		p.Replace.Fail(errs, 0, "%s comes from a directory and cannot be replaced too", name).Hint = "keep path or replace"
	case !p.Replace.IsZero() && (gocmd.IsLocal(p.Replace.Value) || !strings.Contains(p.Replace.Value, "@")):
		p.Replace.Fail(errs, 0, "%q is no version of a module", p.Replace.Value).Hint = `write one such as "example.com/fork@v1.2.3"; a directory is written as path`
	case !semver.IsValid(p.Version.Value) && semver.IsValid("v"+p.Version.Value):
		p.Version.Fail(errs, 0, "%q is no version", p.Version.Value).Hint = fmt.Sprintf("write %q", "v"+p.Version.Value)
	case !p.Version.IsZero() && (!p.Path.IsZero() || !p.Replace.IsZero()) && !semver.IsValid(p.Version.Value):
		p.Version.Fail(errs, 0, "%q is no version", p.Version.Value).Hint = `write one such as "v1.2.3": nothing is asked of a proxy here`
	}
}

// Request gives the build, for one of its targets or for none in particular.
func (m *Manifest) Request() builder.Request {
	r := builder.Request{
		Dir: m.dir, Core: m.Core.Value, Preset: m.Preset.Value, Include: values(m.Standard.Include), Without: values(m.Standard.Exclude),
		For: values(m.For), Output: m.Output, Tags: m.Tags, LDFlags: m.LDFlags, PGO: m.PGO, Embed: m.Embed, Race: m.Race, Debug: m.Debug,
		StrictDependencies: m.StrictDependencies,
	}
	for name, p := range m.Plugins.All() {
		spec := name
		if !p.Version.IsZero() {
			spec += "@" + p.Version.Value
		}
		if from := p.Path.Value + p.Replace.Value; from != "" {
			spec += "=" + from
		}
		r.With = append(r.With, spec)
	}
	for path, with := range m.Replace.All() {
		r.Replace = append(r.Replace, path+"="+with.Value)
	}
	return r
}

// TargetList gives the platforms to build for; none means this one.
func (m *Manifest) TargetList() []string { return values(m.Targets) }

func values(list []tree.Text) []string {
	var out []string
	for _, t := range list {
		out = append(out, t.Value)
	}
	return out
}
