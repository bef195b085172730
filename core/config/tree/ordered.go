package tree

import (
	"iter"
	"reflect"
)

// Ordered is a table with keys of the user's choice, in the order of the file.
type Ordered[T any] struct {
	// Entries are the keys and values in their order.
	Entries []Entry[T]
}

// Entry is a key of an Ordered table and its value.
type Entry[T any] struct {
	Key   string
	Value T
	// Pos is where the key stands, Path its path.
	Pos  Pos
	Path string
}

// Len gives the number of keys.
func (o *Ordered[T]) Len() int { return len(o.Entries) }

// Get gives a key's value.
func (o *Ordered[T]) Get(key string) (value T, ok bool) {
	for i := range o.Entries {
		if o.Entries[i].Key == key {
			return o.Entries[i].Value, true
		}
	}
	return value, false
}

// All gives the keys and pointers to their values, in order.
func (o *Ordered[T]) All() iter.Seq2[string, *T] {
	return func(yield func(string, *T) bool) {
		for i := range o.Entries {
			if !yield(o.Entries[i].Key, &o.Entries[i].Value) {
				return
			}
		}
	}
}

// Keys gives the keys in order.
func (o *Ordered[T]) Keys() []string {
	keys := make([]string, len(o.Entries))
	for i := range o.Entries {
		keys[i] = o.Entries[i].Key
	}
	return keys
}

func (o *Ordered[T]) decode(d *decoder, n *Node, f *field) {
	if n.Kind != Table {
		d.mismatch(n, "a table").Hint = "write [" + n.Path + ".NAME]"
		return
	}
	o.Entries = make([]Entry[T], len(n.Children))
	for i, c := range n.Children {
		e := &o.Entries[i]
		e.Key, e.Pos, e.Path = c.Key, c.KeyPos, c.Path
		decodeInto(d, c, &e.Value, f)
	}
}

// OneOrMany is a list that may be written as its only element.
type OneOrMany[T any] []T

func (o *OneOrMany[T]) decode(d *decoder, n *Node, f *field) {
	nodes := []*Node{n}
	if n.Kind == Array {
		nodes = n.Children
	}
	*o = make([]T, len(nodes))
	for i, c := range nodes {
		decodeInto(d, c, &(*o)[i], f)
	}
}

// decodeInto decodes into a value that has only its zero value yet.
func decodeInto[T any](d *decoder, n *Node, into *T, f *field) {
	if p, ok := any(into).(Defaulter); ok {
		p.SetDefaults()
	}
	d.value(n, reflect.ValueOf(into).Elem(), f)
}
