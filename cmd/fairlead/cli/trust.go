package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/trust"
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
			if show {
				_, err := c.OutOrStdout().Write(root.PEM)
				return err
			}
			store, err := findStore()
			if err != nil {
				return err
			}
			at, err := store.add(root)
			if errors.Is(err, os.ErrPermission) {
				return fmt.Errorf("%w; run: fairlead trust --print | sudo fairlead trust --root -", err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(ui.w, "%s is trusted; the certificate is in %s\n", root.Name, at)
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

// issuer is the authority that is part of this program.
const issuer = "internal"

// rootOf reads the root from a file, or else from the storage of the issuer.
func rootOf(stdin io.Reader, file string, paths []string) (root trust.Root, err error) {
	ctx := module.NewContext(module.ContextOptions{})
	defer func() { err = errors.Join(err, ctx.Close(context.Background())) }()
	if file == "" {
		return storedRoot(ctx, paths)
	}
	var text []byte
	if file == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return root, err
	}
	source, err := buildIssuer(ctx, nil)
	if err != nil {
		return root, err
	}
	if root, err = source.Read(text); err != nil {
		return root, usage(fmt.Errorf("%s: %w", file, err))
	}
	return root, nil
}

// storedRoot asks the issuer of a configuration, or the one without settings.
func storedRoot(ctx *module.Context, paths []string) (root trust.Root, err error) {
	var decode func(any) error
	if len(paths) > 0 {
		cfg, err := config.Load(paths, os.LookupEnv)
		if err != nil {
			return root, usage(err)
		}
		for _, a := range cfg.ACME {
			if a.Module.Type == issuer {
				decode = a.Module.Decode
			}
		}
	}
	source, err := buildIssuer(ctx, decode)
	if err != nil {
		return root, err
	}
	var life module.Instances
	life.Add(source)
	if err := life.Prepare(ctx); err != nil {
		return root, err
	}
	defer func() { err = errors.Join(err, life.Stop(context.Background())) }()
	return source.Root()
}

// buildIssuer finds the issuer by the name of its kind: builds without TLS do not
// have the package of that.
func buildIssuer(ctx *module.Context, decode func(any) error) (trust.Authority, error) {
	entry := module.Default().ConfigOf("certs", issuer)
	if entry == nil {
		return nil, module.Missing("certs", issuer)
	}
	source, err := entry.Build(ctx, decode)
	if err != nil {
		return nil, usage(err)
	}
	return source.(trust.Authority), nil
}
