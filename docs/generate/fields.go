package main

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// row is a line of a table of keys: one key, or several with one comment.
type row struct {
	keys      []string
	kinds     []string // what may be written, by key
	otherwise string   // the default
	doc       string
}

// rows describes the keys that a struct decodes from; embedded structs count as
// part of it.
func (s *source) rows(t reflect.Type, types namer) ([]row, error) {
	docs, err := s.fieldDocs(t)
	if err != nil {
		return nil, err
	}
	var out []row
	var errs []error
	made := map[*comment]int{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("toml")
		if f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct {
			inner, err := s.rows(f.Type, types)
			out, errs = append(out, inner...), append(errs, err)
			continue
		}
		if !f.IsExported() || !tagged || tag == "-" {
			continue
		}
		c := docs[f.Name]
		if c == nil || c.text == "" {
			errs = append(errs, fmt.Errorf("%v.%s has no comment", t, f.Name))
			continue
		}
		key, kind := describe(f, tag, types)
		if n, again := made[c]; again {
			out[n].keys, out[n].kinds = append(out[n].keys, key), append(out[n].kinds, kind)
			continue
		}
		made[c] = len(out)
		text, otherwise := splitDefault(c.text)
		must := strings.Contains(tag, ",required") || strings.Contains(tag, ",inline") && f.Tag.Get("default") == ""
		if must && otherwise == "" {
			otherwise = "required"
		}
		out = append(out, row{[]string{key}, []string{kind}, otherwise, text})
	}
	for c, n := range made {
		out[n].doc = renamed(withoutSubject(out[n].doc, c.names), c.names, t)
		out[n].otherwise = renamed(out[n].otherwise, c.names, t)
	}
	return out, errors.Join(errs...)
}

// describe gives a field's key, and what may be written there.
func describe(f reflect.StructField, tag string, types namer) (key, kind string) {
	key, options, _ := strings.Cut(tag, ",")
	if key == "" { // a module in the same table
		return f.Tag.Get("module"), "name of a module"
	}
	kind = types.name(f.Type)
	if strings.Contains(options, "bool") {
		kind = "boolean or " + kind
	}
	if f.Type == reflect.TypeFor[tree.Module]() {
		kind = "string, or table with `" + f.Tag.Get("module") + "`"
	}
	if enum := f.Tag.Get("enum"); enum != "" {
		kind = "`" + strings.ReplaceAll(enum, "|", "`, `") + "`"
	}
	low, high := f.Tag.Get("min"), f.Tag.Get("max")
	switch {
	case low != "" && high != "":
		kind += ", " + low + " to " + high
	case low != "":
		kind += ", at least " + low
	case high != "":
		kind += ", at most " + high
	}
	for o := range strings.SplitSeq(options, ",") {
		if alias, ok := strings.CutPrefix(o, "alias="); ok {
			kind += "; also called `" + alias + "`"
		}
	}
	return key, kind
}

var (
	defaults = regexp.MustCompile(`(^|[.;] )Default:? (.*?)\.($| [A-Z])`)
	required = regexp.MustCompile(`(^|\. )Required\.($| )`)
	// internal are sentences for readers of the code.
	internal = regexp.MustCompile(`(^| )(See [A-Z]\w+\.[A-Z]\w+|After loading[^.]*)\.`)
)

// splitDefault takes the sentence that tells the default out of a comment.
func splitDefault(text string) (rest, otherwise string) {
	text = internal.ReplaceAllString(text, "")
	if m := defaults.FindStringSubmatchIndex(text); m != nil {
		otherwise = text[m[4]:m[5]]
		text = text[:m[3]] + text[m[6]:]
		text = strings.TrimSuffix(strings.TrimSpace(text), ";")
	} else if m := required.FindStringIndex(text); m != nil {
		otherwise = "required"
		text = strings.TrimPrefix(text[:m[0]]+". "+text[m[1]:], ". ")
	}
	return clean(text), otherwise
}

// withoutSubject takes the names of what a comment is about from its beginning,
// since they stand beside it: "A and B are the limits." becomes "The limits.".
func withoutSubject(text string, names []string) string {
	last := len(names) - 1
	subject := names[last]
	if last > 0 {
		subject = strings.Join(names[:last], ", ") + " and " + subject
	}
	rest, ok := strings.CutPrefix(text, subject+" ")
	if !ok {
		return text
	}
	for _, verb := range []string{"is ", "are "} {
		rest = strings.TrimPrefix(rest, verb)
	}
	return sentence(rest)
}

// renamed replaces the names of the fields that a comment is about by their keys.
func renamed(text string, names []string, t reflect.Type) string {
	for _, name := range names {
		f, _ := t.FieldByName(name)
		key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if key == "" {
			key = f.Tag.Get("module")
		}
		if key == "" || key == "-" {
			continue
		}
		text = regexp.MustCompile(`\b`+name+`\b`).ReplaceAllString(text, "`"+key+"`")
	}
	return text
}

// writeRows writes a table of keys.
func writeRows(b *strings.Builder, rows []row) {
	b.WriteString("| Key | Value | Default | Meaning |\n|---|---|---|---|\n")
	for _, r := range rows {
		var kinds []string // each once
		for _, k := range r.kinds {
			if !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", strings.Join(r.keys, "`, `"),
			strings.Join(kinds, "; "), cell(r.otherwise), cell(r.doc))
	}
	b.WriteString("\n")
}

// cell makes text fit for a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", `\<`).Replace(text)
}
