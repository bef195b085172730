// Package plugin reads fairlead-plugin.toml, in which a plugin says what it
// provides and what it needs, so that a build can refuse what will not fit before
// anything is compiled.
//
//	api = 1                             # of core, or a list: [1, 2]
//	go = "1.26"                         # the oldest Go that compiles it
//	os = ["linux"]                      # where it runs; absent: everywhere
//	cgo = false                         # whether it needs C
//	modules = ["balancer.acme.sticky"]  # what importing it registers, as kind.name
//
//	m, err := plugin.Read("plugins/ewma") // fs.ErrNotExist where there is none
//	err = m.Fits(plugin.Platform{API: module.API, Go: "1.26.0", OS: "linux"})
//
// A Manifest does not change once it is read. The package does not look at the
// plugin's code: xbuild lint compares the two.
package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// File is the name of the manifest in a plugin's directory.
const File = "fairlead-plugin.toml"

// Manifest is what a plugin says of itself.
type Manifest struct {
	// API are the versions of core's API that it is written for. Required.
	API tree.OneOrMany[int] `toml:"api,required"`
	// Go is the oldest version of Go that compiles it. Default: what its go.mod says.
	Go tree.Text `toml:"go"`
	// OS are the systems that it runs on, as GOOS. Default: all.
	OS tree.OneOrMany[string] `toml:"os"`
	// Cgo says that it needs C, and so a build that is not static. Default false.
	Cgo bool `toml:"cgo"`
	// Modules are those that importing it registers, as kind.name. Required.
	Modules tree.OneOrMany[tree.Text] `toml:"modules,required"`
	// Pos is where the manifest begins.
	Pos tree.Pos `toml:"-"`
}

// Read reads the manifest of the plugin in a directory. The error is
// fs.ErrNotExist when it has none, and a *tree.Errors when it is wrong.
func Read(dir string) (*Manifest, error) {
	file := filepath.Join(dir, File)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, text)
}

// Parse reads a manifest. name is what errors call the file.
func Parse(name string, text []byte) (*Manifest, error) {
	node, err := tree.Parse(name, text, func(string) (string, bool) { return "", false })
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := node.Decode(&m); err != nil {
		return nil, err
	}
	errs := &tree.Errors{}
	m.check(node, errs)
	return &m, errs.Err()
}

// check looks at what the decoder cannot know.
func (m *Manifest) check(node *tree.Node, errs *tree.Errors) {
	for _, v := range m.API {
		if v < 1 {
			errs.On(node.Get("api"), "%d is no version of the API", v).Hint = "write 1, or a list such as [1, 2]"
		}
	}
	if !m.Go.IsZero() && !goVersion(m.Go.Value) {
		m.Go.Fail(errs, 0, "%q is no version of Go", m.Go.Value).Hint = `write one such as "1.26"`
	}
	seen := map[string]bool{}
	for _, id := range m.Modules {
		switch kind, name, ok := strings.Cut(id.Value, "."); {
		case !ok || kind == "" || name == "":
			id.Fail(errs, 0, "%q is no module", id.Value).Hint = `write kind.name, such as "balancer.acme.sticky"`
		case seen[id.Value]:
			id.Fail(errs, 0, "%s is there twice", id.Value)
		}
		seen[id.Value] = true
	}
	if len(m.Modules) == 0 {
		errs.On(node.Get("modules"), "a plugin has one module at least").Hint = `write kind.name, such as "balancer.acme.sticky"`
	}
}

// IDs gives the modules, as kind.name, sorted.
func (m *Manifest) IDs() []string {
	out := make([]string, len(m.Modules))
	for i, id := range m.Modules {
		out[i] = id.Value
	}
	slices.Sort(out)
	return out
}

// Compare tells which modules the manifest has that were not registered, and
// the other way round.
func (m *Manifest) Compare(registered []string) (missing []tree.Text, extra []string) {
	for _, id := range m.Modules {
		if !slices.Contains(registered, id.Value) {
			missing = append(missing, id)
		}
	}
	for _, id := range registered {
		if !slices.Contains(m.IDs(), id) {
			extra = append(extra, id)
		}
	}
	slices.Sort(extra)
	return missing, extra
}

// Platform is what a binary is built of and for.
type Platform struct {
	API int    // of core
	Go  string // version, such as "1.26.8"; "" is not compared
	OS  string // GOOS; "" is not compared
	Cgo bool   // whether the build has C
}

// Fits gives an error that says why the plugin cannot be part of a binary.
func (m *Manifest) Fits(p Platform) error {
	switch {
	case !slices.Contains(m.API, p.API):
		return fmt.Errorf("it is written for API %s of core, and this core has %d; take %s", numbers(m.API), p.API, m.which(p.API))
	case p.Go != "" && !m.Go.IsZero() && older(p.Go, m.Go.Value):
		return fmt.Errorf("it needs Go %s, and this is %s; install a newer Go", m.Go.Value, p.Go)
	case p.OS != "" && len(m.OS) > 0 && !slices.Contains(m.OS, p.OS):
		return fmt.Errorf("it runs on %s, not on %s; leave it out there", strings.Join(m.OS, ", "), p.OS)
	case m.Cgo && !p.Cgo:
		return fmt.Errorf("it needs C, and binaries are built without; ask its author for a version in Go alone")
	}
	return nil
}

// which side is too old for the other.
func (m *Manifest) which(api int) string {
	if slices.Max(m.API) < api {
		return "a newer version of the plugin, or an older core"
	}
	return "a newer core, or an older version of the plugin"
}

func numbers(list []int) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = fmt.Sprint(n)
	}
	return strings.Join(out, " or ")
}
