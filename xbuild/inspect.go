package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

func verifyCommand() *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "verify BINARY",
		Short: "Build a binary again from the recipe that it carries, and compare byte by byte",
		Long: `Build a binary again from the recipe that it carries, and compare byte by byte.

The recipe has the versions and sums of all that came from module proxies. What
came from directories is looked for in the checkout around the current
directory, or where --core and --with say, and must be as it was.`,
		Example: "  xbuild verify ./fairlead --with ./plugins/ewma",
		Args:    exactly(1, "the binary"),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := o.plan(c)
			if err != nil {
				return err
			}
			defer o.progress.clear()
			v, err := p.request.Verify(c.Context(), args[0])
			if err != nil {
				return err
			}
			return o.print(c, v, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s is what its recipe gives, sha256 %s\n", v.File, v.SHA256)
				return err
			})
		},
	}
	o.sources(c)
	c.Flags().StringVar(&o.request.Embed, "embed", "", "the `file` that --embed put into the binary")
	c.Flags().StringVar(&o.request.PGO, "pgo", "", "the profile (`file`) that the binary was built with")
	return c
}

// errTold ends a command that has printed what it found, such as differences.
var errTold = errors.New("what was found has been printed")

func diffCommand() *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "diff BINARY [BINARY]",
		Short: "Tell how two binaries differ, or a binary and the build that the manifest and flags describe",
		Long: `Tell how two binaries differ in what they are made of, or how the build that the
manifest and the flags describe would differ from a binary. The exit status is 1
if they differ.`,
		Example: `  xbuild diff ./fairlead
  xbuild diff ./fairlead ./fairlead.new`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return &lineError{errors.New("name one binary, or two")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			a, err := builder.Inspect(args[0])
			if err != nil {
				return err
			}
			b, err := o.recipe(c, args[1:])
			if err != nil {
				return err
			}
			changes := builder.Diff(a, b)
			if changes == nil {
				changes = []builder.Change{}
			}
			if err := o.print(c, changes, func(w io.Writer) error {
				for _, change := range changes {
					if _, err := fmt.Fprintln(w, change); err != nil {
						return err
					}
				}
				return nil
			}); err != nil || len(changes) == 0 {
				return err
			}
			return errTold
		},
	}
	o.sources(c)
	o.choice(c)
	o.settings(c)
	o.lock(c)
	return c
}

// recipe gives that of a binary, or of what the manifest and the flags describe.
func (o *options) recipe(c *cobra.Command, binary []string) (*builder.Recipe, error) {
	if len(binary) > 0 {
		return builder.Inspect(binary[0])
	}
	p, err := o.plan(c)
	if err != nil {
		return nil, err
	}
	defer o.progress.clear()
	if err := o.settle(c.Context(), p); err != nil {
		return nil, err
	}
	p.request.Target = p.targets[0]
	return p.request.Recipe(c.Context())
}

func sbomCommand() *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:     "sbom [BINARY]",
		Short:   "Print the bill of materials of a binary, or of what the manifest and flags describe, as CycloneDX JSON",
		Example: "  xbuild sbom ./fairlead > fairlead.cdx.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &lineError{errors.New("name one binary, or none")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			recipe, err := o.recipe(c, args)
			if err != nil {
				return err
			}
			sum := ""
			if len(args) > 0 {
				if sum, err = builder.Sum(args[0]); err != nil {
					return err
				}
			}
			text, err := recipe.SBOM(sum)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	o.sources(c)
	o.choice(c)
	o.lock(c)
	return c
}

func vendorCommand() *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "vendor DIRECTORY",
		Short: "Copy the Go modules that a build needs into a directory, to build from with --vendor",
		Long: `Copy the Go modules that a build needs into a directory, laid out as a module
proxy serves them. A build with --vendor DIRECTORY then needs no network, and
nothing in Go's module cache.`,
		Example: "  xbuild vendor ./modules\n  xbuild build --vendor ./modules",
		Args:    exactly(1, "the directory"),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := o.plan(c)
			if err != nil {
				return err
			}
			defer o.progress.clear()
			if err := o.settle(c.Context(), p); err != nil {
				return err
			}
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			v, err := p.request.WriteVendor(c.Context(), dir)
			if err != nil {
				return err
			}
			return o.print(c, v, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s: %d modules\n", v.Dir, len(v.Modules))
				return err
			})
		},
	}
	o.sources(c)
	o.choice(c)
	o.lock(c)
	return c
}

// exactly asks for n arguments; what says what they are.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return &lineError{fmt.Errorf("%d arguments; name %s: %s", len(args), what, c.UseLine())}
	}
}
