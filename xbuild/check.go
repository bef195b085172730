package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

// count says how many there are of what is called so.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func checkCommand() *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "check",
		Short: "Do all that a build checks before it links: versions, plugins, names, the lock",
		Long: `Do all that a build checks before it links: whether the versions fit together,
each plugin compiles and is for this core, the names are there, and the lock is of
what is asked for. Nothing is written.`,
		Example: `  xbuild check
  xbuild check --with example.com/plugin@v1.2.3 --core v1.4.0
  xbuild check --locked --target linux/amd64,linux/arm64`,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := o.plan(c)
			if err != nil {
				return err
			}
			defer o.progress.clear()
			if err := o.settle(c.Context(), p); err != nil {
				return err
			}
			var checked []*builder.Checked
			for _, t := range p.targets {
				r := p.request
				r.Target = t
				one, err := r.Check(c.Context())
				if err != nil {
					return err
				}
				checked = append(checked, one)
			}
			return o.print(c, checked, func(w io.Writer) error {
				for _, r := range checked {
					if _, err := fmt.Fprintf(w, "%s: core %s, %s and %d modules fit together\n", r.Target, r.Core.Version, count(len(r.Plugins), "plugin"), len(r.Modules)); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	o.sources(c)
	o.choice(c)
	o.lock(c)
	return c
}
