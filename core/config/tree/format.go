package tree

import (
	"errors"
	"reflect"
	"strings"
)

// Format gives a TOML text in its usual layout: one space around "=", two spaces
// of indentation inside brackets, one empty line before a table's header, no
// trailing space. Comments and the order of keys stay. The error is an *Errors
// when the text is not valid TOML.
func Format(name string, text []byte) ([]byte, error) {
	env := func(string) (string, bool) { return "", true }
	before, err := Parse(name, text, env)
	if err != nil {
		return nil, err
	}
	f := formatter{}
	for line := range strings.Lines(string(text)) {
		f.line(strings.TrimRight(line, "\r\n"))
	}
	out := []byte(strings.TrimRight(f.out.String(), "\n") + "\n")
	after, err := Parse(name, out, env)
	if err != nil || !reflect.DeepEqual(before.Value(), after.Value()) {
		return nil, errors.New(name + ": the layout of this file cannot be changed without changing what it says")
	}
	return out, nil
}

type formatter struct {
	out     strings.Builder
	depth   int    // of brackets that are open
	quote   string // of the multi-line string that is open
	blank   bool   // an empty line is due
	held    []string
	started bool
}

func (f *formatter) line(s string) {
	if f.quote != "" { // inside a string nothing is ours to change
		f.out.WriteString(s + "\n")
		f.scan(s)
		return
	}
	t := strings.TrimSpace(s)
	switch {
	case t == "":
		f.flush()
		f.blank = f.started
		return
	case f.depth > 0:
		f.inside(t)
		return
	case t[0] == '#':
		f.held = append(f.held, t) // it belongs to what follows
		return
	case t[0] == '[':
		f.blank = f.started
	default:
		t = spaced(t)
	}
	f.flush()
	f.write(t)
	f.scan(t)
}

// inside lays out a line within brackets.
func (f *formatter) inside(t string) {
	f.flush()
	depth := f.depth
	for _, c := range t { // brackets that close at its start are outdented
		if c != ']' && c != '}' {
			break
		}
		depth--
	}
	f.write(strings.Repeat("  ", max(0, depth)) + t)
	f.scan(t)
}

func (f *formatter) flush() {
	for _, c := range f.held {
		f.write(c)
	}
	f.held = f.held[:0]
}

func (f *formatter) write(s string) {
	if f.blank {
		f.out.WriteByte('\n')
		f.blank = false
	}
	f.out.WriteString(s + "\n")
	f.started = true
}

// spaced puts one space around the "=" after a key.
func spaced(t string) string {
	quote := byte(0)
	for i := range len(t) {
		switch c := t[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '=':
			return strings.TrimSpace(t[:i]) + " = " + strings.TrimSpace(t[i+1:])
		}
	}
	return t
}

// scan follows brackets and strings through a line.
func (f *formatter) scan(s string) {
	for i := 0; i < len(s); {
		if f.quote != "" {
			end := strings.Index(s[i:], f.quote)
			if f.quote[0] == '"' {
				end = closing(s[i:], f.quote)
			}
			if end < 0 {
				if len(f.quote) == 1 {
					f.quote = ""
				}
				return
			}
			i += end + len(f.quote)
			f.quote = ""
			continue
		}
		switch c := s[i]; c {
		case '#':
			return
		case '"', '\'':
			f.quote = string(c)
			if strings.HasPrefix(s[i:], strings.Repeat(f.quote, 3)) {
				f.quote = strings.Repeat(f.quote, 3)
			}
			i += len(f.quote)
			continue
		case '[', '{':
			f.depth++
		case ']', '}':
			f.depth--
		}
		i++
	}
	if len(f.quote) == 1 {
		f.quote = ""
	}
}

// closing finds the quote that ends a string with escapes, -1 when it does not end.
func closing(s, quote string) int {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		} else if strings.HasPrefix(s[i:], quote) {
			return i
		}
	}
	return -1
}
