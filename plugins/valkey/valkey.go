// Package valkey is the storage for certificates and keys in Valkey or Redis,
// which several machines share: a certificate is obtained once for all.
//
//	[acme.default]
//	storage = { type = "valkey", address = "10.0.0.9:6379" }
//
// Each value is a hash with the value and the time of its last change. Locks are
// keys that expire: their holder renews them, so that what a machine held that
// died is free after a while.
//
// It is safe for concurrent use. It does not encrypt: who reads the database has
// the keys.
package valkey

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/storage"
)

// The version of core's API that the package is written for.
var _ = module.API1

func init() {
	module.Register(storage.Kind, "valkey", module.Spec[Config, storage.Storage]{
		Doc:       "Keeps certificates and keys in Valkey or Redis, for several machines",
		Stability: module.Beta,
		Defaults:  func() Config { return Config{Prefix: "fairlead", LockTimeout: 30 * time.Second} },
		New:       New,
	})
}

// Config is the configuration.
type Config struct {
	// Address is the server's address, or those of a cluster: "10.0.0.9:6379".
	Address tree.OneOrMany[string] `toml:"address,required"`
	// Username and Password are for servers that ask for them. Default: none.
	Username string `toml:"username"`
	Password string `toml:"password"`
	// Database is the number of the database. Default 0.
	Database int `toml:"database" min:"0"`
	// Prefix is what keys begin with. Default "fairlead".
	Prefix string `toml:"prefix"`
	// TLS speaks TLS with the server. Default false.
	TLS bool `toml:"tls"`
	// CAFile is a file with the certificates of authorities that the server's is
	// checked by, in PEM. Default: the system's.
	CAFile string `toml:"ca-file"`
	// LockTimeout is after how long the lock of a machine that died is free. Default 30s.
	LockTimeout time.Duration `toml:"lock-timeout" min:"1s"`
}

// Storage is a database.
type Storage struct {
	c      Config
	option valkey.ClientOption
	client valkey.Client

	mu   sync.Mutex
	held map[string]*lock
}

// New makes the storage; it connects when it is prepared.
func New(_ *module.Context, c Config) (storage.Storage, error) {
	s := &Storage{c: c, held: map[string]*lock{}, option: valkey.ClientOption{
		InitAddress: c.Address, Username: c.Username, Password: c.Password, SelectDB: c.Database,
		DisableCache: true, ClientName: "fairlead",
	}}
	if c.TLS || c.CAFile != "" {
		s.option.TLSConfig = &tls.Config{}
	}
	if c.CAFile != "" {
		pool, err := secure.Pool(c.CAFile)
		if err != nil {
			return nil, module.Wrong("ca-file", "%w", err)
		}
		s.option.TLSConfig.RootCAs = pool
	}
	return s, nil
}

// Prepare connects.
func (s *Storage) Prepare(*module.Context) (err error) {
	if s.client, err = valkey.NewClient(s.option); err != nil {
		return fmt.Errorf("valkey at %s: %w", strings.Join(s.c.Address, ", "), err)
	}
	return nil
}

// Stop gives all locks back and disconnects.
func (s *Storage) Stop(ctx context.Context) error {
	s.mu.Lock()
	var names []string
	for name := range s.held {
		names = append(names, name)
	}
	s.mu.Unlock()
	var errs []error
	for _, name := range names {
		errs = append(errs, s.Unlock(ctx, name))
	}
	if s.client != nil {
		s.client.Close()
	}
	return errors.Join(errs...)
}

// value gives the key of a value in the database.
func (s *Storage) value(key string) string { return s.c.Prefix + ":value:" + key }

// The fields of a value's hash.
const (
	fieldValue    = "value"
	fieldModified = "modified" // Unix time in milliseconds
)

// Store keeps a value.
func (s *Storage) Store(ctx context.Context, key string, value []byte) error {
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	return s.client.Do(ctx, s.client.B().Hset().Key(s.value(key)).FieldValue().
		FieldValue(fieldValue, valkey.BinaryString(value)).FieldValue(fieldModified, now).Build()).Error()
}

// Load gives a value.
func (s *Storage) Load(ctx context.Context, key string) ([]byte, error) {
	b, err := s.client.Do(ctx, s.client.B().Hget().Key(s.value(key)).Field(fieldValue).Build()).AsBytes()
	if valkey.IsValkeyNil(err) {
		return nil, missing(key)
	}
	return b, err
}

func missing(key string) error { return &fs.PathError{Op: "load", Path: key, Err: fs.ErrNotExist} }

// Delete removes a value, or all below the key.
func (s *Storage) Delete(ctx context.Context, key string) error {
	keys, err := s.below(ctx, key)
	if err != nil {
		return err
	}
	for _, k := range append(keys, key) {
		if err := s.client.Do(ctx, s.client.B().Del().Key(s.value(k)).Build()).Error(); err != nil {
			return err
		}
	}
	return nil
}

// Exists reports whether there is a value at the key, or one below it.
func (s *Storage) Exists(ctx context.Context, key string) bool {
	_, err := s.Stat(ctx, key)
	return err == nil
}

// List gives the keys below a path.
func (s *Storage) List(ctx context.Context, path string, recursive bool) ([]string, error) {
	keys, err := s.below(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, missing(path)
	}
	if recursive {
		return keys, nil
	}
	var list []string
	seen := map[string]bool{}
	prefix := strings.TrimSuffix(path, "/") + "/"
	if path == "" {
		prefix = ""
	}
	for _, k := range keys {
		step, _, _ := strings.Cut(strings.TrimPrefix(k, prefix), "/")
		if k = prefix + step; !seen[k] {
			seen[k] = true
			list = append(list, k)
		}
	}
	return list, nil
}

// Stat tells of a key.
func (s *Storage) Stat(ctx context.Context, key string) (storage.Info, error) {
	m, err := s.client.Do(ctx, s.client.B().Hgetall().Key(s.value(key)).Build()).AsStrMap()
	if err != nil {
		return storage.Info{}, err
	}
	if v, ok := m[fieldValue]; ok {
		ms, err := strconv.ParseInt(m[fieldModified], 10, 64)
		return storage.Info{Key: key, Modified: time.UnixMilli(ms), Size: int64(len(v)), Terminal: true}, err
	}
	keys, err := s.below(ctx, key)
	if err == nil && len(keys) == 0 {
		err = missing(key)
	}
	return storage.Info{Key: key}, err
}

// below gives all keys below a path.
func (s *Storage) below(ctx context.Context, path string) ([]string, error) {
	prefix := s.value(strings.TrimSuffix(path, "/") + "/")
	if path == "" {
		prefix = s.value("")
	}
	var keys []string
	for cursor := uint64(0); ; {
		page, err := s.client.Do(ctx, s.client.B().Scan().Cursor(cursor).Match(escape(prefix)+"*").Count(1000).Build()).AsScanEntry()
		if err != nil {
			return nil, err
		}
		for _, k := range page.Elements {
			keys = append(keys, strings.TrimPrefix(k, s.value("")))
		}
		if cursor = page.Cursor; cursor == 0 {
			return keys, nil
		}
	}
}

// escape takes the meaning from the characters of patterns.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(s)
}
