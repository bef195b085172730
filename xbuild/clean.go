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
		Use:   "clean [DIRECTORY ...]",
		Short: "Remove the temporary directories that builds have left which were killed or told to --keep theirs",
		Long: `Remove the temporary directories that builds have left which were killed or told to
--keep theirs: among the system's temporary directories, and in the directories
given, which their outputs were written to (default: the current one).`,
		Example: "  xbuild clean\n  xbuild clean ./bin",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			for _, dir := range args {
				if info, err := os.Stat(dir); err != nil || !info.IsDir() {
					return &lineError{fmt.Errorf("there is no directory %s", dir)}
				}
			}
			removed, err := builder.Clean(args...)
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
