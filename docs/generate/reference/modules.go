// Package reference describes modules and structs of configuration in Markdown,
// from their types and the comments on them: the pages of docs/reference and
// those of plugins are made of it.
//
//	src := reference.NewSource(map[string]string{"example.com/plugin": "."})
//	err := reference.Modules(&b, src, list)
//
// It reads the Go files of the packages whose types it describes. A Source
// belongs to one goroutine.
package reference

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// kinds say what the modules of a kind are for, and where they are named.
var kinds = map[string]string{
	"action":     "What rules do: `do` in `http-request`, `http-response`, `http-after-response`, `tcp-request` and `tcp-response`.",
	"balancer":   "How a backend chooses a server: `balance`.",
	"check":      "How the health of servers is looked at: `check`, with `type`.",
	"converter":  "What expressions do with a value: a name after a comma, as in `req.hdr(host),lower`.",
	"fetch":      "Where expressions take values from: the name that an expression begins with.",
	"layer":      "What lies between a protocol and the streams: `tls` of binds and servers.",
	"logformat":  "What log lines look like: `format` in a log's table. `log` at the end of a name may be left out there.",
	"logger":     "Where log lines go: `to` in a log's table.",
	"matcher":    "How ACLs compare values with patterns: `-m NAME`, or a name after an underscore, as in `path_beg`.",
	"mode":       "What proxies understand: `mode`. The mode `tcp` is in every build.",
	"protocol":   "How to listen and connect: the prefix of an address, as in `mptcp@:80`.",
	"service":    "What answers requests itself: `service` of the action `use-service`.",
	"certs":      "Where certificates come from: `type` in [acme.NAME] sections.",
	"dns":        "Who changes zones, by which names are proven: `dns` of the module `acme`.",
	"tablestore": "Where stick tables are kept.",
	"filter":     "What sees and changes the data of streams.",
	"discovery":  "Where servers come from.",
	"adapter":    "Which other formats a configuration may be written in.",
	"storage":    "Where certificates and keys are kept: `storage` of the modules of certs.",
}

// Modules writes the modules of a list, which is sorted by kind, each kind under
// a heading. Errors name what has no comment.
func Modules(b *strings.Builder, src *Source, list []module.Info) error {
	var errs []error
	for len(list) > 0 {
		kind, n := list[0].Kind, 0
		for n < len(list) && list[n].Kind == kind {
			n++
		}
		if kinds[kind] == "" {
			errs = append(errs, fmt.Errorf("nothing says what the kind %s is for: add it to docs/generate/reference/modules.go", kind))
		}
		fmt.Fprintf(b, "## %s\n\n%s\n\n", kind, kinds[kind])
		if write := records[kind]; write != nil {
			errs = append(errs, write(b, list[:n]))
		} else {
			for _, m := range list[:n] {
				errs = append(errs, Module(b, src, m))
			}
		}
		list = list[n:]
	}
	return errors.Join(errs...)
}

// Module writes what a module does and its settings.
func Module(b *strings.Builder, src *Source, m module.Info) error {
	fmt.Fprintf(b, "### %s\n\n%s.", m.ID(), m.Doc)
	if m.Stability != module.Stable {
		fmt.Fprintf(b, " %s.", Sentence(m.Stability.String()))
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
	if text, err := src.TypeDoc(t); err != nil {
		return err
	} else if _, more, ok := strings.Cut(text, ". "); ok { // what the first sentence says is said above
		fmt.Fprintf(b, "%s\n\n", more)
	}
	var nested []reflect.Type
	types := Namer{Table: func(t reflect.Type) string {
		nested = append(nested, t)
		return "table"
	}}
	rows, err := src.Rows(t, types)
	if err != nil {
		return err
	}
	WriteRows(b, rows)
	for i := 0; i < len(nested); i++ {
		text, err := src.TypeDoc(nested[i])
		if err != nil {
			return err
		}
		rows, err := src.Rows(nested[i], types)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "`%s`: %s\n\n", Kebab(nested[i].Name()), strings.TrimPrefix(text, nested[i].Name()+" is "))
		WriteRows(b, rows)
	}
	return nil
}

// Sentence begins text with a capital.
func Sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// words are where a new word begins in a Go name: behind a small letter, and before
// the last capital of an abbreviation.
var words = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)

// Kebab writes a Go name as keys are: UseBackend is use-backend, TLSOptions tls-options.
func Kebab(name string) string {
	return strings.ToLower(words.ReplaceAllString(name, "$1$3-$2$4"))
}
