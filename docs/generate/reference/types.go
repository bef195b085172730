package reference

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/storage"
)

// Namer says how values of types are written in files.
type Namer struct {
	// Special are types that are not written as they are made.
	Special map[reflect.Type]string
	// Table is called for each struct that is written as a table, and gives how
	// it is called.
	Table func(reflect.Type) string
}

// plain are types that are written as values of their own.
var plain = map[reflect.Type]string{
	reflect.TypeFor[time.Duration]():  "duration",
	reflect.TypeFor[tree.Size]():      "size",
	reflect.TypeFor[tree.Text]():      "string",
	reflect.TypeFor[tree.Module]():    "string or table",
	reflect.TypeFor[*tree.Node]():     "table",
	reflect.TypeFor[logs.Facility]():  "string",
	reflect.TypeFor[logs.Style]():     "string",
	reflect.TypeFor[logs.Level]():     "string",
	reflect.TypeFor[storage.Choice](): "string or table",
}

func (n Namer) Name(t reflect.Type) string {
	if s, ok := n.Special[t]; ok {
		return s
	}
	if s, ok := plain[t]; ok {
		return s
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "string"
	case strings.HasPrefix(t.Name(), "OneOrMany["):
		one := n.Name(t.Elem())
		return one + ", or list of these"
	case strings.HasPrefix(t.Name(), "Ordered["):
		entries, _ := t.FieldByName("Entries")
		value, _ := entries.Type.Elem().FieldByName("Value")
		return "table by name: " + n.Name(value.Type)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return n.Name(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of: " + n.Name(t.Elem())
	case reflect.Map:
		return "table by name: " + n.Name(t.Elem())
	case reflect.Struct:
		return n.structName(t)
	}
	return fmt.Sprint(t)
}

// structName is the name of a struct, which a plain value may stand for.
func (n Namer) structName(t reflect.Type) string {
	name := n.Table(t)
	for i := range t.NumField() {
		f := t.Field(i)
		switch _, options, _ := strings.Cut(f.Tag.Get("toml"), ","); {
		case options == "inline":
			return "string or " + name
		case strings.Contains(options, "short"):
			return n.Name(f.Type) + " or " + name
		}
	}
	return name
}
