// Package register puts tables of sample fetches into the registry.
package register

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Fetches registers records under their names; names that differ only in that
// they are older stand in one key, parted by spaces.
func Fetches(table []Entry) {
	for _, e := range table {
		for _, name := range e.Names {
			module.RegisterRecord(expr.FetchKind, name, e.Doc, e.Fetch)
		}
	}
}

// Entry is a fetch and its names.
type Entry struct {
	Names []string
	expr.Fetch
}

// As makes an entry.
func As(f expr.Fetch, names ...string) Entry { return Entry{names, f} }
