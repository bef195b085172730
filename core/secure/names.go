package secure

import (
	"crypto/x509"
	"maps"
	"slices"
)

// Name is a name that a bind has a certificate for.
type Name struct {
	Bind string // FRONTEND/FILE:LINE
	// Name is "*" for clients that name no server, or an unknown one.
	Name string
	// Except are the names that a wildcard leaves out.
	Except []string
	Type   string // "ecdsa", "rsa" or "ed25519"
	File   string
	Leaf   *x509.Certificate
}

// Names lists the names of all binds.
func (s *Store) Names() []Name {
	s.edit.Lock()
	tables := slices.Clone(s.tables)
	s.edit.Unlock()
	var list []Name
	for _, t := range tables {
		x := t.index.Load()
		add := func(name string, entries []*Entry, wild bool) {
			for _, e := range entries {
				leaf, err := x509.ParseCertificate(e.Pair.chain[0])
				if err != nil {
					continue
				}
				n := Name{Bind: t.Bind, Name: name, Type: e.Pair.key.kind.String(), File: e.Pair.file, Leaf: leaf}
				if wild {
					n.Except = e.except
				}
				list = append(list, n)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(x.wild)) {
			add("*."+name, x.wild[name], true)
		}
		for _, name := range slices.Sorted(maps.Keys(x.exact)) {
			add(name, x.exact[name], false)
		}
		if !t.strict {
			add("*", x.fallback, false)
		}
	}
	return list
}

func (a Algorithm) String() string { return [...]string{"ecdsa", "ed25519", "rsa"}[a] }
