// Package cli is Fairlead's command line. The binary's main package imports the
// modules that it is made of and calls Main; custom builds do the same.
//
// Results go to standard output, progress and errors to standard error. Exit
// statuses: 0 success, 1 an operation failed, 2 the configuration or the command
// line is wrong.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
)

// The exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
)

// status is an error that ends the process with an exit status of its own.
type status struct {
	code int
	err  error
}

func (s *status) Error() string { return s.err.Error() }
func (s *status) Unwrap() error { return s.err }

// usage is an error of the configuration or the command line.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &status{exitUsage, err}
}

// Main runs the command line and exits.
func Main(options ...Option) { os.Exit(Run(os.Args[1:], os.Stdout, os.Stderr, options...)) }

// Run runs the command line and gives the exit status.
func Run(args []string, stdout, stderr io.Writer, options ...Option) int {
	ui := newUI(stderr)
	for _, o := range options {
		o(ui)
	}
	if err := module.Default().Err(); err != nil {
		ui.error(fmt.Errorf("this binary was put together wrongly:\n%w", err))
		return exitUsage
	}
	root := newRoot(ui)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return 0
	}
	ui.error(err)
	var s *status
	if errors.As(err, &s) {
		return s.code
	}
	return exitFailed
}

func newRoot(ui *ui) *cobra.Command {
	root := &cobra.Command{
		Use:   "fairlead",
		Short: "A load balancer and reverse proxy for TCP and HTTP",
		Long: `Fairlead balances TCP and HTTP over servers, in HAProxy's vocabulary, configured
in TOML.

Exit statuses: 0 success, 1 an operation failed, 2 the configuration or the
command line is wrong.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	version := root.Flags().BoolP("version", "v", false, "print the version")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w; see %q", err, c.CommandPath()+" --help"))
	})
	root.AddCommand(
		runCommand(ui), validateCommand(ui), reloadCommand(), stopCommand(),
		modulesCommand(), docCommand(), fmtCommand(), mptcpCommand(), certsCommand(), echCommand(), trustCommand(ui), untrustCommand(ui),
		versionCommand(), buildInfoCommand(), environCommand(), manCommand(root),
	)
	for _, c := range root.Commands() {
		c.Args = checkArgs(c.Args)
	}
	root.SuggestionsMinimumDistance = 2
	root.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		hint := ""
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf("; did you mean %q?", near[0])
		}
		return usage(fmt.Errorf("unknown command %q%s", args[0], hint))
	}
	root.RunE = func(c *cobra.Command, _ []string) error {
		if *version {
			_, err := fmt.Fprintln(c.OutOrStdout(), coreVersion())
			return err
		}
		return c.Help()
	}
	return root
}

// checkArgs makes wrong arguments an error of the command line.
func checkArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		check = noArgs
	}
	return func(c *cobra.Command, args []string) error { return usage(check(c, args)) }
}

// noArgs says where an argument belongs.
func noArgs(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case c.Flag("config") != nil:
		return fmt.Errorf("%[1]q is not expected; write --config %[1]s", args[0])
	}
	return fmt.Errorf("%q is not expected; see %q", args[0], c.CommandPath()+" --help")
}

// ui writes messages for people.
type ui struct {
	w        io.Writer
	color    bool
	embedded *embedded // nil for none
}

func newUI(w io.Writer) *ui {
	u := &ui{w: w}
	if f, ok := w.(*os.File); ok && os.Getenv("NO_COLOR") == "" {
		info, err := f.Stat()
		u.color = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return u
}

const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	plain  = "\x1b[0m"
)

func (u *ui) paint(color, text string) string {
	if !u.color {
		return text
	}
	return color + text + plain
}

// error writes an error; those of a configuration each on lines of its own.
func (u *ui) error(err error) {
	var all *tree.Errors
	if !errors.As(err, &all) {
		fmt.Fprintf(u.w, "%s %v\n", u.paint(red, "error:"), err)
		return
	}
	for _, one := range all.List {
		fmt.Fprintf(u.w, "%s %v\n", u.paint(red, "error:"), one)
	}
	if n := len(all.List); n > 1 {
		fmt.Fprintf(u.w, "%d errors\n", n)
	}
}

// warnings writes what is legal and probably not meant.
func (u *ui) warnings(list []*tree.Error) {
	for _, w := range list {
		fmt.Fprintf(u.w, "%s %s\n", u.paint(yellow, "warning:"), w.Text())
	}
}
