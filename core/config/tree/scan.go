package tree

import (
	"fmt"
	"strings"
)

// mark is a node as the scanner sees it: where it stands, without its value.
type mark struct {
	kind     Kind // Table, Array, or Invalid for all others
	key      string
	keyOff   int // where the key begins
	keyEnd   int
	off, end int // the value; of tables made by headers, the last key of the header
	children []*mark
	index    map[string]*mark // of a table
	headers  bool             // an array that [[headers]] make
	implicit bool             // a table that only stands in the way to others
}

func (m *mark) child(key string) *mark { return m.index[key] }

func (m *mark) add(c *mark) *mark {
	if m.index == nil {
		m.index = map[string]*mark{}
	}
	if m.kind == Table {
		m.index[c.key] = c
	}
	m.children = append(m.children, c)
	return c
}

// maxDepth is how deep arrays and tables may nest.
const maxDepth = 100

// scanner finds where keys and values stand. It relies on the parser to refuse
// what is no TOML, and stops at what it cannot make sense of.
type scanner struct {
	text string
	pos  int
	root *mark
	cur  *mark // the table of the last header
	// twice are the keys that are defined twice, each with its first place.
	twice []pair
}

type pair struct{ first, second *mark }

// scanError is where the scanner stopped. Of a text that the parser accepts, it
// can only be about depth.
type scanError struct {
	off int
	msg string
}

func (e *scanError) Error() string { return e.msg }

func (s *scanner) fail(format string, args ...any) error {
	return &scanError{s.pos, fmt.Sprintf(format, args...)}
}

// scan reads the whole text.
func scan(text string) (*scanner, error) {
	s := &scanner{text: text, root: &mark{kind: Table}}
	s.cur = s.root
	for {
		s.blank(true)
		if s.pos >= len(s.text) {
			return s, nil
		}
		var err error
		if s.text[s.pos] == '[' {
			err = s.header()
		} else {
			err = s.keyValue(s.cur, 1)
		}
		if err == nil {
			s.blank(false)
			if s.pos < len(s.text) && s.text[s.pos] != '\n' && s.text[s.pos] != '\r' {
				err = s.fail("expected the end of the line")
			}
		}
		if err != nil {
			return s, err
		}
	}
}

// blank skips spaces and comments, and line ends where they do not matter.
func (s *scanner) blank(lines bool) {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r'):
			s.pos++
		case c == '#':
			for s.pos < len(s.text) && s.text[s.pos] != '\n' {
				s.pos++
			}
		default:
			return
		}
	}
}

func (s *scanner) spaces() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t') {
		s.pos++
	}
}

// next consumes c and reports whether it was there.
func (s *scanner) next(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// part is one of the names in a dotted key.
type part struct {
	name     string
	off, end int
}

// key reads a key up to what follows it.
func (s *scanner) key() ([]part, error) {
	var parts []part
	for {
		s.spaces()
		p, err := s.name()
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
		if len(parts) > maxDepth {
			return nil, s.fail("keys may have at most %d parts", maxDepth)
		}
		s.spaces()
		if !s.next('.') {
			return parts, nil
		}
	}
}

func (s *scanner) name() (part, error) {
	start := s.pos
	if s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\'') {
		if err := s.quoted(); err != nil {
			return part{}, err
		}
		name := s.text[start+1 : s.pos-1]
		if s.text[start] == '"' {
			name = unescape(name)
		}
		return part{name, start, s.pos}, nil
	}
	for s.pos < len(s.text) && bareByte(s.text[s.pos]) {
		s.pos++
	}
	if s.pos == start {
		return part{}, s.fail("expected a key")
	}
	return part{s.text[start:s.pos], start, s.pos}, nil
}

// header reads [a.b] or [[a.b]] and makes its table the current one.
func (s *scanner) header() error {
	s.pos++
	array := s.next('[')
	parts, err := s.key()
	if err != nil {
		return err
	}
	if !s.next(']') || array && !s.next(']') {
		return s.fail("expected ]")
	}
	t, err := s.descend(s.root, parts[:len(parts)-1])
	if err != nil {
		return err
	}
	p := parts[len(parts)-1]
	here := &mark{kind: Table, key: p.name, keyOff: p.off, keyEnd: p.end, off: p.off, end: p.end}
	had := t.child(p.name)
	switch {
	case array && had == nil:
		list := *here
		list.kind, list.headers = Array, true
		had = t.add(&list)
		fallthrough
	case array && had.headers:
		here.key = ""
		s.cur = had.add(here)
	case had == nil:
		s.cur = t.add(here)
	case had.implicit && !array:
		had.implicit = false
		had.keyOff, had.keyEnd, had.off, had.end = p.off, p.end, p.off, p.end
		s.cur = had
	default:
		s.twice = append(s.twice, pair{had, here})
		s.cur = here // apart from the tree, so that its keys do not clash as well
	}
	return nil
}

