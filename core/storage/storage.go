// Package storage is the contract of places where certificates, their keys and
// what belongs to them are kept: a directory, or a database that several
// machines share, so that they obtain each certificate once.
package storage

import (
	"context"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Kind is the kind of storage modules.
var Kind = module.NewKind[Storage]("storage")

// Storage keeps values under keys that are paths, parted by "/". It is safe for
// concurrent use, by other machines too.
type Storage interface {
	Locker
	Values
}

// Locker gives locks that hold for everyone who uses the same storage.
type Locker interface {
	// Lock waits for the lock called name, until ctx ends. A lock whose holder
	// died is given to the next after a while.
	Lock(ctx context.Context, name string) error
	// Unlock gives the lock back. An error says that it was lost before.
	Unlock(ctx context.Context, name string) error
}

// Values are what is kept. What is not there is fs.ErrNotExist.
type Values interface {
	// Store keeps a value, whole or not at all.
	Store(ctx context.Context, key string, value []byte) error
	// Load gives a value.
	Load(ctx context.Context, key string) ([]byte, error)
	// Delete removes a value, or all values below the key. What is not there is no error.
	Delete(ctx context.Context, key string) error
	// Exists reports whether there is a value at the key, or one below it.
	Exists(ctx context.Context, key string) bool
	// List gives the keys below path: those one step below it, or with recursive all.
	List(ctx context.Context, path string, recursive bool) ([]string, error)
	// Stat tells of a key.
	Stat(ctx context.Context, key string) (Info, error)
}

// Info tells of a key.
type Info struct {
	Key      string
	Modified time.Time
	Size     int64 // of the value, in bytes
	Terminal bool  // the key has a value; false: others stand below it
}

// Choice is a storage in a configuration: a directory, the name of a storage
// module, or a table such as { type = "valkey", address = "10.0.0.9:6379" }.
type Choice struct {
	// Module is the module.
	Module tree.Module
}

// DecodeNode reads any of the forms.
func (c *Choice) DecodeNode(n *tree.Node) error {
	value := *n
	value.Key = "storage"
	if n.Kind == tree.String && strings.ContainsAny(n.Str(), "/.") { // a directory
		path := *n
		path.Key = "path"
		value = *tree.NewTable("storage", n.Path, n.Pos, []*tree.Node{&path})
	}
	var form struct {
		Module tree.Module `toml:"storage" module:"type" default:"file"`
	}
	err := tree.NewTable("", n.Path, n.Pos, []*tree.Node{&value}).Decode(&form)
	c.Module = form.Module
	return err
}
