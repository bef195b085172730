package cli

import (
	"errors"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/admin"
)

// certsCommand lists the certificates of a running process.
func certsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "certs",
		Short: "List the certificates of the running process, and when they end",
	}
	return command(c, "show certs", func(answer string) error {
		if strings.HasPrefix(answer, admin.Unknown) {
			return errors.New("the process has no certificates: nothing in its configuration has tls")
		}
		return align(c.OutOrStdout(), answer)
	})
}

// align writes lines parted by tabs as columns.
func align(w io.Writer, text string) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(columns, strings.TrimPrefix(text, "# ")+"\n"); err != nil {
		return err
	}
	return columns.Flush()
}
