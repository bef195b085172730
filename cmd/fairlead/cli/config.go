package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// defaultConfig is read when no --config is given.
const defaultConfig = "/etc/fairlead/fairlead.toml"

// Option is something that a custom build gives the command line.
type Option func(*ui)

// embedded is a configuration that the binary carries.
type embedded struct{ name, text string }

// Embedded gives the command line a configuration that is used when no --config
// is given; name is what errors call it.
func Embedded(name, text string) Option {
	return func(u *ui) { u.embedded = &embedded{name, text} }
}

func (u *ui) configFlag(c *cobra.Command, into *[]string) {
	usage, paths := "configuration `file or directory`; repeat it for several, whose sections merge", []string{defaultConfig}
	if u.embedded != nil {
		usage, paths = usage+" (default: "+u.embedded.name+", which is in the binary)", nil
	}
	c.Flags().StringArrayVarP(into, "config", "c", paths, usage)
}

// load reads a configuration; that of the binary when no path is given. The
// error has all that is wrong with it.
func (u *ui) load(paths []string) (*config.Config, error) {
	cfg, err := u.read(paths)
	switch {
	case err == nil:
	case slices.Equal(paths, []string{defaultConfig}) && missing(defaultConfig):
		err = fmt.Errorf("%s: %w; name a configuration by --config FILE", defaultConfig, syscall.ENOENT)
	default:
		err = explain(cfg, err)
	}
	return cfg, err
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func (u *ui) read(paths []string) (*config.Config, error) {
	if len(paths) > 0 || u.embedded == nil {
		return config.Load(paths, os.LookupEnv)
	}
	root, err := tree.Parse(u.embedded.name, []byte(u.embedded.text), os.LookupEnv)
	if err != nil {
		return nil, err
	}
	return config.FromTree(root)
}
