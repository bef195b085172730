package main

import (
	"context"
	"errors"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
	"github.com/fairleadproxy/fairlead/xbuild/workbench"
)

func testCommand() *cobra.Command {
	var core string
	var noRace, asJSON bool
	c := &cobra.Command{
		Use:   "test [PATH] [-- GO TEST FLAGS]",
		Short: "Run a plugin's tests against a core, and the conformance kit",
		Long: `Test runs the tests of the plugin in PATH, or in the current directory, with the
race detector and the core of choice, and calls the conformance kit for each
module of it that needs no configuration, whether its tests do or not.`,
		Example: `  xbuild test ./plugins/ewma
  xbuild test --core v1.2.0 -- -run TestLaws -v`,
		Args: func(c *cobra.Command, args []string) error {
			if n := c.ArgsLenAtDash(); n >= 0 {
				args = args[:n]
			}
			return onePath(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			o := workbench.TestOptions{NoRace: noRace, Stdout: c.OutOrStdout(), Stderr: c.ErrOrStderr()}
			if n := c.ArgsLenAtDash(); n >= 0 {
				args, o.Args = args[:n], args[n:]
			}
			if asJSON {
				o.Args = append([]string{"-json"}, o.Args...)
			}
			return withBench(c.Context(), args, core, func(ctx context.Context, b *workbench.Bench) error {
				err := b.Test(ctx, o)
				var exit *exec.ExitError
				var failure *gocmd.Failure // before the tests, which say themselves what fails
				if errors.As(err, &exit) && !errors.As(err, &failure) {
					if asJSON {
						return errTold // the events say which
					}
					return errors.New("the tests fail")
				}
				return err
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the events of go test -json, or the error, as JSON")
	c.Flags().BoolVar(&noRace, "no-race", false, "without the race detector, which needs a C compiler")
	coreFlag(c, &core)
	return c
}
