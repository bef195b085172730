package cli

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func docCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "doc MODULE",
		Short:   "Describe a module: what it does, its settings, where it comes from",
		Example: "  fairlead doc balancer.leastconn\n  fairlead doc leastconn",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			found := findModules(args[0])
			if len(found) == 0 {
				return usage(unknownModule(args[0]))
			}
			for i, m := range found {
				if i > 0 {
					fmt.Fprintln(c.OutOrStdout())
				}
				if err := describe(c.OutOrStdout(), m); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// findModules finds modules by kind.name, or by name alone.
func findModules(name string) (found []module.Info) {
	for _, m := range module.Default().Modules() {
		if m.ID() == name {
			return []module.Info{m}
		}
		if m.Name == name {
			found = append(found, m)
		}
	}
	return found
}

func unknownModule(name string) error {
	var known []string
	for _, m := range module.Default().Modules() {
		known = append(known, m.ID(), m.Name)
	}
	if near := module.Suggest(name, known); near != "" {
		return fmt.Errorf("there is no module %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("there is no module %q; list them with: fairlead list-modules", name)
}

// describeRecord gives the signature of a fetch, converter or matcher.
func describeRecord(name string, record any) []string {
	switch r := record.(type) {
	case expr.Fetch:
		return []string{
			fmt.Sprintf("%s%s: %v", name, arguments(r.Args), r.Out),
			"legal in " + r.Phases.String(),
		}
	case expr.Converter:
		return []string{fmt.Sprintf("%s%s: %v to %v", name, arguments(r.Args), r.In, r.Out)}
	case expr.Matcher:
		return []string{fmt.Sprintf("-m %s: matches values of type %v", name, r.In)}
	}
	return nil
}

func arguments(args []expr.Arg) string {
	if len(args) == 0 {
		return ""
	}
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteString(",")
		}
		if a.Optional {
			b.WriteString("[" + a.Name + "]")
		} else {
			b.WriteString("<" + a.Name + ">")
		}
	}
	return "(" + b.String() + ")"
}

func describe(w io.Writer, m module.Info) error {
	fmt.Fprintf(w, "%s: %s\n", m.ID(), m.Doc)
	fmt.Fprintf(w, "%s, from %s %s\n", m.Stability, m.Package, m.Version)
	entry := module.Default().ConfigOf(m.Kind, m.Name)
	for _, line := range describeRecord(m.Name, entry.Record()) {
		fmt.Fprintln(w, line)
	}
	t := entry.ConfigType()
	if t == nil || t.Kind() != reflect.Struct || len(tree.Keys(t)) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nSettings:")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range tree.Fields(t) {
		fmt.Fprintf(tw, "  %s\t%s\n", f.Key, strings.Join(f.Notes, ", "))
	}
	return tw.Flush()
}
