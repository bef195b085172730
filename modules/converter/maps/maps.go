// Package maps registers the converters of HAProxy's manual, section 7.3.1,
// that look a value up in a file: map, and map_METHOD and map_METHOD_OUTPUT for
// the match methods str, beg, end, sub, dir, dom, reg, int and ip and the
// outputs str, int, ip and key; map_regm puts groups of the match into the value.
//
// A file has a key and a value on each line; empty lines and those that begin
// with '#' do not count:
//
//	# host        backend
//	example.com   site
//
// Files are read once, when a configuration is loaded; several uses of one file
// read it several times. What was read does not change and may be used by many
// goroutines at once. A look-up by str, beg or ip takes the finest match however
// many keys there are; the others take the first line that matches. The methods
// are those that are registered as matchers. A key may be repeated with the
// quick methods, the first one counts. Entries cannot be changed while running.
package maps

import (
	"fmt"
	"os"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

func init() {
	for _, r := range records() {
		module.RegisterRecord(expr.ConverterKind, r.Name, r.Doc, r.Converter)
	}
}

// methods are the match methods, with the type that they take.
var methods = []struct {
	name string
	in   expr.Type
}{
	{"str", expr.Str}, {"beg", expr.Str}, {"end", expr.Str}, {"sub", expr.Str}, {"dir", expr.Str},
	{"dom", expr.Str}, {"reg", expr.Str}, {"int", expr.Int}, {"ip", expr.IP},
}

// output is what a map gives.
type output uint8

const (
	asStr output = iota
	asInt
	asIP
	asKey
)

var outputs = []struct {
	suffix string
	out    output
	typ    expr.Type
	doc    string
}{
	{"", asStr, expr.Str, "its value"}, {"_str", asStr, expr.Str, "its value"}, {"_int", asInt, expr.Int, "its value as an integer"},
	{"_ip", asIP, expr.IP, "its value as an address"}, {"_key", asKey, expr.Str, "the key as it stands in the file"},
}

func records() []arg.Record {
	list := []arg.Record{
		record("map", "str", "looks the whole string up in a file and gives its value", expr.Str, expr.Str, asStr),
		{Name: "map_regm", Converter: expr.Converter{
			Doc: "looks for the first regular expression of a file that matches, and gives its value with \\1 to \\9 replaced by the match's groups",
			In:  expr.Str, Out: expr.Str, Args: arguments(asStr), Bind: bindGroups, Eval: lookupGroups}},
	}
	for _, m := range methods {
		for _, o := range outputs {
			doc := "looks for what matches by " + m.name + " in a file and gives " + o.doc
			list = append(list, record("map_"+m.name+o.suffix, m.name, doc, m.in, o.typ, o.out))
		}
	}
	return list
}

// arguments are the file, and a default but for keys.
func arguments(out output) []expr.Arg {
	list := []expr.Arg{arg.Need("file", expr.ArgStr), {Name: "default", Type: expr.ArgStr, Optional: true}}
	if out == asKey {
		return list[:1]
	}
	return list
}

func record(name, method, doc string, in, typ expr.Type, out output) arg.Record {
	return arg.Record{Name: name, Converter: expr.Converter{
		Doc: doc, In: in, Out: typ, Args: arguments(out),
		Bind: func(sc *expr.Scope, a *expr.Args) error { return bind(sc, a, method, out) },
		Eval: lookup,
	}}
}

// table is what Bind makes of a file: an index, and the values of its lines.
type table struct {
	index     index
	values    []expr.Sample
	otherwise *expr.Sample // nil without a default
}

func bind(sc *expr.Scope, a *expr.Args, method string, out output) error {
	lines, err := readLines(sc, a.Str(0))
	if err != nil {
		return err
	}
	t := &table{}
	if a.Given(1) {
		v, err := convert(a.Str(1), out)
		if err != nil {
			return fmt.Errorf("the default %w", err)
		}
		t.otherwise = &v
	}
	for _, l := range lines {
		text := l.value
		if out == asKey {
			text = l.key
		}
		v, err := convert(text, out)
		if err != nil {
			return l.wrap(err)
		}
		t.values = append(t.values, v)
	}
	t.index, err = newIndex(sc, method, lines)
	a.Data = t
	return err
}

func lookup(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	t := a.Data.(*table)
	i := t.index.find(e, s)
	switch {
	case i >= 0:
		*s = t.values[i]
	case t.otherwise != nil:
		*s = *t.otherwise
	default:
		return false
	}
	return true
}

// line is a line of a map file.
type line struct {
	key, value string
	file       string
	number     int
}

func (l *line) wrap(err error) error { return fmt.Errorf("%s:%d: %w", l.file, l.number, err) }

func readLines(sc *expr.Scope, name string) ([]line, error) {
	read := sc.ReadFile
	if read == nil {
		read = os.ReadFile
	}
	b, err := read(name)
	if err != nil {
		return nil, fmt.Errorf("map file: %w", err)
	}
	var out []line
	n := 0
	for text := range strings.Lines(string(b)) {
		n++
		text = strings.Trim(text, " \t\r\n")
		if text == "" || text[0] == '#' {
			continue
		}
		l := line{key: text, file: name, number: n}
		if i := strings.IndexAny(text, " \t"); i >= 0 {
			l.key, l.value = text[:i], strings.TrimLeft(text[i:], " \t")
		}
		out = append(out, l)
	}
	return out, nil
}
