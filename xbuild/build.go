package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

func buildCommand() *cobra.Command {
	var r builder.Request
	var dryRun bool
	c := &cobra.Command{
		Use:   "build",
		Short: "Build a binary, and verify that it has the modules that were asked for",
		Example: `  xbuild build --with ./plugins/ewma -o fairlead
  xbuild build --with example.com/plugin@v1.2.3 --without protocol.mptcp
  xbuild build --with example.com/plugin=../plugin`,
		RunE: func(c *cobra.Command, _ []string) error {
			r.Progress = c.ErrOrStderr()
			if dryRun {
				files, err := r.Generate(c.Context())
				if err != nil {
					return err
				}
				return printFiles(c.OutOrStdout(), files)
			}
			result, err := r.Build(c.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), result.Output)
			return err
		},
	}
	sourceFlags(c, &r)
	f := c.Flags()
	f.StringArrayVar(&r.Without, "without", nil, "leave out the module `KIND.NAME`; repeat for more")
	f.StringVarP(&r.Output, "output", "o", "fairlead", "`file` to write")
	f.StringVar(&r.GOOS, "goos", "", "operating `system` to build for (default: this one)")
	f.StringVar(&r.GOARCH, "goarch", "", "`architecture` to build for (default: this one)")
	f.BoolVar(&r.Race, "race", false, "build with the race detector; the binary is then not static")
	f.BoolVar(&r.Keep, "keep", false, "keep the temporary directory of the build, and print its name")
	f.BoolVar(&dryRun, "dry-run", false, "print the generated files and build nothing")
	return c
}

// sourceFlags are the flags that say what there is to build from.
func sourceFlags(c *cobra.Command, r *builder.Request) {
	c.Flags().StringArrayVar(&r.With, "with", nil, "add the plugin `PATH[@VERSION][=DIR]`, PATH being a module path or a directory such as ./plugins/ewma; repeat for more")
	c.Flags().StringVar(&r.Core, "core", "", "take core from this `directory or version` (default: the checkout around the current directory, else xbuild's own version)")
}

func printFiles(w io.Writer, files []builder.File) error {
	for i, f := range files {
		space := "\n"
		if i == 0 {
			space = ""
		}
		if _, err := fmt.Fprintf(w, "%s-- %s --\n%s", space, f.Name, f.Text); err != nil {
			return err
		}
	}
	return nil
}
