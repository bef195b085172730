package cli

import (
	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/ech"
)

// echCommand makes a key for the encrypted ClientHello.
func echCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "ech",
		Short: "Make a key by which clients hide the name that they ask for",
		Long: `Make a key for encrypted ClientHello: a private key and the configuration for
clients, in PEM, as "openssl ech" does. Write it into a file whose name ends in
.ech, in the directory that the ech setting of a bind names; what stands in its
block ECHCONFIG is for the HTTPS record of the site in the DNS.`,
		Example: "  fairlead ech --public-name public.example.com > /etc/fairlead/ech/1.ech",
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := ech.Make(name)
			if err != nil {
				return usage(err)
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	c.Flags().StringVar(&name, "public-name", "", "`name` that others see, which the bind has a certificate for")
	return c
}
