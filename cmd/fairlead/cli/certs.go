package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/proxy"
)

// certificateCommands adds the commands about certificates.
func (r *runner) certificateCommands(s *admin.Server) {
	graph := func() *proxy.Graph { return r.super.Current().(*proxy.Graph) }
	s.Handle("show ssl cert", "[NAME] the certificates, or all about one", func(args []string) (string, error) {
		if len(args) == 0 {
			return listCertificates(graph().Certificates()), nil
		}
		return describeCertificate(graph().Certificates(), args[0])
	})
	s.Handle("show certs", "the certificates with their ends, parted by tabs", func([]string) (string, error) {
		return tabulate(graph().Certificates(), time.Now()), nil
	})
	s.Handle("acme status", "the certificates that come by themselves", func([]string) (string, error) {
		return acmeStatus(graph().Certificates(), time.Now()), nil
	})
	s.Handle("acme renew", "NAME get a new certificate", func(args []string) (string, error) {
		if len(args) != 1 {
			return "", errors.New("usage: acme renew NAME")
		}
		return "", graph().RenewCertificate(args[0])
	})
	s.Handle("acme add", "NAME [ISSUER] get a certificate for one more name until the next reload", edit("add", func(name, issuer string) error {
		return graph().AddCertificate(name, issuer)
	}))
	s.Handle("acme del", "NAME [ISSUER] give the certificate of a name up until the next reload", edit("del", func(name, issuer string) error {
		return graph().RemoveCertificate(name, issuer)
	}))
}

// edit makes a command of a name and perhaps an issuer.
func edit(verb string, do func(name, issuer string) error) admin.Handler {
	return func(args []string) (string, error) {
		switch len(args) {
		case 1:
			return "", do(args[0], "")
		case 2:
			return "", do(args[0], args[1])
		}
		return "", fmt.Errorf("usage: acme %s NAME [ISSUER]", verb)
	}
}

// certsCommand lists the certificates of a running process.
func certsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "certs",
		Short: "List the certificates of the running process, and when they end",
	}
	return command(c, "show certs", func(answer string) error {
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
