package tree

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/system"
)

// Decoder is implemented by types that decode themselves. The error may be an
// *Errors; others are reported at the node.
type Decoder interface {
	DecodeNode(n *Node) error
}

// Defaulter is implemented by types whose values the decoder makes, as elements
// of slices, so that they have their defaults before keys are decoded into them.
type Defaulter interface{ SetDefaults() }

// Elsewhere is implemented by structs that HAProxy has more keys for than are
// decoded: those that are written otherwise here, or that cannot be.
type Elsewhere interface {
	// Elsewhere says why a key is none and what to write instead; "" for all others.
	Elsewhere(key string) (why, instead string)
}

// Decode fills in the value that into points to. It is strict: unknown keys,
// wrong types and values out of range are errors, all of which are in the
// *Errors that it returns as its error.
func (n *Node) Decode(into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("internal error: cannot decode into %T, which is no pointer", into)
	}
	d := &decoder{layouts: map[reflect.Type]*layout{}}
	d.value(n, v.Elem(), &field{})
	return d.errs.Err()
}

type decoder struct {
	errs    Errors
	layouts map[reflect.Type]*layout
}

// self is implemented by the generic types of this package.
type self interface {
	decode(d *decoder, n *Node, f *field)
}

func (d *decoder) layout(t reflect.Type) *layout {
	l := d.layouts[t]
	if l == nil {
		l = layoutOf(t)
		d.layouts[t] = l
	}
	return l
}

// mismatch reports that a node is not what is wanted there.
func (d *decoder) mismatch(n *Node, want string) *Error {
	return d.errs.On(n, "want %s, got %v", want, n.Kind)
}

func (d *decoder) value(n *Node, v reflect.Value, f *field) {
	if v.CanAddr() && v.Kind() != reflect.Pointer {
		switch into := v.Addr().Interface().(type) {
		case self:
			into.decode(d, n, f)
			return
		case Decoder:
			d.errs.Add(into.DecodeNode(n), n.Pos, n.Path)
			return
		case *Module:
			d.module(n, into, f)
			return
		case *time.Time:
			if n.Kind != Time {
				d.mismatch(n, "a date or time")
				return
			}
			*into = n.Time()
			return
		case *time.Duration:
			d.duration(n, into, f)
			return
		case *Size:
			d.size(n, into, f)
			return
		case encoding.TextUnmarshaler:
			d.text(n, into, f)
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		d.pointer(n, v, f)
	case reflect.Struct:
		d.structure(n, v, nil)
	case reflect.Slice:
		d.slice(n, v, f)
	case reflect.Map:
		d.mapping(n, v, f)
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(n.Value()))
			return
		}
		d.errs.On(n, "internal error: cannot decode into %v", v.Type())
	default:
		d.scalar(n, v, f)
	}
}

// fresh makes a value with its defaults.
func fresh(t reflect.Type) reflect.Value {
	v := reflect.New(t)
	if p, ok := v.Interface().(Defaulter); ok {
		p.SetDefaults()
	}
	return v.Elem()
}

func (d *decoder) pointer(n *Node, v reflect.Value, f *field) {
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(n))
		return
	}
	made := fresh(v.Type().Elem())
	if f.bool && n.Kind == Bool {
		v.SetZero()
		if n.Bool() {
			v.Set(made.Addr())
		}
		return
	}
	if f.bool && n.Kind != Table && made.Kind() == reflect.Struct && d.layout(made.Type()).short < 0 {
		d.mismatch(n, "true, false or a table")
		return
	}
	d.value(n, made, f)
	v.Set(made.Addr())
}

func (d *decoder) text(n *Node, into encoding.TextUnmarshaler, f *field) {
	if n.Kind != String {
		d.mismatch(n, "a string")
		return
	}
	if !d.allowed(n, f) {
		return
	}
	if err := into.UnmarshalText([]byte(n.Str())); err != nil {
		d.errs.On(n, "%s", err.Error())
	}
}

func (d *decoder) slice(n *Node, v reflect.Value, f *field) {
	if n.Kind != Array {
		d.mismatch(n, "an array").Hint = "an array is [ VALUE, ... ]"
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Children), len(n.Children))
	for i, c := range n.Children {
		e := fresh(v.Type().Elem())
		d.value(c, e, f)
		out.Index(i).Set(e)
	}
	v.Set(out)
}

