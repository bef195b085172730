// Package scaffold makes the directory of a new plugin: a small working module
// of its kind with a test that calls the conformance kit, and all that belongs
// to a plugin, to be changed into what its author wants.
//
//	p := scaffold.Plugin{Kind: "balancer", Name: "acme.sticky", Module: "example.com/acme/sticky", Core: "../fairlead"}
//	err := p.Write("sticky")
//
// The templates are in templates: those in common are for all kinds.
package scaffold

import (
	"embed"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	modpath "golang.org/x/mod/module"

	"github.com/fairleadproxy/fairlead/core/module"
)

//go:embed templates
var templates embed.FS

// does says what the example of a kind does, in a relative clause.
var does = map[string]string{
	"action":    "adds a tag to a field of the message",
	"balancer":  "picks the server with the fewest streams for its weight, but one before all others",
	"certs":     "makes certificates that it signs itself, for development",
	"check":     "sends a line, and looks how the answer begins",
	"converter": "cuts strings that are too long",
	"dns":       "asks an operator, by the log, to change the zone by hand",
	"fetch":     "gives a label of the request's host",
	"logformat": "writes pairs of a key and a value",
	"logger":    "appends lines to a file for each day",
	"matcher":   "matches patterns in which one * stands for anything",
	"protocol":  "is TCP whose connections are counted",
	"service":   "tells clients that the site is closed",
	"storage":   "keeps values in files of one directory",
}

// Kinds gives the kinds of which plugins can be made, sorted.
func Kinds() []string {
	var out []string
	for k := range does {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Plugin is what to make.
type Plugin struct {
	// Kind is one of Kinds.
	Kind string
	// Name is the module's name with its vendor, such as "acme.sticky".
	Name string
	// Module is the path of the plugin's Go module.
	Module string
	// Core is the directory of a checkout of core, as go.mod is to name it; ""
	// for a released core of version CoreVersion.
	Core, CoreVersion string
	// Now dates the changelog.
	Now time.Time
}

var validName = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)+$`)

// Check refuses what cannot be made.
func (p *Plugin) Check() error {
	if _, ok := does[p.Kind]; !ok {
		hint := "the kinds are " + strings.Join(Kinds(), ", ")
		if near := module.Suggest(p.Kind, Kinds()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return fmt.Errorf("there is no kind %q; %s", p.Kind, hint)
	}
	if !validName.MatchString(p.Name) && !strings.HasPrefix(p.Module, module.Core+"/") {
		return fmt.Errorf("--name %q: a plugin's name has its vendor before it, such as acme.sticky, in lower-case letters, digits, '_' and '-'", p.Name)
	}
	if err := modpath.CheckPath(p.Module); err != nil {
		return fmt.Errorf("--module %q: %w", p.Module, err)
	}
	return nil
}

// File is a file of the plugin.
type File struct {
	Name string
	Text []byte
}

// Files gives the files of the plugin.
func (p Plugin) Files() ([]File, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	pkg := Package(p.Name)
	data := map[string]any{
		"Kind": p.Kind, "Name": p.Name, "Module": p.Module, "Does": does[p.Kind], "Package": pkg,
		"Identifier": strings.NewReplacer(".", "_", "-", "_").Replace(p.Name),
		"CorePath":   module.Core, "CoreVersion": p.CoreVersion, "Replace": p.Core, "API": module.API,
		"Go": "1.26.0", "GoMinor": "1.26", "Date": p.Now.Format(time.DateOnly), "Year": p.Now.Year(),
	}
	if p.Core != "" {
		data["CoreVersion"] = "v0.0.0"
	}
	var out []File
	for _, dir := range []string{"common", p.Kind} {
		list, err := fs.Glob(templates, path.Join("templates", dir, "*"))
		if err != nil {
			return nil, err
		}
		for _, name := range list {
			text, err := render(name, data)
			if err != nil {
				return nil, err
			}
			base := strings.Replace(strings.TrimSuffix(path.Base(name), ".tmpl"), "plugin", pkg, 1)
			if path.Base(name) == "fairlead-plugin.toml" {
				base = path.Base(name)
			}
			out = append(out, File{base, text})
		}
	}
	return out, nil
}

func render(name string, data any) ([]byte, error) {
	t, err := template.New(path.Base(name)).Delims("<<", ">>").ParseFS(templates, name)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".go.tmpl") {
		return format.Source([]byte(b.String()))
	}
	return []byte(b.String()), nil
}

// Package gives the name of the Go package for a module's name.
func Package(name string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	pkg := regexp.MustCompile(`[^a-z0-9]`).ReplaceAllString(last, "")
	if pkg == "" || pkg[0] <= '9' || token.IsKeyword(pkg) || pkg == "main" {
		pkg = "my" + pkg
	}
	return pkg
}

// Write makes the plugin in a directory, which is made too, and must be empty.
func (p Plugin) Write(dir string) error {
	files, err := p.Files()
	if err != nil {
		return err
	}
	list, err := os.ReadDir(dir)
	switch {
	case err == nil && len(list) > 0:
		return fmt.Errorf("%s is not empty: name a directory that is not there yet", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
