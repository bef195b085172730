package reference

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// records are the kinds whose modules are records: one table each.
var records = map[string]func(*strings.Builder, []module.Info) error{
	"fetch":     writeFetches,
	"converter": writeConverters,
	"matcher":   writeMatchers,
}

func writeFetches(b *strings.Builder, list []module.Info) error {
	b.WriteString("| Fetch | Type | Legal in | Meaning |\n|---|---|---|---|\n")
	return writeRecords(b, list, func(m module.Info, f expr.Fetch) {
		fmt.Fprintf(b, "| `%s%s` | %v | %s | %s |\n", m.Name, arguments(f.Args), f.Out, phases(f.Phases), Cell(Sentence(m.Doc)))
	})
}

func writeConverters(b *strings.Builder, list []module.Info) error {
	b.WriteString("| Converter | From | To | Meaning |\n|---|---|---|---|\n")
	return writeRecords(b, list, func(m module.Info, c expr.Converter) {
		fmt.Fprintf(b, "| `%s%s` | %v | %v | %s |\n", m.Name, arguments(c.Args), c.In, c.Out, Cell(Sentence(m.Doc)))
	})
}

func writeMatchers(b *strings.Builder, list []module.Info) error {
	b.WriteString("| Matcher | Values | Meaning |\n|---|---|---|\n")
	return writeRecords(b, list, func(m module.Info, x expr.Matcher) {
		fmt.Fprintf(b, "| `%s` | %v | %s |\n", m.Name, x.In, Cell(Sentence(m.Doc)))
	})
}

func writeRecords[R any](b *strings.Builder, list []module.Info, write func(module.Info, R)) error {
	var errs []error
	for _, m := range list {
		rec, ok := module.Default().ConfigOf(m.Kind, m.Name).Record().(R)
		if !ok {
			errs = append(errs, fmt.Errorf("%s is no record", m.ID()))
			continue
		}
		write(m, rec)
	}
	b.WriteString("\n")
	return errors.Join(errs...)
}

// argTypes are the types of arguments.
var argTypes = map[expr.ArgType]string{
	expr.ArgStr: "string", expr.ArgInt: "integer", expr.ArgSize: "size", expr.ArgDuration: "duration",
	expr.ArgIP: "ip", expr.ArgMask: "mask", expr.ArgMask6: "mask6", expr.ArgRegex: "regex",
	expr.ArgFrontend: "frontend", expr.ArgBackend: "backend", expr.ArgServer: "server", expr.ArgVar: "variable",
	expr.ArgUserlist: "userlist", expr.ArgIntOrVar: "integer or variable", expr.ArgStrOrVar: "string or variable",
}

// arguments gives the arguments in HAProxy's notation, with types where the
// name does not tell.
func arguments(args []expr.Arg) string {
	if len(args) == 0 {
		return ""
	}
	list := make([]string, len(args))
	for i, a := range args {
		text := a.Name
		if kind := argTypes[a.Type]; kind != a.Name && a.Type != expr.ArgStr {
			text += ": " + kind
		}
		if list[i] = "<" + text + ">"; a.Optional {
			list[i] = "[" + text + "]"
		}
	}
	return "(" + strings.Join(list, ",") + ")"
}

// sets are sets of phases with a short name.
var sets = map[expr.Phases]string{
	expr.Everywhere:  "everywhere",
	expr.FromSession: "everywhere but tcp-request connection",
	expr.WithStream:  "everywhere but tcp-request connection and session",
}

func phases(p expr.Phases) string {
	if name := sets[p]; name != "" {
		return name
	}
	return p.String()
}

// probes are configurations of actions that need more than what is required of
// each key by itself.
var probes = map[string]string{
	"redirect": `location = "/"`,
	"return":   `status = 200`,
}

// legal gives the rule lists in which an action may stand.
func legal(entry *module.Entry[any]) (string, error) {
	text, given := probes[entry.Info().Name]
	if !given {
		text = probe(entry.ConfigType())
	}
	node, err := tree.Parse("probe.toml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		return "", err
	}
	ctx := module.NewContext(module.ContextOptions{})
	x, err := entry.Build(ctx, func(into any) error { return node.Decode(into) })
	if err != nil {
		return "", fmt.Errorf("add a configuration of it to probes in docs/generate/records.go: %w", err)
	}
	a, ok := x.(action.Action)
	if !ok {
		return "", fmt.Errorf("%T is no action", x)
	}
	// Actions stand in lists of rules only.
	return phases(a.Phases()), nil
}

// probe makes a configuration with the keys that are required.
func probe(t reflect.Type) string {
	var b strings.Builder
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("toml")
		if f.Anonymous && !tagged {
			b.WriteString(probe(f.Type))
			continue
		}
		key, options, _ := strings.Cut(tag, ",")
		first, _, _ := strings.Cut(f.Tag.Get("enum"), "|")
		switch {
		case options == "inline":
			fmt.Fprintf(&b, "%s = \"static\"\n", f.Tag.Get("module"))
		case !strings.Contains(options, "required"):
		case f.Type.Kind() == reflect.Int:
			fmt.Fprintf(&b, "%s = 200\n", key)
		default:
			fmt.Fprintf(&b, "%s = %q\n", key, cmp.Or(first, "x"))
		}
	}
	return b.String()
}
