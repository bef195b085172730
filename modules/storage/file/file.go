// Package file is the storage in a directory, of which only its owner reads
// anything. Several processes of one machine may share it.
//
//	[acme.default]
//	storage = "/var/lib/fairlead"
package file

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/caddyserver/certmagic"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/storage"
)

func init() {
	module.Register(storage.Kind, "file", module.Spec[Config, storage.Storage]{
		Doc: "Keeps certificates and keys in a directory",
		New: New,
	})
}

// Config is the configuration of the storage.
type Config struct {
	// Path is the directory. Default: "/var/lib/fairlead" as root, systemd's state
	// directory, or the user's data directory.
	Path string `toml:"path"`
}

// Storage is a directory.
type Storage struct {
	*certmagic.FileStorage
	locks *locks
}

// New makes the storage.
func New(_ *module.Context, c Config) (storage.Storage, error) {
	if c.Path == "" {
		c.Path = directory()
	}
	return &Storage{&certmagic.FileStorage{Path: c.Path}, newLocks()}, nil
}

// directory gives the directory that nobody named.
func directory() string {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return dir
	}
	if os.Getuid() == 0 {
		return "/var/lib/fairlead"
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "fairlead-certificates"
	}
	return filepath.Join(home, ".local", "share", "fairlead")
}

// Prepare checks that the directory can be used.
func (s *Storage) Prepare(*module.Context) error {
	if err := os.MkdirAll(s.Path, 0o700); err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	return nil
}

// Stat tells of a key.
func (s *Storage) Stat(ctx context.Context, key string) (storage.Info, error) {
	i, err := s.FileStorage.Stat(ctx, key)
	return storage.Info{Key: i.Key, Modified: i.Modified, Size: i.Size, Terminal: i.IsTerminal}, err
}
