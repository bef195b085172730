package cli

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/module"
)

// coreVersion gives the version of Fairlead itself.
func coreVersion() string { return module.Version(module.Core) }

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), coreVersion())
			return err
		},
	}
}

func buildInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build-info",
		Short: "Print how this binary was built: Go, settings and the versions of all Go modules in it",
		RunE: func(c *cobra.Command, _ []string) error {
			bi, ok := debug.ReadBuildInfo()
			if !ok {
				return fmt.Errorf("this binary has no build information")
			}
			_, err := fmt.Fprint(c.OutOrStdout(), bi)
			return err
		},
	}
}

func environCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "environ",
		Short: "Print the environment that this process sees: directories, limits, variables",
		RunE: func(c *cobra.Command, _ []string) error {
			out := c.OutOrStdout()
			fmt.Fprintf(out, "fairlead.Version=%s\nfairlead.Config=%s\nfairlead.Socket=%s\n", coreVersion(), defaultConfig, defaultSocket())
			fmt.Fprintf(out, "runtime.GOOS=%s\nruntime.GOARCH=%s\nruntime.NumCPU=%d\nruntime.GOMAXPROCS=%d\nos.Getuid=%d\n",
				runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.GOMAXPROCS(0), os.Getuid())
			for _, v := range os.Environ() {
				if _, err := fmt.Fprintln(out, v); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
