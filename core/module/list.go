package module

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteList writes a line for each module: its kind and name, and the version and
// package that it comes from where they are asked for.
func WriteList(w io.Writer, list []Info, versions, packages bool) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, m := range list {
		line := m.ID()
		if versions {
			line += "\t" + m.Version
		}
		if packages {
			line += "\t" + m.Package
		}
		if _, err := fmt.Fprintln(tw, line); err != nil {
			return err
		}
	}
	return tw.Flush()
}
