package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

func listCommand() *cobra.Command {
	var r builder.Request
	var versions, packages, asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the modules that a build can have, as kind.name: the standard ones and those of --with",
		RunE: func(c *cobra.Command, _ []string) error {
			r.Progress = c.ErrOrStderr()
			list, err := r.Catalogue(c.Context())
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(list)
			}
			return listModules(c.OutOrStdout(), list, versions, packages)
		},
	}
	sourceFlags(c, &r)
	c.Flags().BoolVar(&versions, "versions", false, "with the version of the Go module that each comes from")
	c.Flags().BoolVar(&packages, "packages", false, "with the package that each comes from")
	c.Flags().BoolVar(&asJSON, "json", false, "everything that is known, as JSON")
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
