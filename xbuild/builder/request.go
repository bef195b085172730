package builder

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Request says what to build. The zero Request builds the standard binary.
type Request struct {
	// Core is a directory with a checkout of core, or a version of it. Default:
	// the checkout that Dir lies in, or that the go.mod around it replaces core with,
	// else the version that this program is of.
	Core string
	// Preset is a list of standard modules: tcp, http, tls or all. Default: all.
	Preset string
	// For are configuration files or directories: of the standard modules only
	// those are taken that they use.
	For []string
	// With are plugins: PATH[@VERSION][=DIR]. PATH is an import path, or a
	// directory that begins with a slash, ./ or ../.
	With []string
	// Include are modules to take beside those of the preset, as kind.name.
	Include []string
	// Without are modules to leave out, as kind.name.
	Without []string
	// Replace are Go modules to take from elsewhere, MODULE=DIR or
	// MODULE=OTHER@VERSION, as the replace lines of a go.mod.
	Replace []string
	// StrictDependencies refuses plugins that lift a dependency of core, also where
	// core compiles with the newer version.
	StrictDependencies bool
	// Embed is a configuration file for the binary to carry: it is used when the
	// binary is started without one.
	Embed string
	// Tags are Go's build tags.
	Tags []string
	// LDFlags are more flags for Go's linker.
	LDFlags string
	// PGO is a processor profile to optimise for.
	PGO string
	// Target is the platform to build for. Default: this one.
	Target Target
	// Others are further platforms that a lock is to be good for.
	Others []Target
	// Race builds with Go's race detector, which needs a C compiler and makes
	// the binary a dynamic one.
	Race bool
	// Debug keeps the symbols that debuggers read.
	Debug bool
	// Offline asks no proxy: what is needed must be in Go's module cache.
	Offline bool
	// Vendor is a directory that Vendor wrote; modules come from there alone.
	Vendor string
	// Lock holds the versions to take; nil means to choose them.
	Lock *Lock
	// Dir is what relative directories are relative to. Default: the current one.
	Dir string
	// Output is the file to write, to whose name .exe is added for Windows.
	// Default: fairlead, in Dir.
	Output string
	// Sizes asks for what each module and each package takes in the binary.
	Sizes bool
	// only are the standard modules to take, whatever the preset; nil for no such list.
	only []string
	// Keep leaves the temporary directory in which the build is made.
	Keep bool
	// Progress gets a line for each event; nil means none.
	Progress io.Writer
	// Events is told what the build is at; nil means nobody.
	Events func(Event)
}

// Result is a finished build.
type Result struct {
	// Output is the path of the binary.
	Output string `json:"output"`
	Target string `json:"target"`
	// Size is its number of bytes, and SHA256 their sum in hexadecimal.
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	// Modules are in the binary.
	Modules []Module `json:"modules"`
	// Verified says that the binary was run and lists these modules; it cannot
	// be run when it is for another platform.
	Verified bool `json:"verified"`
	// Lifts are dependencies of core that it got in newer versions.
	Lifts []Lift `json:"lifts,omitempty"`
	// Sizes is what each package takes, and ModuleSizes what the modules take with
	// all that they alone need; largest first, when it was asked for.
	Sizes       []Size       `json:"sizes,omitempty"`
	ModuleSizes []ModuleSize `json:"moduleSizes,omitempty"`
	// Lock holds the versions that were taken.
	Lock *Lock `json:"-"`
}

// preset gives the list of standard modules to begin with.
func (r *Request) preset() string { return cmp.Or(r.Preset, "all") }

// defaults fills in what was not asked for, and refuses what cannot be. It may be
// called again.
func (r *Request) defaults() error {
	if r.Dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			return err
		}
		r.Dir = dir
	}
	if r.Output == "" {
		r.Output = "fairlead"
	}
	if r.Target == (Target{}) {
		r.Target = Host()
	}
	if r.Target.OS == "windows" && filepath.Ext(r.Output) != ".exe" {
		r.Output += ".exe" // it runs nothing else
	}
	if r.Preset != "" && len(r.For) > 0 {
		return usagef("a preset and --for: write one of them, as both say which standard modules to take; --include adds to either")
	}
	for _, file := range []*string{&r.Output, &r.PGO, &r.Embed, &r.Vendor} {
		if *file != "" {
			*file = absolute(r.Dir, *file)
		}
	}
	r.For = slices.Clone(r.For)
	for i := range r.For {
		r.For[i] = absolute(r.Dir, r.For[i])
	}
	if err := errors.Join(checkIDs("--include", r.Include), checkIDs("--without", r.Without)); err != nil {
		return err
	}
	if i := slices.IndexFunc(r.Include, func(id string) bool { return slices.Contains(r.Without, id) }); i >= 0 {
		return usagef("%s is both included and left out", r.Include[i])
	}
	return r.files()
}

// files refuses names of files that cannot be used.
func (r *Request) files() error {
	for flag, file := range map[string]string{"--pgo": r.PGO, "--embed": r.Embed} {
		if info, err := os.Stat(file); file != "" && (err != nil || info.IsDir()) {
			return usagef("%s %s: there is no such file", flag, file)
		}
	}
	if r.Vendor != "" {
		if _, err := os.Stat(filepath.Join(r.Vendor, vendorMark)); err != nil {
			return usagef("--vendor %s: it is no directory that xbuild vendor wrote", r.Vendor)
		}
	}
	if info, err := os.Stat(r.Output); err == nil && info.IsDir() {
		return usagef("-o %s: it is a directory; name the file to write", r.Output)
	}
	return nil
}

// OutputFor gives the file for one of several targets: the name with the target
// behind it.
func OutputFor(output string, t Target) string {
	if output == "" {
		output = "fairlead"
	}
	return strings.TrimSuffix(output, ".exe") + t.suffix()
}
