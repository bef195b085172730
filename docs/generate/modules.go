package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
	_ "github.com/fairleadproxy/fairlead/modules/standard/all"
)

// kinds say what the modules of a kind are for, and where they are named.
var kinds = map[string]string{
	"action":     "What rules do: `do` in `http-request`, `http-response`, `http-after-response`, `tcp-request` and `tcp-response`.",
	"balancer":   "How a backend chooses a server: `balance`.",
	"check":      "How the health of servers is looked at: `check`, with `type`.",
	"converter":  "What expressions do with a value: a name after a comma, as in `req.hdr(host),lower`.",
	"fetch":      "Where expressions take values from: the name that an expression begins with.",
	"logformat":  "What log lines look like: `format` in a log's table. `log` at the end of a name may be left out there.",
	"logger":     "Where log lines go: `to` in a log's table.",
	"matcher":    "How ACLs compare values with patterns: `-m NAME`, or a name after an underscore, as in `path_beg`.",
	"protocol":   "How to listen and connect: the prefix of an address, as in `mptcp@:80`.",
	"service":    "What answers requests itself: `service` of the action `use-service`.",
	"certs":      "Where certificates come from.",
	"tablestore": "Where stick tables are kept.",
	"filter":     "What sees and changes the data of streams.",
	"discovery":  "Where servers come from.",
	"adapter":    "Which other formats a configuration may be written in.",
	"storage":    "Where what has to last is kept.",
}

const modulesIntro = `# Modules

The modules of the standard build, by kind. ` + "`fairlead list-modules`" + ` lists those of a binary, and
` + "`fairlead doc NAME`" + ` describes one. How values are written is in the [configuration reference](configuration.md).
Modules are stable unless it is said otherwise.

`

// modules makes the page of modules.
func modules(src *source) (string, error) {
	r := module.Default()
	if err := r.Err(); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(modulesIntro)
	for _, kind := range r.Kinds() {
		fmt.Fprintf(&b, "- [%s](#%s)\n", kind, kind)
	}
	b.WriteString("\n")
	var errs []error
	for _, kind := range r.Kinds() {
		if kinds[kind] == "" {
			errs = append(errs, fmt.Errorf("nothing says what the kind %s is for: add it to docs/generate/modules.go", kind))
		}
		fmt.Fprintf(&b, "## %s\n\n%s\n\n", kind, kinds[kind])
		var list []module.Info
		for _, m := range r.Modules() {
			if m.Kind == kind {
				list = append(list, m)
			}
		}
		if write := records[kind]; write != nil {
			errs = append(errs, write(&b, list))
			continue
		}
		for _, m := range list {
			errs = append(errs, writeModule(&b, src, m))
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n", errors.Join(errs...)
}

// writeModule writes what a module does and its settings.
func writeModule(b *strings.Builder, src *source, m module.Info) error {
	fmt.Fprintf(b, "### %s\n\n%s.", m.ID(), m.Doc)
	if m.Stability != module.Stable {
		fmt.Fprintf(b, " %s.", sentence(m.Stability.String()))
	}
	entry := module.Default().ConfigOf(m.Kind, m.Name)
	if m.Kind == "action" {
		lists, err := legal(entry)
		if err != nil {
			return fmt.Errorf("%s: %w", m.ID(), err)
		}
		fmt.Fprintf(b, " Legal in %s.", lists)
	}
	b.WriteString("\n\n")
	t := entry.ConfigType()
	if t == nil || t.Kind() != reflect.Struct || t.NumField() == 0 {
		return nil
	}
	if text, err := src.typeDoc(t); err != nil {
		return err
	} else if _, more, ok := strings.Cut(text, ". "); ok { // what the first sentence says is said above
		fmt.Fprintf(b, "%s\n\n", more)
	}
	var nested []reflect.Type
	types := namer{table: func(t reflect.Type) string {
		nested = append(nested, t)
		return "table"
	}}
	rows, err := src.rows(t, types)
	if err != nil {
		return err
	}
	writeRows(b, rows)
	for i := 0; i < len(nested); i++ {
		text, err := src.typeDoc(nested[i])
		if err != nil {
			return err
		}
		rows, err := src.rows(nested[i], types)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "`%s`: %s\n\n", kebab(nested[i].Name()), strings.TrimPrefix(text, nested[i].Name()+" is "))
		writeRows(b, rows)
	}
	return nil
}

// sentence begins text with a capital.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
