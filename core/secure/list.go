package secure

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Line is a line of a list of certificates (crt-list).
type Line struct {
	// Number counts from 1, and Col is the column of Crt.
	Number, Col int
	// Crt names the certificate.
	Crt string
	// Options are what stands in brackets.
	Options []Option
	// Filters are the names that the certificate is for; none: its own.
	Filters []string
}

// Option is a keyword in brackets with its value.
type Option struct {
	Name, Value string
	Col         int
}

// LineError is about a line of a file.
type LineError struct {
	File      string
	Line, Col int
	Err       error
}

func (e *LineError) Error() string { return fmt.Sprintf("%s:%d:%d: %v", e.File, e.Line, e.Col, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// isFlag reports whether an option has no value.
func isFlag(name string) bool {
	return strings.HasPrefix(name, "no-") || strings.HasPrefix(name, "force-") || name == "allow-0rtt"
}

// ReadList reads a list of certificates: lines of
//
//	FILE [OPTION VALUE ...] FILTER ...
//
// with comments that begin with #. The errors are all those of the file.
func ReadList(path string) ([]Line, []*LineError, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, unreadable(err)
	}
	lines, errs := parseList(path, text)
	return lines, errs, nil
}

func parseList(path string, text []byte) (lines []Line, errs []*LineError) {
	in := bufio.NewScanner(bytes.NewReader(text))
	in.Buffer(nil, len(text)+1)
	for n := 1; in.Scan(); n++ {
		words := splitLine(in.Text())
		if len(words) == 0 {
			continue
		}
		l := Line{Number: n, Col: words[0].col, Crt: words[0].text}
		if err := l.parse(words[1:]); err != nil {
			err.File, err.Line = path, n
			errs = append(errs, err)
			continue
		}
		lines = append(lines, l)
	}
	return lines, errs
}

// word is a part of a line. Brackets are words of their own.
type word struct {
	text string
	col  int
}

func splitLine(s string) (words []word) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '#':
			return words
		case c == '[' || c == ']':
			words = append(words, word{s[i : i+1], i + 1})
			i++
		default:
			end := strings.IndexAny(s[i:], " \t\r[]")
			if end < 0 {
				end = len(s) - i
			}
			words = append(words, word{s[i : i+end], i + 1})
			i += end
		}
	}
	return words
}

// parse reads what follows the file's name.
func (l *Line) parse(words []word) *LineError {
	if l.Crt == "[" || l.Crt == "]" {
		return &LineError{Col: l.Col, Err: fmt.Errorf("the line begins with %q: write the certificate's file first", l.Crt)}
	}
	if len(words) > 0 && words[0].text == "[" {
		open := words[0].col
		words = words[1:]
		for {
			if len(words) == 0 {
				return &LineError{Col: open, Err: fmt.Errorf("the bracket is not closed: write ] behind the options")}
			}
			w := words[0]
			words = words[1:]
			if w.text == "]" {
				break
			}
			o := Option{Name: w.text, Col: w.col}
			if !isFlag(o.Name) {
				if len(words) == 0 || words[0].text == "]" {
					return &LineError{Col: w.col, Err: fmt.Errorf("%s needs a value", o.Name)}
				}
				o.Value = words[0].text
				words = words[1:]
			}
			l.Options = append(l.Options, o)
		}
	}
	wildcard := false
	for _, w := range words {
		name := strings.TrimPrefix(w.text, "!")
		wildcard = wildcard || strings.HasPrefix(w.text, "*")
		if name == "" || strings.ContainsAny(name, "[]!") || strings.Contains(name[1:], "*") || strings.HasPrefix(name, "*") && name != "*" && !strings.HasPrefix(name, "*.") {
			return &LineError{Col: w.col, Err: fmt.Errorf("%q is no filter: write a name, *.NAME, !NAME or *", w.text)}
		}
		l.Filters = append(l.Filters, w.text)
	}
	for i, f := range l.Filters {
		if strings.HasPrefix(f, "!") && f != "!*" && !wildcard {
			return &LineError{Col: words[i].col, Err: fmt.Errorf("%q takes nothing away: the line has no wildcard such as *.example.com", f)}
		}
	}
	return nil
}
