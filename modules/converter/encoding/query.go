package encoding

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// jsonStep goes one level down: into a member of an object, or where key is nil
// an element of an array.
type jsonStep struct {
	key   []byte
	index int
}

// jsonPath is what json_query makes of its arguments.
type jsonPath struct {
	steps []jsonStep
	asInt bool
}

func bindQuery(_ *expr.Scope, a *expr.Args) error {
	p := jsonPath{}
	switch a.Str(1) {
	case "":
	case "int":
		p.asInt = true
	default:
		return fmt.Errorf("unknown output type %q; the only one is int", a.Str(1))
	}
	var err error
	p.steps, err = parsePath(a.Str(0))
	a.Data = p
	return err
}

// parsePath reads $ and then .name or [index]; a backslash before a dot or
// bracket makes it part of the name.
func parsePath(text string) ([]jsonStep, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, fmt.Errorf("the JSON path %q does not begin with $, as in $.user.name", text)
	}
	var steps []jsonStep
	for rest != "" {
		switch rest[0] {
		case '.':
			name, n := pathName(rest[1:])
			if len(name) == 0 {
				return nil, fmt.Errorf("the JSON path %q has an empty name", text)
			}
			steps = append(steps, jsonStep{key: name})
			rest = rest[1+n:]
		case '[':
			number, after, found := strings.Cut(rest[1:], "]")
			index, err := strconv.Atoi(number)
			if !found || err != nil || index < 0 {
				return nil, fmt.Errorf("the JSON path %q has an index that is no number in brackets, such as [0]", text)
			}
			steps = append(steps, jsonStep{index: index})
			rest = after
		default:
			return nil, fmt.Errorf("the JSON path %q has %q where .name or [index] is expected", text, rest)
		}
	}
	return steps, nil
}

func pathName(s string) (name []byte, n int) {
	for n < len(s) && s[n] != '.' && s[n] != '[' {
		if s[n] == '\\' && n+1 < len(s) {
			n++
		}
		name = append(name, s[n])
		n++
	}
	return name, n
}

func query(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	p := a.Data.(jsonPath)
	v := skipSpace(s.Bytes)
	for _, st := range p.steps {
		if v = st.down(v); v == nil {
			return false
		}
	}
	return value(e, v, p.asInt, s)
}

// down gives the text that begins with the value one level down, nil when it is
// not there.
func (st *jsonStep) down(b []byte) []byte {
	open := byte('[')
	if st.key != nil {
		open = '{'
	}
	if len(b) == 0 || b[0] != open {
		return nil
	}
	b = skipSpace(b[1:])
	for i := 0; len(b) > 0 && b[0] != open+2; i++ { // ']' and '}' are two past their openers
		found := i == st.index
		if st.key != nil {
			n := skipValue(b)
			if b[0] != '"' || n < 2 {
				return nil
			}
			found = bytes.Equal(b[1:n-1], st.key) // as written, escapes and all
			if b = skipSpace(b[n:]); len(b) == 0 || b[0] != ':' {
				return nil
			}
			b = skipSpace(b[1:])
		}
		if found {
			return b
		}
		n := skipValue(b)
		if n == 0 {
			return nil
		}
		if b = skipSpace(b[n:]); len(b) > 0 && b[0] == ',' {
			b = skipSpace(b[1:])
		}
	}
	return nil
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\n' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

// skipValue gives the length of the value at the start of b, 0 when there is
// none or it does not end.
func skipValue(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"':
		return skipString(b)
	case '{', '[':
		depth := 0
		for i := 0; i < len(b); i++ {
			switch b[i] {
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			case '"':
				n := skipString(b[i:])
				if n == 0 {
					return 0
				}
				i += n - 1
			}
		}
		return 0
	}
	n := 0
	for n < len(b) && b[n] != ',' && b[n] != '}' && b[n] != ']' && b[n] != ':' && b[n] > ' ' {
		n++
	}
	return n
}

func skipString(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// value sets s to the JSON value at the start of b.
func value(e *expr.Env, b []byte, asInt bool, s *expr.Sample) bool {
	n := skipValue(b)
	if n == 0 {
		return false
	}
	b = b[:n]
	switch b[0] {
	case '{':
		return false
	case '[':
		s.SetStr(b)
	case '"':
		text, ok := unescapeJSON(e, b[1:n-1])
		if !ok {
			return false
		}
		s.SetStr(text)
	case 't', 'f':
		if string(b) != "true" && string(b) != "false" {
			return false
		}
		s.SetBool(b[0] == 't')
	default:
		if !number(b) {
			return false
		}
		s.SetStr(b)
		if !bytes.ContainsAny(b, ".eE") {
			return expr.Cast(e, s, expr.Int)
		}
	}
	return !asInt || expr.Cast(e, s, expr.Int)
}

// number reports whether b looks like a JSON number.
func number(b []byte) bool {
	if b[0] == '-' {
		b = b[1:]
	}
	if len(b) == 0 || b[0] < '0' || b[0] > '9' {
		return false
	}
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' {
			return false
		}
	}
	return true
}
