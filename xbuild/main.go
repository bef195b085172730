// Xbuild builds Fairlead with other modules than the standard ones: plugins
// added, modules left out.
//
//	go run ./xbuild build --with ./plugins/ewma --without protocol.mptcp -o fairlead
//
// Results go to standard output, progress and errors to standard error. Exit
// statuses: 0 success, 1 the build failed, 2 the command line is wrong. The work
// is done by package builder; this one reads the command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/module"
)

// The exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the command line and gives the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	c, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if asJSON, flagErr := c.Flags().GetBool("json"); flagErr == nil && asJSON && !errors.Is(err, errTold) {
		err = errors.Join(err, writeJSON(stdout, describeError(err)))
	}
	if !errors.Is(err, errTold) {
		fmt.Fprintf(stderr, "error: %v\n", err)
	}
	if isUsage(err) {
		return exitUsage
	}
	return exitFailed
}

// lineError is an error of the command line.
type lineError struct{ err error }

func (e *lineError) Error() string { return e.err.Error() }
func (e *lineError) Unwrap() error { return e.err }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "xbuild",
		Short: "Build Fairlead with plugins, or without some of the standard modules",
		Long: `Xbuild makes one static binary of Fairlead's core, the standard modules and
plugins.

Exit statuses: 0 success, 1 the build failed, 2 the command line is wrong.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		Version:       module.Version(module.Core),
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &lineError{fmt.Errorf("%w; see %q", err, c.CommandPath()+" --help")}
	})
	root.AddCommand(
		buildCommand(), checkCommand(), lockCommand(), upgradeCommand(), listCommand(), diffCommand(), sbomCommand(),
		vendorCommand(), verifyCommand(), cleanCommand(), versionCommand(),
		newCommand(), lintCommand(), testCommand(), docCommand(), runCommand(),
	)
	root.SuggestionsMinimumDistance = 2
	for _, c := range root.Commands() {
		if c.Args == nil {
			c.Args = noArgs
		}
	}
	return root
}

// noCommand refuses what is not the name of a command.
func noCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := fmt.Sprintf("see %q", c.CommandPath()+" --help")
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return &lineError{fmt.Errorf("there is no command %q; %s", args[0], hint)}
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &lineError{fmt.Errorf("%q is not expected; see %q", args[0], c.CommandPath()+" --help")}
	}
	return nil
}

func versionCommand() *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		RunE: func(c *cobra.Command, _ []string) error {
			result := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
			}{c.Root().Version, runtime.Version()}
			return o.print(c, result, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, result.Version)
				return err
			})
		},
	}
	o.json(c)
	return c
}
