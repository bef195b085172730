package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

func validateCommand(ui *ui) *cobra.Command {
	var paths []string
	var asJSON bool
	c := &cobra.Command{
		Use:   "validate",
		Short: "Check a configuration without running it",
		Long: `Check a configuration without running it: every section, module and expression
is built as for a run, but nothing is opened. All errors are shown at once, with
their places; the exit status is 2 if there are any.`,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := ui.check(paths)
			var warnings []*tree.Error
			if cfg != nil {
				warnings = cfg.Warnings
			}
			if !asJSON {
				ui.warnings(warnings)
				if err == nil {
					fmt.Fprintln(c.OutOrStdout(), "the configuration is valid")
				}
				return usage(err)
			}
			return report(c, err, warnings)
		},
	}
	ui.configFlag(c, &paths)
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON: valid, errors and warnings")
	return c
}

// check builds a configuration.
func (u *ui) check(paths []string) (*config.Config, error) {
	cfg, err := u.load(paths)
	if err != nil {
		return cfg, err
	}
	return cfg, build(cfg)
}

func report(c *cobra.Command, err error, warnings []*tree.Error) error {
	errs := &tree.Errors{}
	errs.Add(err, tree.Pos{}, "")
	if warnings == nil {
		warnings = []*tree.Error{}
	}
	out := json.NewEncoder(c.OutOrStdout())
	out.SetIndent("", "  ")
	if e := out.Encode(struct {
		Valid    bool          `json:"valid"`
		Errors   *tree.Errors  `json:"errors"`
		Warnings []*tree.Error `json:"warnings"`
	}{err == nil, errs, warnings}); e != nil {
		return e
	}
	if err != nil {
		return &status{exitUsage, errors.New("the configuration is not valid")}
	}
	return nil
}
