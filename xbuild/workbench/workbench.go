// Package workbench runs the go command on a plugin where it lies, with a core of
// choice and with files added that are not there: a probe that tells what the
// plugin registers, its page of reference, the conformance kit.
//
//	b, err := workbench.Open("./plugins/ewma", "")
//	defer b.Close()
//	report, err := b.Probe(ctx)
//
// Nothing is written to the plugin's directory: what is added is laid over it
// (go help build, -overlay), and go.mod stands in for by a copy (-modfile). A
// Bench belongs to one goroutine. Binaries are package builder's business.
package workbench

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/mod/modfile"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
	"github.com/fairleadproxy/fairlead/xbuild/internal/temp"
)

// Bench is a plugin with the core to work on it with.
type Bench struct {
	// Dir is the plugin's directory, Root that of its Go module; absolute.
	Dir, Root string
	// Package is the plugin's import path, Module its Go module's.
	Package, Module string
	// Mod is the module's go.mod as it is.
	Mod *modfile.File
	// Core is the directory that core is taken from, "" when it is a download.
	Core string

	temp string
}

// Open prepares to work on the plugin in a directory. core is a directory or a
// version of core; "" means the checkout around the plugin or around the current
// directory, else what the plugin's go.mod says.
func Open(dir, core string) (*Bench, error) {
	if err := gocmd.Need(); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("there is no directory %s", dir)
	}
	root := gocmd.FindModule(dir)
	if root == "" {
		return nil, fmt.Errorf("there is no go.mod in %s or above: a plugin is a Go module; xbuild new makes one", dir)
	}
	mod, err := ReadMod(root)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil {
		return nil, err
	}
	b := &Bench{Dir: dir, Root: root, Module: mod.Module.Mod.Path, Mod: mod}
	b.Package = path.Join(b.Module, filepath.ToSlash(rel))
	if b.Module == module.Core {
		return nil, fmt.Errorf("%s belongs to %s itself, whose modules are tested with it", dir, module.Core)
	}
	if b.temp, err = temp.Dir(); err != nil {
		return nil, err
	}
	if err := b.chooseCore(core); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close removes what Open made.
func (b *Bench) Close() error { return os.RemoveAll(b.temp) }

// chooseCore writes the go.mod that stands in for the plugin's.
func (b *Bench) chooseCore(want string) error {
	mod, err := ReadMod(b.Root)
	if err != nil {
		return err
	}
	switch {
	case gocmd.IsLocal(want):
		if b.Core, err = filepath.Abs(want); err != nil {
			return err
		}
		if m, err := ReadMod(b.Core); err != nil || m.Module.Mod.Path != module.Core {
			return fmt.Errorf("--core %s: it is no checkout of %s", want, module.Core)
		}
	case want != "":
		err = mod.AddRequire(module.Core, want)
		if err == nil {
			err = mod.DropReplace(module.Core, "")
		}
	default:
		if b.Core = Checkout(b.Root); b.Core == "" {
			b.Core = Checkout(".")
		}
	}
	if err == nil && b.Core != "" {
		err = mod.AddReplace(module.Core, "", b.Core, "")
	}
	if err != nil {
		return err
	}
	text, err := mod.Format()
	if err != nil {
		return err
	}
	if err := b.write("go.mod", text); err != nil {
		return err
	}
	return b.write("go.sum", b.sums())
}

// sums joins the checksums of the plugin and of core.
func (b *Bench) sums() []byte {
	var out []byte
	for _, dir := range []string{b.Root, b.Core} {
		if dir == "" {
			continue
		}
		// One that is missing is made by the go command.
		if text, err := os.ReadFile(filepath.Join(dir, "go.sum")); err == nil {
			out = append(out, text...)
		}
	}
	return out
}

func (b *Bench) write(name string, text []byte) error {
	return os.WriteFile(filepath.Join(b.temp, name), text, 0o644)
}

// Checkout gives the directory of the checkout of core that dir lies in, "" when
// it lies in none.
func Checkout(dir string) string {
	at, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	for at = gocmd.FindModule(at); at != ""; at = gocmd.FindModule(filepath.Dir(at)) {
		if m, err := ReadMod(at); err == nil && m.Module.Mod.Path == module.Core {
			return at
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
	return ""
}

// ReadMod reads the go.mod in a directory.
func ReadMod(dir string) (*modfile.File, error) {
	name := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	m, err := modfile.Parse(name, text, nil)
	if err != nil {
		return nil, err
	}
	if m.Module == nil {
		return nil, fmt.Errorf("%s has no module line", name)
	}
	return m, nil
}
