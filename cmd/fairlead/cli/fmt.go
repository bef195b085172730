package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

func fmtCommand() *cobra.Command {
	var write, list bool
	c := &cobra.Command{
		Use:   "fmt [FILE...]",
		Short: "Print configuration files in their usual layout",
		Long: `Print configuration files in their usual layout: comments, the order of keys and
what they say stay. Without a file, or with "-", standard input is read.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"-"}
			}
			for _, name := range args {
				if err := formatFile(c, name, write, list); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVarP(&write, "write", "w", false, "write the result to the file instead of printing it")
	c.Flags().BoolVarP(&list, "list", "l", false, "only name the files whose layout differs; exit status 1 if any does")
	return c
}

func formatFile(c *cobra.Command, name string, write, list bool) error {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(c.InOrStdin())
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return usage(err)
	}
	out, err := tree.Format(name, text)
	if err != nil {
		return usage(err)
	}
	switch {
	case list && !bytes.Equal(text, out):
		return fmt.Errorf("%s: its layout differs", name)
	case list:
		return nil
	case write && name != "-":
		if bytes.Equal(text, out) {
			return nil
		}
		return os.WriteFile(name, out, 0o644)
	}
	_, err = c.OutOrStdout().Write(out)
	return err
}
