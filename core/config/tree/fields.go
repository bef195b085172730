package tree

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/system"
)

// field is a struct field that is decoded.
type field struct {
	key      string
	index    []int
	aliases  []string
	required bool
	bool     bool     // true or false stand for the value and for nil
	enum     []string // nil: anything
	min, max string   // "": no limit
	module   string   // the key that names a Module
	fallback string   // the Module when that key is absent
	os       string   // the systems that have it, as in package system; "": all
}

// layout is what the decoder knows of a struct type.
type layout struct {
	fields []field // in the order of the struct, embedded ones included
	byKey  map[string]int
	short  int // the field that a plain value stands for, or -1
	inline int // the field of the Module in the same table, or -1
	pos    [][]int
	node   [][]int
}

var (
	posType    = reflect.TypeFor[Pos]()
	nodeType   = reflect.TypeFor[*Node]()
	moduleType = reflect.TypeFor[Module]()
)

// Keys gives the keys that a struct decodes from, in the order of its fields;
// nil for other types.
func Keys(t reflect.Type) []string {
	if t.Kind() != reflect.Struct {
		return nil
	}
	return layoutOf(t).keys()
}

func (l *layout) keys() []string {
	var keys []string
	for i := range l.fields {
		if l.fields[i].key != "" {
			keys = append(keys, l.fields[i].key)
		}
	}
	return keys
}

func layoutOf(t reflect.Type) *layout {
	l := &layout{byKey: map[string]int{}, short: -1, inline: -1}
	l.collect(t, nil)
	return l
}

func (l *layout) collect(t reflect.Type, index []int) {
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(slices.Clone(index), i)
		tag, tagged := sf.Tag.Lookup("toml")
		switch {
		case sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct:
			l.collect(sf.Type, at)
		case !sf.IsExported() || !tagged:
		case tag == "-":
			switch sf.Type {
			case posType:
				l.pos = append(l.pos, at)
			case nodeType:
				l.node = append(l.node, at)
			}
		default:
			l.add(sf, tag, at)
		}
	}
}

func (l *layout) add(sf reflect.StructField, tag string, index []int) {
	key, options, _ := strings.Cut(tag, ",")
	f := field{
		key: key, index: index, min: sf.Tag.Get("min"), max: sf.Tag.Get("max"),
		module: sf.Tag.Get("module"), fallback: sf.Tag.Get("default"), os: sf.Tag.Get("os"),
	}
	if enum := sf.Tag.Get("enum"); enum != "" {
		f.enum = strings.Split(enum, "|")
	}
	for o := range strings.SplitSeq(options, ",") {
		switch o {
		case "required":
			f.required = true
		case "bool":
			f.bool = true
		case "short":
			l.short = len(l.fields)
		case "inline":
			l.inline = len(l.fields)
			f.key = ""
		default:
			if alias, ok := strings.CutPrefix(o, "alias="); ok {
				f.aliases = append(f.aliases, alias)
				l.byKey[alias] = len(l.fields)
			}
		}
	}
	if f.key != "" {
		l.byKey[f.key] = len(l.fields)
	}
	l.fields = append(l.fields, f)
}

// FieldInfo describes a key for references.
type FieldInfo struct {
	// Key is the key.
	Key string
	// Notes say what may stand there, such as "string", "required", "one of a, b".
	Notes []string
}

// Fields describes the keys that a struct decodes from, in the order of its fields.
func Fields(t reflect.Type) []FieldInfo {
	l := layoutOf(t)
	var out []FieldInfo
	for i := range l.fields {
		f := &l.fields[i]
		if f.key == "" {
			continue
		}
		info := FieldInfo{Key: f.key, Notes: []string{typeName(t.FieldByIndex(f.index).Type)}}
		if f.required {
			info.Notes = append(info.Notes, "required")
		}
		if f.enum != nil {
			info.Notes = append(info.Notes, "one of "+strings.Join(f.enum, " "))
		}
		if f.min != "" {
			info.Notes = append(info.Notes, "at least "+f.min)
		}
		if f.max != "" {
			info.Notes = append(info.Notes, "at most "+f.max)
		}
		if f.os != "" {
			info.Notes = append(info.Notes, "needs "+system.Names(f.os))
		}
		out = append(out, info)
	}
	return out
}

// typeName says what a value of a type is written as.
func typeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "duration"
	case reflect.TypeFor[Size]():
		return "size"
	case reflect.TypeFor[Text]():
		return "string"
	case moduleType:
		return "module"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if t.PkgPath() != "" && reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
			return "string"
		}
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array of " + typeName(t.Elem())
	}
	return "table"
}
