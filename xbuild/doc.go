package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/workbench"
)

func docCommand() *cobra.Command {
	var core, output string
	o := &options{}
	c := &cobra.Command{
		Use:     "doc [PATH]",
		Short:   "Print a plugin's page of reference, made of its modules and the comments on their settings",
		Example: "  xbuild doc ./plugins/ewma -o REFERENCE.md",
		Args:    onePath,
		RunE: func(c *cobra.Command, args []string) error {
			return withBench(c.Context(), args, core, func(ctx context.Context, b *workbench.Bench) error {
				r, err := b.Probe(ctx)
				if err != nil {
					return err
				}
				if len(r.Undocumented) > 0 {
					return errors.New(strings.Join(r.Undocumented, "\n"))
				}
				text := fmt.Sprintf("# %s\n\n%s\n", b.Package, strings.TrimSpace(r.Page))
				if output != "" {
					return os.WriteFile(output, []byte(text), 0o644)
				}
				page := struct {
					Package string             `json:"package"`
					Modules []workbench.Module `json:"modules"`
					Page    string             `json:"page"`
				}{b.Package, r.Modules, text}
				return o.print(c, page, func(w io.Writer) error {
					_, err := io.WriteString(w, text)
					return err
				})
			})
		},
	}
	o.json(c)
	c.Flags().StringVarP(&output, "output", "o", "", "write the page to this `file`")
	coreFlag(c, &core)
	return c
}
