package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func lockCommand() *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "lock",
		Short: "Choose the versions of core, plugins and all that they need, and write xbuild.lock",
		Long: `Choose the versions of core, plugins and all that they need, check that they fit
together, and write them to xbuild.lock beside the manifest. Builds then take
these versions, and with --locked no others.`,
		Example: "  xbuild lock\n  xbuild lock --manifest edge.toml",
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := o.plan(c)
			if err != nil {
				return err
			}
			defer o.progress.clear()
			p.request.Target, p.request.Others = p.targets[0], p.targets[1:]
			lock, err := p.request.Resolve(c.Context())
			if err != nil {
				return err
			}
			changed, err := lock.Write(p.lockFile)
			if err != nil {
				return err
			}
			result := struct {
				File    string `json:"file"`
				Changed bool   `json:"changed"`
				Modules int    `json:"modules"`
			}{p.lockFile, changed, len(lock.Require)}
			return o.print(c, result, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, p.lockFile)
				return err
			})
		},
	}
	o.sources(c)
	o.choice(c)
	return c
}
