package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

func cleanCommand() *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "clean",
		Short: "Remove the temporary directories that builds have left which were killed or told to --keep theirs",
		RunE: func(c *cobra.Command, _ []string) error {
			wd, err := os.Getwd()
			if err != nil {
				return err
			}
			removed, err := builder.Clean(wd)
			if err != nil {
				return err
			}
			if removed == nil {
				removed = []string{}
			}
			return o.print(c, removed, func(w io.Writer) error {
				for _, dir := range removed {
					if _, err := fmt.Fprintln(w, dir); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	o.json(c)
	return c
}
