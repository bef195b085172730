package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

func listCommand() *cobra.Command {
	o := &options{}
	var versions, packages bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the modules that a build can have, as kind.name: the standard ones and those of plugins",
		Example: `  xbuild list
  xbuild list --preset tcp
  xbuild list --with ./plugins/ewma --versions --packages`,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := o.plan(c)
			if err != nil {
				return err
			}
			defer o.progress.clear()
			if err := o.settle(c.Context(), p); err != nil {
				return err
			}
			list, err := p.request.Catalogue(c.Context())
			if err != nil {
				return err
			}
			return o.print(c, list, func(w io.Writer) error { return listModules(w, list, versions, packages) })
		},
	}
	o.sources(c)
	o.choice(c)
	o.lock(c)
	c.Flags().BoolVar(&versions, "versions", false, "with the version of the Go module that each comes from")
	c.Flags().BoolVar(&packages, "packages", false, "with the package that each comes from")
	return c
}

func listModules(w io.Writer, list []builder.Module, versions, packages bool) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, m := range list {
		line := m.ID()
		if versions {
			line += "\t" + m.Version
		}
		if packages {
			line += "\t" + m.Package
		}
		if _, err := fmt.Fprintln(tw, line); err != nil {
			return err
		}
	}
	return tw.Flush()
}
