package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/module"
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
	out := make([]module.Info, len(list))
	for i, m := range list {
		out[i] = module.Info{Kind: m.Kind, Name: m.Name, Package: m.Package, Version: m.Version}
	}
	return module.WriteList(w, out, versions, packages)
}
