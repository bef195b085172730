package tree

import "github.com/fairleadproxy/fairlead/core/module"

// Module is the use of a module: its name and its configuration. In files it is
// a string, the name alone, or a table with a key for the name, which the field's
// tag module:"type" chooses, and the configuration around it. The tag
// default:"tcp" names the module where that key may be left out.
//
// A Module with the option inline in its toml tag shares the table with the
// struct that it is a field of: the keys that the struct has no fields for are
// the module's.
type Module struct {
	// Type is the module's name, "" when there is none.
	Type string
	// Pos is where the name stands, or the table when the name is left out.
	Pos Pos
	// Path names the string or table.
	Path string
	// Node is that string or table.
	Node *Node

	skip map[string]bool // keys that are not the module's
}

// IsZero reports whether no module was named.
func (m *Module) IsZero() bool { return m.Type == "" }

// Config gives the module's configuration as a table.
func (m *Module) Config() *Node {
	if m.Node == nil || m.Node.Kind != Table {
		return NewTable("", m.Path, m.Pos, nil)
	}
	return m.Node.filter(func(key string) bool { return !m.skip[key] })
}

// Decode fills in the module's configuration, strictly; see Node.Decode. It fits
// the decode function that module.Entry.Build takes.
func (m *Module) Decode(into any) error { return m.Config().Decode(into) }

// Field gives the position and path of a key of the configuration, such as "path"
// or "steps[1].send", for errors about its value; those of the name when the key is
// absent.
func (m *Module) Field(key string) (Pos, string) {
	if n := m.Config().find(key); n != nil {
		return n.Pos, n.Path
	}
	return m.Pos, m.Path
}

// Refuse adds what is wrong with the module: what its fields are the cause of
// (*module.FieldError) where they stand, all else where the module is named.
func (m *Module) Refuse(errs *Errors, err error) {
	switch err := err.(type) { //nolint:errorlint // each layer is looked at in turn
	case interface{ Unwrap() []error }:
		for _, one := range err.Unwrap() {
			m.Refuse(errs, one)
		}
	case *module.FieldError:
		if n := m.Config().find(err.Field); n != nil {
			errs.Add(err.Err, n.Pos, n.Path)
			return
		}
		errs.Add(err, m.Pos, m.Path)
	default:
		errs.Add(err, m.Pos, m.Path)
	}
}

// Error gives what is wrong with a module that another one uses, with its place.
func (m *Module) Error(err error) error {
	var errs Errors
	m.Refuse(&errs, err)
	return errs.Err()
}

// module decodes a Module that has a key of its own.
func (d *decoder) module(n *Node, into *Module, f *field) {
	switch n.Kind {
	case String:
		if n.Str() == "" {
			d.errs.On(n, "the name of the module is empty")
			return
		}
		*into = Module{Type: n.Str(), Pos: n.Pos, Path: n.Path, Node: n}
	case Table:
		d.moduleTable(n, into, f, nil)
	default:
		d.mismatch(n, "a string or a table")
	}
}

// moduleTable decodes a Module from the table n, in which the keys of owner are
// not the module's.
func (d *decoder) moduleTable(n *Node, into *Module, f *field, owner map[string]int) {
	m := Module{Type: f.fallback, Pos: n.Pos, Path: n.Path, Node: n, skip: map[string]bool{f.module: true}}
	for key := range owner {
		m.skip[key] = true
	}
	name := n.Get(f.module)
	switch {
	case name == nil && f.fallback == "":
		d.errs.On(n, "missing key %q, which names the module", f.module)
		return
	case name == nil:
	case name.Kind != String || name.Str() == "":
		d.errs.On(name, "want the name of a module, got %s", describe(name))
		return
	default:
		m.Type, m.Pos = name.Str(), name.Pos
	}
	*into = m
}

func describe(n *Node) string {
	if n.Kind == String {
		return "an empty string"
	}
	return n.Kind.String()
}
