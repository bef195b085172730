package tree

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// Error is one thing wrong with a configuration.
type Error struct {
	// Pos is where, which may be nowhere.
	Pos Pos
	// Path names the key, such as frontend.web.bind[1].address; it may be "".
	Path string
	// Msg says what is wrong, in lower case.
	Msg string
	// Hint says what to write instead, without a full stop; it may be "".
	Hint string
}

// Suggest sets the hint to the candidate that is nearest to name, if any is
// near, and returns e.
func (e *Error) Suggest(name string, candidates []string) *Error {
	if near := module.Suggest(name, candidates); near != "" {
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}

// Text gives the error in one line: file:line:col: path: what is wrong; hint.
func (e *Error) Text() string {
	var b strings.Builder
	for _, part := range []string{e.Pos.String(), e.Path} {
		if part != "" {
			b.WriteString(part)
			b.WriteString(": ")
		}
	}
	b.WriteString(e.Msg)
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	return b.String()
}

// Error gives the text and, where the position is known, the line it is about
// with a caret below.
func (e *Error) Error() string { return e.Text() + e.Pos.excerpt() }

// MarshalJSON gives an object with file, line, column, path, message and hint.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		File    string `json:"file,omitempty"`
		Line    int    `json:"line,omitempty"`
		Column  int    `json:"column,omitempty"`
		Path    string `json:"path,omitempty"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}{e.Pos.File, e.Pos.Line, e.Pos.Col, e.Path, e.Msg, e.Hint})
}

// Errors are all the things wrong with a configuration. The zero value is empty.
type Errors struct {
	// List holds the errors; Sort orders them.
	List []*Error
}

// At adds an error at a position. The result is for its Hint to be set.
func (e *Errors) At(pos Pos, path, format string, args ...any) *Error {
	added := &Error{Pos: pos, Path: path, Msg: fmt.Sprintf(format, args...)}
	e.List = append(e.List, added)
	return added
}

// On adds an error about a node's value.
func (e *Errors) On(n *Node, format string, args ...any) *Error {
	return e.At(n.Pos, n.Path, format, args...)
}

// OnKey adds an error about a node's key.
func (e *Errors) OnKey(n *Node, format string, args ...any) *Error {
	return e.At(n.KeyPos, n.Path, format, args...)
}

// Add adds an error, which may be nil, an *Errors, an *Error, or several joined;
// those that stand nowhere get the position and path given.
func (e *Errors) Add(err error, pos Pos, path string) {
	switch err := err.(type) { //nolint:errorlint // each layer is looked at in turn
	case nil:
	case *Errors:
		for _, one := range err.List {
			e.Add(one, pos, path)
		}
	case *Error:
		if err.Pos.IsZero() && err.Path == "" {
			err.Pos, err.Path = pos, path
		}
		e.List = append(e.List, err)
	case interface{ Unwrap() []error }:
		for _, one := range err.Unwrap() {
			e.Add(one, pos, path)
		}
	default:
		var all *Errors
		var one *Error
		switch {
		case errors.As(err, &all):
			e.Add(all, pos, path)
		case errors.As(err, &one):
			e.Add(one, pos, path)
		default:
			e.At(pos, path, "%s", err.Error())
		}
	}
}

// Err returns nil when there are no errors, and otherwise e, sorted.
func (e *Errors) Err() error {
	if len(e.List) == 0 {
		return nil
	}
	e.Sort()
	return e
}

// Sort orders the errors by file, line and column; those that are nowhere come
// first. Of errors that say the same of the same place, one is kept.
func (e *Errors) Sort() {
	slices.SortStableFunc(e.List, func(a, b *Error) int {
		switch {
		case a.Pos.before(b.Pos):
			return -1
		case b.Pos.before(a.Pos):
			return 1
		}
		return 0
	})
	type same struct {
		pos Pos
		msg string
	}
	seen := map[same]bool{}
	e.List = slices.DeleteFunc(e.List, func(one *Error) bool {
		s := same{one.Pos, one.Msg}
		twice := seen[s] && !one.Pos.IsZero()
		seen[s] = true
		return twice
	})
}

// Error gives all errors, each with its line and a caret.
func (e *Errors) Error() string {
	var b strings.Builder
	for i, one := range e.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(one.Error())
	}
	return b.String()
}

// MarshalJSON gives an array of the errors.
func (e *Errors) MarshalJSON() ([]byte, error) {
	if e.List == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(e.List)
}

// excerptWidth is how many characters of a line are shown at most.
const excerptWidth = 120

// excerpt gives the line at p and a caret below its column, each after a line
// feed; "" when the source is not at hand.
func (p Pos) excerpt() string {
	if p.src == nil {
		return ""
	}
	line := []rune(p.src.line(p.Line))
	for i, r := range line {
		if r < ' ' || r == 0x7f {
			line[i] = ' '
		}
	}
	col := p.Col - 1
	if col > excerptWidth-20 { // show the part around the caret
		cut := col - excerptWidth/2
		line, col = append([]rune("..."), line[cut:]...), col-cut+3
	}
	if len(line) > excerptWidth {
		line = append(line[:excerptWidth-3:excerptWidth-3], []rune("...")...)
	}
	text := strings.TrimRight(string(line), " ")
	return fmt.Sprintf("\n%5d | %s\n      | %s^", p.Line, text, strings.Repeat(" ", col))
}
