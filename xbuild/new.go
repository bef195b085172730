package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/semver"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
	"github.com/fairleadproxy/fairlead/xbuild/scaffold"
	"github.com/fairleadproxy/fairlead/xbuild/workbench"
)

func newCommand() *cobra.Command {
	var p scaffold.Plugin
	var core string
	o := &options{}
	c := &cobra.Command{
		Use:   "new KIND PATH",
		Short: "Make the directory of a new plugin: a working module, its test, its documents",
		Long: `New makes a directory with a small working module of a kind, to be changed into
what you want: go.mod, the module and its test, which calls the conformance kit,
README.md, CHANGELOG.md, LICENSE, fairlead-plugin.toml and an example lb.toml.

Kinds: ` + strings.Join(scaffold.Kinds(), ", ") + ".",
		Example: `  xbuild new balancer ./sticky --name acme.sticky --module example.com/acme/sticky
  xbuild new fetch ./tenant`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &lineError{errors.New("new needs a kind and a path, as in: xbuild new balancer ./sticky")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			p.Kind, p.Now = args[0], time.Now()
			if err := makePlugin(c.Context(), &p, args[1], core, c.ErrOrStderr()); err != nil {
				return err
			}
			made := struct {
				Dir    string `json:"dir"`
				Kind   string `json:"kind"`
				Name   string `json:"name"`
				Module string `json:"module"`
			}{args[1], p.Kind, p.Name, p.Module}
			return o.print(c, made, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s is there: the %s %s.\n\n    cd %s\n    xbuild test\n    xbuild run -- run --config lb.toml\n", made.Dir, made.Kind, made.Name, made.Dir)
				return err
			})
		},
	}
	o.json(c)
	c.Flags().StringVar(&p.Name, "name", "", "`name` of the module, with its vendor (default: from --module)")
	c.Flags().StringVar(&p.Module, "module", "", "`path` of the Go module (default: example.com/NAME, NAME being the last part of PATH)")
	c.Flags().StringVar(&core, "core", "", "write the plugin for core of this `directory or version` (default: the checkout around the current directory, else xbuild's own version)")
	return c
}

// makePlugin writes the directory of a plugin, and fills in its names.
func makePlugin(ctx context.Context, p *scaffold.Plugin, dir, core string, errs io.Writer) error {
	base := filepath.Base(filepath.Clean(dir))
	if abs, err := filepath.Abs(dir); err == nil {
		base = filepath.Base(abs)
	}
	if p.Module == "" {
		p.Module = "example.com/" + strings.ToLower(base)
	}
	if p.Name == "" {
		p.Name = nameFor(p.Module)
	}
	if err := p.Check(); err != nil {
		return &lineError{err}
	}
	if err := chooseCore(p, dir, core); err != nil {
		return err
	}
	if err := p.Write(dir); err != nil {
		return &lineError{err}
	}
	if err := tidy(ctx, dir); err != nil {
		fmt.Fprintf(errs, "xbuild: go mod tidy did not work, run it in %s when the modules can be had:\n%v\n", dir, err)
	}
	return nil
}

// nameFor gives the name of a module for the path of its Go module: the last two
// parts, or the domain's and the last.
func nameFor(path string) string {
	parts := strings.Split(path, "/")
	last := strings.ToLower(parts[len(parts)-1])
	if strings.HasPrefix(path, module.Core+"/") {
		return last
	}
	vendor, _, _ := strings.Cut(parts[max(0, len(parts)-2)], ".")
	return strings.ToLower(vendor) + "." + last
}

// chooseCore says where the plugin finds core.
func chooseCore(p *scaffold.Plugin, dir, want string) error {
	checkout := want
	switch {
	case gocmd.IsLocal(want):
	case want != "":
		p.CoreVersion = want
		return nil
	default:
		if checkout = workbench.Checkout("."); checkout == "" {
			p.CoreVersion = module.Version(module.Core)
			if !semver.IsValid(p.CoreVersion) {
				return &lineError{errors.New("this xbuild is of no released version: say by --core where core is, as a directory or a version")}
			}
			return nil
		}
	}
	checkout, err := filepath.Abs(checkout)
	if err != nil {
		return err
	}
	p.Core = checkout
	at, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(at, checkout); err == nil && strings.HasPrefix(at, checkout+string(filepath.Separator)) {
		p.Core = filepath.ToSlash(rel)
	}
	return nil
}

// tidy completes go.mod and go.sum.
func tidy(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "mod", "tidy")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
