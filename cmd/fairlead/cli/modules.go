package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/module"
)

func modulesCommand() *cobra.Command {
	var versions, packages, asJSON bool
	var kind string
	c := &cobra.Command{
		Use:   "list-modules",
		Short: "List the modules in this binary, as kind.name",
		RunE: func(c *cobra.Command, _ []string) error {
			r := module.Default()
			if kind != "" && !slices.Contains(r.Kinds(), kind) {
				return usage(fmt.Errorf("there are no modules of kind %q; the kinds are %s", kind, strings.Join(r.Kinds(), ", ")))
			}
			list := slices.DeleteFunc(r.Modules(), func(m module.Info) bool { return kind != "" && m.Kind != kind })
			if asJSON {
				return writeJSON(c.OutOrStdout(), list)
			}
			return module.WriteList(c.OutOrStdout(), list, versions, packages)
		},
	}
	c.Flags().BoolVar(&versions, "versions", false, "with the version of the Go module that each comes from")
	c.Flags().BoolVar(&packages, "packages", false, "with the package that each comes from")
	c.Flags().BoolVar(&asJSON, "json", false, "everything that is known, as JSON")
	c.Flags().StringVar(&kind, "kind", "", "only modules of this `kind`")
	return c
}

func writeJSON(w io.Writer, list []module.Info) error {
	type info struct {
		module.Info
		Stability string `json:"stability"`
	}
	out := make([]info, len(list))
	for i, m := range list {
		out[i] = info{m, m.Stability.String()}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
