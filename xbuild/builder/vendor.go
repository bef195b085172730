package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// vendorMark is a file that tells a directory which WriteVendor wrote.
const vendorMark = "xbuild.vendor"

const vendorText = `The Go modules of a build, laid out as a module proxy serves them. Written by
xbuild vendor; build from it with: xbuild build --vendor DIRECTORY
`

// Vendored is a directory with the Go modules of a build.
type Vendored struct {
	Dir string `json:"dir"`
	// Modules are those whose code is there, as path@version.
	Modules []string `json:"modules"`
}

// WriteVendor copies the Go modules that the request's build needs from Go's
// cache into a directory, but for those that come from directories anyway.
// Builds whose Vendor is that directory need neither the cache nor a network.
func (r Request) WriteVendor(ctx context.Context, dir string) (*Vendored, error) {
	var v *Vendored
	err := r.planned(ctx, func(w *workspace, p *plan) error {
		dir = absolute(r.Dir, dir)
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			if _, err := os.Stat(filepath.Join(dir, vendorMark)); err != nil {
				return usagef("%s is not empty and was not written by xbuild vendor; name another directory", dir)
			}
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
		if _, err := r.writeMain(ctx, w, p); err != nil {
			return err
		}
		var err error
		v, err = w.vendor(ctx, dir)
		return err
	})
	return v, err
}

func (w *workspace) vendor(ctx context.Context, dir string) (*Vendored, error) {
	out, err := w.tool.run(ctx, "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	c := copier{from: filepath.Join(strings.TrimSpace(string(out)), "cache", "download"), to: dir, versions: map[string][]string{}}
	// The probe imports all that there is to choose from.
	if out, err = w.tool.run(ctx, "list", "-deps", "-f", "{{with .Module}}{{with .Replace}}{{.Path}} {{.Version}}{{else}}{{.Path}} {{.Version}}{{end}}{{end}}", ".", "./probe"); err != nil {
		return nil, w.unlink(err)
	}
	v := &Vendored{Dir: dir}
	for line := range strings.Lines(string(out)) {
		path, version, ok := strings.Cut(strings.TrimSpace(line), " ")
		if id := path + "@" + version; ok && version != "" && w.dirs()[path] == "" && !slices.Contains(v.Modules, id) {
			v.Modules = append(v.Modules, id)
			if err := c.copy(path, version, ".zip", ".ziphash", ".mod", ".info"); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(v.Modules)
	// Go reads the go.mod of more modules than it compiles.
	sum, err := os.ReadFile(filepath.Join(w.dir, "go.sum"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(sum)) {
		words := strings.Fields(line)
		if len(words) != 3 {
			continue
		}
		// What go.sum has for tests alone need not be there.
		if err := c.copy(words[0], strings.TrimSuffix(words[1], "/go.mod"), ".mod", ".info"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if err := c.lists(); err != nil {
		return nil, err
	}
	return v, os.WriteFile(filepath.Join(dir, vendorMark), []byte(vendorText), 0o644)
}

// copier copies modules from one directory, laid out as a proxy, to another.
type copier struct {
	from, to string
	versions map[string][]string // by escaped path
}

func (c *copier) copy(path, version string, suffixes ...string) error {
	escaped, err := module.EscapePath(path)
	if err != nil {
		return err
	}
	file, err := module.EscapeVersion(version)
	if err != nil {
		return err
	}
	at := filepath.Join(filepath.FromSlash(escaped), "@v")
	for _, suffix := range suffixes {
		text, err := os.ReadFile(filepath.Join(c.from, at, file+suffix))
		switch {
		case errors.Is(err, fs.ErrNotExist) && suffix != ".zip" && suffix != ".mod":
			continue
		case err != nil:
			return fmt.Errorf("%s@%s is not in Go's module cache: %w", path, version, err)
		}
		if err := os.MkdirAll(filepath.Join(c.to, at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.to, at, file+suffix), text, 0o644); err != nil {
			return err
		}
	}
	if !slices.Contains(c.versions[escaped], version) && !module.IsPseudoVersion(version) {
		c.versions[escaped] = append(c.versions[escaped], version)
	}
	return nil
}

// lists writes which versions of each module there are.
func (c *copier) lists() error {
	for path, list := range c.versions {
		semver.Sort(list)
		file := filepath.Join(c.to, filepath.FromSlash(path), "@v", "list")
		if err := os.WriteFile(file, []byte(strings.Join(list, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}
