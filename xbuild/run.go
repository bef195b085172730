package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
	"github.com/fairleadproxy/fairlead/xbuild/devloop"
	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
	"github.com/fairleadproxy/fairlead/xbuild/internal/temp"
)

func runCommand() *cobra.Command {
	var core string
	var with []string
	var once, asJSON bool
	c := &cobra.Command{
		Use:   "run [-- ARGS]",
		Short: "Build a binary with the plugin here, run it with ARGS, and again when something changes",
		Long: `Run builds a binary with the plugin in the current directory and runs it with the
arguments behind --. When a file of the plugin changes, it builds anew and replaces
the process; when that does not build, the error is shown and the process goes on.
An interrupt ends both.`,
		Example: "  xbuild run -- run --config lb.toml",
		Args: func(c *cobra.Command, args []string) error {
			if n := c.ArgsLenAtDash(); n > 0 || n < 0 && len(args) > 0 {
				return &lineError{fmt.Errorf("%q is not expected; the binary's arguments stand behind --", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := os.Getwd()
			if err != nil {
				return err
			}
			if gocmd.FindModule(dir) == "" {
				return &lineError{errors.New("there is no go.mod here or above: run it in a plugin's directory")}
			}
			temp, err := temp.Dir()
			if err != nil {
				return err
			}
			say := builder.Lines(c.ErrOrStderr())
			if asJSON {
				lines := json.NewEncoder(c.ErrOrStderr())
				say = func(e builder.Event) { lines.Encode(e) } //nolint:errcheck // as with lines of text, nobody reads them then
			}
			l := devloop.Loop{
				Say: func(text string) { say(builder.Event{Step: "run", Text: text}) },
				Dir: dir, Args: args, Once: once, Stdout: c.OutOrStdout(), Stderr: c.ErrOrStderr(),
				Build: func(ctx context.Context) (string, error) {
					output := filepath.Join(temp, "fairlead.exe") // so that Windows runs it
					r := builder.Request{Core: core, With: append([]string{"."}, with...), Dir: dir, Output: output, Events: say}
					_, err := r.Build(ctx)
					return output, err
				},
			}
			return errors.Join(l.Run(c.Context()), os.RemoveAll(temp))
		},
	}
	c.Flags().StringArrayVar(&with, "with", nil, "add another `plugin`, see xbuild build; repeat for more")
	c.Flags().BoolVar(&asJSON, "json", false, "write what the build is at as lines of JSON, and the error")
	c.Flags().BoolVar(&once, "once", false, "do not watch: end when the process does")
	c.Flags().StringVar(&core, "core", "", "take core from this `directory or version` (default: as xbuild build)")
	return c
}