// descend goes to the table at the end of a path, making those that are missing.
func (s *scanner) descend(t *mark, path []part) (*mark, error) {
	for _, p := range path {
		c := t.child(p.name)
		if c == nil {
			c = t.add(&mark{kind: Table, key: p.name, keyOff: p.off, keyEnd: p.end, off: p.off, end: p.end, implicit: true})
		}
		if c.headers {
			c = c.children[len(c.children)-1]
		}
		if c.kind != Table {
			s.pos = p.off
			return nil, s.fail("%q is not a table", p.name)
		}
		t = c
	}
	return t, nil
}

// keyValue reads key = value into a table.
func (s *scanner) keyValue(t *mark, depth int) error {
	parts, err := s.key()
	if err != nil {
		return err
	}
	if !s.next('=') {
		return s.fail("expected =")
	}
	s.spaces()
	v, err := s.value(depth + len(parts))
	if err != nil {
		return err
	}
	p := parts[len(parts)-1]
	v.key, v.keyOff, v.keyEnd = p.name, p.off, p.end
	if t, err = s.descend(t, parts[:len(parts)-1]); err != nil {
		return err
	}
	if had := t.child(p.name); had != nil {
		s.twice = append(s.twice, pair{had, v})
		return nil
	}
	t.add(v)
	return nil
}

// value reads any value.
func (s *scanner) value(depth int) (*mark, error) {
	if depth > maxDepth {
		return nil, s.fail("tables and arrays may nest at most %d deep", maxDepth)
	}
	v := &mark{off: s.pos}
	var err error
	switch {
	case s.pos >= len(s.text):
		err = s.fail("expected a value")
	case s.text[s.pos] == '[':
		v.kind = Array
		err = s.items(']', func() error {
			c, err := s.value(depth + 1)
			if err == nil {
				v.add(c)
			}
			return err
		})
	case s.text[s.pos] == '{':
		v.kind = Table
		err = s.items('}', func() error { return s.keyValue(v, depth+1) })
	case s.text[s.pos] == '"' || s.text[s.pos] == '\'':
		err = s.stringValue()
	default:
		for s.pos < len(s.text) && strings.IndexByte(",]}#\r\n", s.text[s.pos]) < 0 {
			s.pos++
		}
		s.pos = v.off + len(strings.TrimRight(s.text[v.off:s.pos], " \t"))
		if s.pos == v.off {
			err = s.fail("expected a value")
		}
	}
	v.end = s.pos
	return v, err
}

// items reads what stands between brackets, separated by commas.
func (s *scanner) items(end byte, item func() error) error {
	s.pos++
	for {
		s.blank(true)
		if s.next(end) {
			return nil
		}
		if err := item(); err != nil {
			return err
		}
		s.blank(true)
		if !s.next(',') {
			if s.next(end) {
				return nil
			}
			return s.fail("expected , or %c", end)
		}
	}
}

// stringValue skips a string of any of the four kinds.
func (s *scanner) stringValue() error {
	q := s.text[s.pos]
	three := strings.Repeat(string(q), 3)
	if !strings.HasPrefix(s.text[s.pos:], three) {
		return s.quoted()
	}
	s.pos += 3
	for s.pos < len(s.text) {
		switch {
		case strings.HasPrefix(s.text[s.pos:], three):
			s.pos += 3
			for range 2 { // quotes before the closing ones belong to the string
				s.next(q)
			}
			return nil
		case q == '"' && s.text[s.pos] == '\\':
			s.pos += 2
		default:
			s.pos++
		}
	}
	s.pos = len(s.text)
	return s.fail("the string has no end")
}

// quoted skips a string in one line.
func (s *scanner) quoted() error {
	q := s.text[s.pos]
	for i := s.pos + 1; i < len(s.text) && s.text[i] != '\n'; i++ {
		switch {
		case s.text[i] == q:
			s.pos = i + 1
			return nil
		case q == '"' && s.text[i] == '\\':
			i++
		}
	}
	return s.fail("the string has no end")
}

// unescape gives the value of what stands between the quotes of a basic key.
func unescape(t string) string {
	if strings.IndexByte(t, '\\') < 0 {
		return t
	}
	var b strings.Builder
	for len(t) > 0 {
		if t[0] != '\\' || len(t) < 2 {
			b.WriteByte(t[0])
			t = t[1:]
			continue
		}
		size, _ := escape(t)
		if c := strings.IndexByte("btnfre", t[1]); c >= 0 {
			b.WriteByte("\b\t\n\f\r\x1b"[c])
		} else if size > 2 {
			r, _ := hexRune(t[2:size])
			b.WriteRune(r)
		} else {
			b.WriteByte(t[1])
		}
		t = t[size:]
	}
	return b.String()
}