func (d *decoder) mapping(n *Node, v reflect.Value, f *field) {
	if n.Kind != Table {
		d.mismatch(n, "a table")
		return
	}
	if v.Type().Key().Kind() != reflect.String {
		d.errs.On(n, "internal error: cannot decode into %v", v.Type())
		return
	}
	out := reflect.MakeMapWithSize(v.Type(), len(n.Children))
	for _, c := range n.Children {
		e := fresh(v.Type().Elem())
		d.value(c, e, f)
		out.SetMapIndex(reflect.ValueOf(c.Key).Convert(v.Type().Key()), e)
	}
	v.Set(out)
}

// structure decodes a table into a struct, but for the keys that a Module's
// owner has consumed.
func (d *decoder) structure(n *Node, v reflect.Value, skip map[string]bool) {
	l := d.layout(v.Type())
	for _, i := range l.pos {
		v.FieldByIndex(i).Set(reflect.ValueOf(n.Pos))
	}
	for _, i := range l.node {
		v.FieldByIndex(i).Set(reflect.ValueOf(n))
	}
	if n.Kind != Table && l.plain(n) {
		d.short(n, v, l)
		return
	}
	if n.Kind != Table {
		want := "a table"
		if l.short >= 0 || l.inline >= 0 {
			want = "a string or a table"
		}
		d.mismatch(n, want).Hint = "a table is { KEY = VALUE, ... }"
		return
	}
	given := make(map[int]string, len(n.Children))
	for _, c := range n.Children {
		i, known := l.byKey[c.Key]
		switch {
		case skip[c.Key]:
		case known && given[i] != "":
			d.errs.OnKey(c, "%q and %q are the same", given[i], c.Key).Hint = "write only one of them"
		case known:
			given[i] = c.Key
			f := &l.fields[i]
			into := v.FieldByIndex(f.index)
			d.value(c, into, f)
			if f.os != "" && !system.Is(f.os) && !into.IsZero() {
				d.errs.OnKey(c, "%s needs %s, and this is %s", c.Key, system.Names(f.os), system.Name()).Hint = "leave it out"
			}
		case l.inline < 0:
			d.unknown(c, v, l.keys())
		}
	}
	for i := range l.fields {
		if f := &l.fields[i]; f.required && given[i] == "" {
			d.errs.At(n.Pos, n.Path, "missing required key %q", f.key)
		}
	}
	if l.inline >= 0 {
		f := &l.fields[l.inline]
		m := v.FieldByIndex(f.index).Addr().Interface().(*Module)
		d.moduleTable(n, m, f, l.byKey)
	}
}

// plain reports whether the node, which is no table, may stand for one.
func (l *layout) plain(n *Node) bool {
	return l.short >= 0 || l.inline >= 0 && n.Kind == String
}

// short decodes a plain value as the table that it stands for.
func (d *decoder) short(n *Node, v reflect.Value, l *layout) {
	i := l.short
	if i < 0 {
		i = l.inline
	}
	f := &l.fields[i]
	d.value(n, v.FieldByIndex(f.index), f)
	for j := range l.fields {
		if j != i && l.fields[j].required {
			d.errs.On(n, "missing required key %q", l.fields[j].key).Hint = "write a table with it"
		}
	}
}

func elsewhere(v reflect.Value) (Elsewhere, bool) {
	if !v.CanAddr() {
		return nil, false
	}
	of, ok := v.Addr().Interface().(Elsewhere)
	return of, ok
}

// maxListed is how many keys an error lists.
const maxListed = 8

func (d *decoder) unknown(c *Node, v reflect.Value, keys []string) {
	if of, ok := elsewhere(v); ok {
		if why, instead := of.Elsewhere(c.Key); why != "" {
			d.errs.OnKey(c, "%s", why).Hint = instead
			return
		}
	}
	e := d.errs.OnKey(c, "unknown key %q", c.Key).Suggest(c.Key, keys)
	switch {
	case e.Hint != "":
	case len(keys) == 0:
		e.Hint = "there are no keys here"
	case len(keys) <= maxListed:
		e.Hint = "the keys here are " + strings.Join(keys, ", ")
	}
}
