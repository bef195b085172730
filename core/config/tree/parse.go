package tree

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// Parse reads one text; name stands for it in positions. The error is an
// *Errors. The tree that comes with an error is what could be read, and may be nil.
func Parse(name string, text []byte, env Env) (*Node, error) {
	src := newSource(name, strings.TrimPrefix(string(text), "\ufeff"))
	errs := &Errors{}
	return parse(src, env, errs), errs.Err()
}

func parse(src *source, env Env, errs *Errors) *Node {
	if off := invalidUTF8(src.text); off >= 0 {
		errs.At(src.pos(off, 0), "", "the file is not UTF-8")
		return nil
	}
	s, scanErr := scan(src.text)
	var deep *scanError
	if errors.As(scanErr, &deep) && strings.Contains(deep.msg, "at most") {
		errs.At(src.pos(deep.off, 0), "", "%s", deep.msg)
		return nil
	}
	values, err := decodeTOML(src.text)
	for _, p := range s.twice {
		errs.At(src.pos(p.second.keyOff, 0), "", "%q is already defined at %v", p.second.key, src.pos(p.first.keyOff, 0))
	}
	if err != nil {
		if len(s.twice) == 0 {
			syntaxError(src, err, errs)
		}
		return nil
	}
	if len(s.twice) > 0 {
		return nil
	}
	b := &builder{src: src, env: env, errs: errs}
	if scanErr == nil {
		root := b.node(s.root, values, "")
		if b.differs == "" {
			return root
		}
		scanErr = errors.New(b.differs)
	}
	errs.At(src.pos(0, 0), "", "internal error: the positions of keys do not agree with the parser: %v", scanErr)
	return nil
}

// decodeTOML is the library's parser, with its panics, if any, as errors.
func decodeTOML(text string) (values map[string]any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error in the TOML parser: %v", r)
		}
	}()
	_, err = toml.Decode(text, &values)
	return values, err
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// syntaxError reports the parser's error.
func syntaxError(src *source, err error, errs *Errors) {
	var pe toml.ParseError
	if !errors.As(err, &pe) {
		errs.At(src.pos(0, 0), "", "%s", strings.TrimPrefix(err.Error(), "toml: "))
		return
	}
	msg := pe.Message
	if len(msg) > 1 && msg[1] >= 'a' { // a sentence, not a name or number
		msg = strings.ToLower(msg[:1]) + msg[1:]
	}
	errs.At(src.pos(max(0, pe.Position.Start), 0), "", "%s", strings.TrimSuffix(msg, ".")).Hint = syntaxHint(msg)
}

// syntaxHint says what to write instead of what beginners often write.
func syntaxHint(msg string) string {
	for _, h := range []struct{ about, hint string }{
		{"expected '.' or '='", "a section is [frontend.NAME], a setting KEY = VALUE"},
		{"invalid escape in string", "between single quotes, as in '^/a\\.b$', backslashes stand for themselves"},
		{"strings cannot contain newlines", "close the quotes"},
		{"expected value but found", quotes},
		{"invalid float value", quotes},
		{"expected a comma", "part what stands in an array or a table by commas"},
	} {
		if strings.Contains(msg, h.about) {
			return h.hint
		}
	}
	return ""
}

const quotes = `strings stand between quotes, as in "text"`

// builder makes nodes of the scanner's marks and the parser's values.
type builder struct {
	src     *source
	env     Env
	errs    *Errors
	differs string // the path at which marks and values differ
}

func (b *builder) node(m *mark, v any, path string) *Node {
	n := &Node{Kind: m.kind, Key: m.key, Path: path, tables: m.headers}
	n.Pos = b.src.pos(m.off, m.end)
	n.KeyPos = b.src.pos(m.keyOff, m.keyEnd)
	if m.key == "" && m.keyEnd == 0 {
		n.KeyPos = n.Pos
	}
	switch v := v.(type) {
	case map[string]any:
		if m.kind != Table || len(v) != len(m.children) {
			b.differ(path)
			return n
		}
		for _, c := range m.children {
			value, ok := v[c.key]
			if !ok {
				b.differ(join(path, c.key))
				return n
			}
			n.Children = append(n.Children, b.node(c, value, join(path, c.key)))
		}
	case []map[string]any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		b.elements(n, m, list)
	case []any:
		b.elements(n, m, v)
	default:
		b.scalar(n, m, v)
	}
	return n
}

func (b *builder) elements(n *Node, m *mark, v []any) {
	if m.kind != Array || len(v) != len(m.children) {
		b.differ(n.Path)
		return
	}
	for i, c := range m.children {
		n.Children = append(n.Children, b.node(c, v[i], element(n.Path, i)))
	}
}

func (b *builder) scalar(n *Node, m *mark, v any) {
	if m.kind != Invalid {
		b.differ(n.Path)
	}
	n.scalar = v
	switch v.(type) {
	case string:
		n.Kind = String
		n.expand(b.env, b.errs)
	case int64:
		n.Kind = Int
	case float64:
		n.Kind = Float
	case bool:
		n.Kind = Bool
	case time.Time:
		n.Kind = Time
	default:
		b.differ(n.Path)
	}
}

func (b *builder) differ(path string) {
	if b.differs == "" {
		b.differs = "at " + path
	}
}
