package reference

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/system"
)

// Row is a line of a table of keys: one key, or several with one comment.
type Row struct {
	Keys      []string
	Kinds     []string // what may be written, by key
	Otherwise string   // the default
	Doc       string
}

// Rows describes the keys that a struct decodes from; embedded structs count as
// part of it.
func (s *Source) Rows(t reflect.Type, types Namer) ([]Row, error) {
	docs, err := s.FieldDocs(t)
	if err != nil {
		return nil, err
	}
	var out []Row
	var errs []error
	made := map[*Comment]int{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("toml")
		if f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct {
			inner, err := s.Rows(f.Type, types)
			out, errs = append(out, inner...), append(errs, err)
			continue
		}
		if !f.IsExported() || !tagged || tag == "-" {
			continue
		}
		c := docs[f.Name]
		if c == nil || c.Text == "" {
			errs = append(errs, fmt.Errorf("%v.%s has no comment", t, f.Name))
			continue
		}
		key, kind := describe(f, tag, types)
		if n, again := made[c]; again {
			out[n].Keys, out[n].Kinds = append(out[n].Keys, key), append(out[n].Kinds, kind)
			continue
		}
		made[c] = len(out)
		text, otherwise := SplitDefault(c.Text)
		if systems := f.Tag.Get("os"); systems != "" {
			text += " Needs " + system.Names(systems) + "."
		}
		must := strings.Contains(tag, ",required") || strings.Contains(tag, ",inline") && f.Tag.Get("default") == ""
		if must && otherwise == "" {
			otherwise = "required"
		}
		out = append(out, Row{[]string{key}, []string{kind}, otherwise, text})
	}
	for c, n := range made {
		out[n].Doc = renamed(WithoutSubject(out[n].Doc, c.Names), c.Names, t)
		out[n].Otherwise = renamed(out[n].Otherwise, c.Names, t)
	}
	return out, errors.Join(errs...)
}

// describe gives a field's key, and what may be written there.
func describe(f reflect.StructField, tag string, types Namer) (key, kind string) {
	key, options, _ := strings.Cut(tag, ",")
	if key == "" { // a module in the same table
		return f.Tag.Get("module"), "name of a module"
	}
	kind = types.Name(f.Type)
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

// SplitDefault takes the sentence that tells the default out of a comment.
func SplitDefault(text string) (rest, otherwise string) {
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

// WithoutSubject takes the names of what a comment is about from its beginning,
// since they stand beside it: "A and B are the limits." becomes "The limits.".
func WithoutSubject(text string, names []string) string {
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
	return Sentence(rest)
}

// renamed replaces the names of the fields that a comment is about by their keys,
// where it is about several: the name of a single one is a word like others.
func renamed(text string, names []string, t reflect.Type) string {
	if len(names) == 1 {
		return text
	}
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

// WriteRows writes a table of keys.
func WriteRows(b *strings.Builder, rows []Row) {
	b.WriteString("| Key | Value | Default | Meaning |\n|---|---|---|---|\n")
	for _, r := range rows {
		var kinds []string // each once
		for _, k := range r.Kinds {
			if !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", strings.Join(r.Keys, "`, `"),
			strings.Join(kinds, "; "), Cell(r.Otherwise), Cell(r.Doc))
	}
	b.WriteString("\n")
}

// Cell makes text fit for a table.
func Cell(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", `\<`).Replace(text)
}
