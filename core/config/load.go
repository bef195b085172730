package config

import (
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// Config is a whole configuration.
type Config struct {
	// Global concerns the process.
	Global Global
	// Frontends and Backends are the proxies, those of listen sections
	// included, in the order of the files.
	Frontends []*Frontend
	Backends  []*Backend
	// Userlists and HTTPErrors are the sections of these names.
	Userlists  []*Userlist
	HTTPErrors []*HTTPErrors
	// ACME are the sections of certificates that come by themselves.
	ACME []*ACME
	// CrtStores are the sections of certificates by file.
	CrtStores []*CrtStore
	// Warnings are what is legal and probably not meant.
	Warnings []*tree.Error
}

// file is the top level of a configuration.
type file struct {
	Global     Global                   `toml:"global"`
	Defaults   *tree.Node               `toml:"defaults"`
	Frontend   tree.Ordered[*tree.Node] `toml:"frontend"`
	Backend    tree.Ordered[*tree.Node] `toml:"backend"`
	Listen     tree.Ordered[*tree.Node] `toml:"listen"`
	Userlist   tree.Ordered[Userlist]   `toml:"userlist"`
	HTTPErrors tree.Ordered[HTTPErrors] `toml:"http-errors"`
	ACME       tree.Ordered[ACME]       `toml:"acme"`
	CrtStore   tree.Ordered[CrtStore]   `toml:"crt-store"`
}

// Load reads files and directories into a configuration. env finds environment
// variables, as os.LookupEnv does. The error is a *tree.Errors with everything
// that is wrong.
func Load(paths []string, env tree.Env) (*Config, error) {
	root, err := tree.Load(paths, env)
	errs := &tree.Errors{}
	errs.Add(err, tree.Pos{}, "")
	return load(root, errs)
}

// FromTree makes a configuration of a tree. The error is a *tree.Errors.
func FromTree(root *tree.Node) (*Config, error) { return load(root, &tree.Errors{}) }

func load(root *tree.Node, errs *tree.Errors) (*Config, error) {
	var f file
	f.Global.SetDefaults()
	errs.Add(root.Decode(&f), root.Pos, root.Path)
	l := loader{cfg: &Config{Global: f.Global, Warnings: f.Global.Tune.Warnings}, errs: errs}
	l.defaults(f.Defaults)
	for i := range f.Frontend.Entries {
		l.frontend(&f.Frontend.Entries[i])
	}
	for i := range f.Backend.Entries {
		l.backend(&f.Backend.Entries[i])
	}
	for i := range f.Listen.Entries {
		l.listen(&f.Listen.Entries[i])
	}
	for i := range f.Userlist.Entries {
		e := &f.Userlist.Entries[i]
		e.Value.Name = e.Key
		l.userlist(&e.Value)
	}
	for i := range f.HTTPErrors.Entries {
		e := &f.HTTPErrors.Entries[i]
		e.Value.Name = e.Key
		l.cfg.HTTPErrors = append(l.cfg.HTTPErrors, &e.Value)
	}
	for i := range f.ACME.Entries {
		e := &f.ACME.Entries[i]
		e.Value.Name = e.Key
		l.cfg.ACME = append(l.cfg.ACME, &e.Value)
	}
	for i := range f.CrtStore.Entries {
		e := &f.CrtStore.Entries[i]
		e.Value.Name = e.Key
		l.cfg.CrtStores = append(l.cfg.CrtStores, &e.Value)
	}
	if !slices.ContainsFunc(errs.List, anySection) { // what is missing may only not have been read
		l.partly = len(errs.List) > 0
		l.check()
	}
	return l.cfg, errs.Err()
}

// anySection reports whether an error may have kept whole sections from being
// read: that of a file, or of the name of a kind of sections.
func anySection(e *tree.Error) bool { return !strings.Contains(e.Path, ".") }

// Names gives the names of frontends or backends, for suggestions.
func names[T any](list []T, name func(T) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = name(x)
	}
	return out
}

// Backend finds a backend, nil when there is none.
func (c *Config) Backend(name string) *Backend {
	i := slices.IndexFunc(c.Backends, func(b *Backend) bool { return b.Name == name })
	if i < 0 {
		return nil
	}
	return c.Backends[i]
}
