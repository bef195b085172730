package cli

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// trustCommand has the machine trust the authority called internal.
func trustCommand(ui *ui) *cobra.Command {
	var paths []string
	var file string
	var show bool
	c := &cobra.Command{
		Use:   "trust",
		Short: "Have this machine trust the certificates of the issuer internal",
		Long: `Have this machine trust the certificates of the issuer internal.

The root of the authority is made if there is none yet, and added to the
certificates that the system's programs trust, which needs root's rights.
Browsers that keep certificates of their own do not look there.`,
		Example: `  fairlead trust
  fairlead trust --print | sudo fairlead trust --root -
  curl --cacert <(fairlead trust --print) https://localhost:8443/`,
		RunE: func(c *cobra.Command, _ []string) error {
			root, err := rootOf(c.InOrStdin(), file, paths)
			if err != nil {
				return err
			}
			text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})
			if show {
				_, err := c.OutOrStdout().Write(text)
				return err
			}
			store, err := findStore()
			if err != nil {
				return err
			}
			at, err := store.add(root, text)
			if errors.Is(err, os.ErrPermission) {
				return fmt.Errorf("%w; run: fairlead trust --print | sudo fairlead trust --root -", err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(ui.w, "%s is trusted; the certificate is in %s\n", root.Subject.CommonName, at)
			return nil
		},
	}
	c.Flags().StringArrayVarP(&paths, "config", "c", nil, "configuration `file` whose issuer to trust (default: the issuer without settings)")
	c.Flags().StringVar(&file, "root", "", "`file` with the root in PEM, - for standard input, instead of the one in the storage")
	c.Flags().BoolVar(&show, "print", false, "print the root in PEM and change nothing")
	return c
}

// untrustCommand takes back what trust did.
func untrustCommand(ui *ui) *cobra.Command {
	return &cobra.Command{
		Use:   "untrust",
		Short: "Take back what the command trust did",
		RunE: func(*cobra.Command, []string) error {
			store, err := findStore()
			if err != nil {
				return err
			}
			gone, err := store.remove()
			for _, path := range gone {
				fmt.Fprintf(ui.w, "removed %s\n", path)
			}
			if len(gone) == 0 && err == nil {
				fmt.Fprintf(ui.w, "no root of Fairlead is trusted\n")
			}
			return err
		},
	}
}

// rootOf reads the root from a file, or else from the storage of the issuer.
func rootOf(stdin io.Reader, file string, paths []string) (*x509.Certificate, error) {
	if file == "" {
		return storedRoot(paths)
	}
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, usage(fmt.Errorf("%s has no certificate in PEM", file))
	}
	root, err := x509.ParseCertificate(block.Bytes)
	if err == nil && !root.IsCA {
		err = usage(fmt.Errorf("%s is the certificate of no authority", file))
	}
	return root, err
}

// storedRoot asks the issuer of a configuration, or the one without settings.
func storedRoot(paths []string) (root *x509.Certificate, err error) {
	const issuer = "internal"
	decode := func(any) error { return nil }
	if len(paths) > 0 {
		cfg, err := config.Load(paths, os.LookupEnv)
		if err != nil {
			return nil, usage(err)
		}
		for _, a := range cfg.ACME {
			if a.Module.Type == issuer {
				decode = a.Module.Decode
			}
		}
	}
	entry, err := secure.Kind.Lookup(module.Default(), issuer)
	if err != nil {
		return nil, err
	}
	ctx := module.NewContext(module.ContextOptions{})
	defer func() { err = errors.Join(err, ctx.Close(context.Background())) }()
	source, err := entry.Build(ctx, decode)
	if err != nil {
		return nil, usage(err)
	}
	var life module.Instances
	life.Add(source)
	if err := life.Prepare(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, life.Stop(context.Background())) }()
	return source.(secure.Root).Root()
}
