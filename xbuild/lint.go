package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/lint"
	"github.com/fairleadproxy/fairlead/xbuild/workbench"
)

func lintCommand() *cobra.Command {
	var core string
	var strict, asJSON bool
	c := &cobra.Command{
		Use:   "lint [PATH]",
		Short: "Look at a plugin for what its users and reviewers would stumble over",
		Long: `Lint looks at the plugin in PATH, or in the current directory: whether
fairlead-plugin.toml says what it registers, names have a vendor, settings are
described, importing it only registers, its tests call the conformance kit, go.mod
is fit for the builds of others, what belongs to a plugin is there, and go vet.

Exit statuses: 0 nothing found, 1 findings (errors; with --strict warnings too), or
the plugin could not be looked at, 2 the command line is wrong.`,
		Example: "  xbuild lint ./plugins/ewma --strict",
		Args:    onePath,
		RunE: func(c *cobra.Command, args []string) error {
			return withBench(c.Context(), args, core, func(ctx context.Context, b *workbench.Bench) error {
				findings, err := lint.Run(ctx, b)
				switch {
				case err != nil:
					return err
				case asJSON:
					err = writeJSON(c.OutOrStdout(), append([]lint.Finding{}, findings...)) // not null
				default:
					err = printFindings(c.OutOrStdout(), findings)
				}
				counts := verdict(findings, strict)
				if asJSON && counts != nil {
					counts = errTold
				}
				return errors.Join(err, counts)
			})
		},
	}
	c.Flags().BoolVar(&strict, "strict", false, "fail on warnings, too")
	c.Flags().BoolVar(&asJSON, "json", false, "the findings as JSON")
	coreFlag(c, &core)
	return c
}

func printFindings(w io.Writer, findings []lint.Finding) error {
	for _, f := range findings {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	return nil
}

// verdict is the error for findings that count.
func verdict(findings []lint.Finding, strict bool) error {
	n := 0
	for _, f := range findings {
		if strict || f.Severity == lint.Error {
			n++
		}
	}
	switch n {
	case 0:
		return nil
	case 1:
		return errors.New("1 finding")
	}
	return fmt.Errorf("%d findings", n)
}

// coreFlag is the flag of commands that work on a plugin where it lies.
func coreFlag(c *cobra.Command, core *string) {
	c.Flags().StringVar(core, "core", "", "work with core of this `directory or version` (default: the checkout around the plugin or the current directory, else what go.mod says)")
}

// onePath allows one argument.
func onePath(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return &lineError{fmt.Errorf("%q is not expected; see %q", args[1], c.CommandPath()+" --help")}
	}
	return nil
}

func pathOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// withBench calls fn with the plugin of the command line.
func withBench(ctx context.Context, args []string, core string, fn func(context.Context, *workbench.Bench) error) error {
	b, err := workbench.Open(pathOf(args), core)
	if err != nil {
		return &lineError{err}
	}
	return errors.Join(fn(ctx, b), b.Close())
}
