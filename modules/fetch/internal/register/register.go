// Package register puts tables of sample fetches into the registry, for the
// packages of modules/fetch. It is used in init functions alone, and checks
// nothing: the registry collects what is wrong with names and records.
package register

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Entry is a fetch and its names.
type Entry struct {
	// Names are the name that the manual uses and, after it, older ones.
	Names []string
	expr.Fetch
}

// As makes an entry.
func As(f expr.Fetch, names ...string) Entry { return Entry{names, f} }

// Fetches registers each record under all of its names.
func Fetches(table []Entry) {
	for _, e := range table {
		for _, name := range e.Names {
			module.RegisterRecord(expr.FetchKind, name, e.Doc, e.Fetch)
		}
	}
}
