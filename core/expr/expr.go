package expr

import (
	"strconv"
	"strings"
)

// Expr is a parsed sample expression: a fetch and the converters after it.
type Expr struct {
	text  string
	name  string
	fetch Fetch
	args  *Args
	steps []step
	out   Type
}

// step is one converter, with the type its input is cast to.
type step struct {
	conv Converter
	args *Args
	in   Type
	out  Type
}

// ParseExpr parses a sample expression such as "req.hdr(host),lower,field(1,:)"
// (HAProxy manual section 7). Errors are *Error.
func ParseExpr(sc *Scope, text string) (*Expr, error) {
	x, n, err := parseExpr(sc, text)
	if err != nil {
		return nil, err
	}
	if n != len(text) {
		return nil, errAt(n, "unexpected %s after the expression", quote(text[n:]))
	}
	if err := x.legalIn(sc.Phase); err != nil {
		return nil, err
	}
	return x, nil
}

// parseExpr parses the expression at the start of text and says where it ends.
// It does not check the phase.
func parseExpr(sc *Scope, text string) (*Expr, int, error) {
	name, pos := cutName(text)
	if name == "" {
		return nil, 0, &Error{Msg: "an expression must begin with the name of a sample fetch", Hint: `such as "src" or "req.hdr(host)"`}
	}
	f, err := FetchKind.Record(sc.Registry, name)
	if err != nil {
		return nil, 0, errAt(0, "%v", err)
	}
	x := &Expr{name: name, fetch: f, out: f.Out}
	raw, pos, err := cutArgs(text, pos)
	if err != nil {
		return nil, 0, err
	}
	if x.args, err = bindArgs(sc, name, 0, f.Args, raw); err != nil {
		return nil, 0, err
	}
	if f.Bind != nil {
		if err := f.Bind(sc, x.args); err != nil {
			return nil, 0, errAt(0, "%s: %v", name, err)
		}
	}
	for pos < len(text) && text[pos] == ',' {
		end, err := x.addConverter(sc, text, pos+1)
		if err != nil {
			return nil, 0, err
		}
		pos = end
	}
	x.text = text[:pos]
	return x, pos, nil
}

// addConverter parses the converter at pos and gives where it ends.
func (x *Expr) addConverter(sc *Scope, text string, pos int) (int, error) {
	name, n := cutName(text[pos:])
	if name == "" {
		return 0, errAt(pos, "a converter's name must follow the comma")
	}
	c, err := ConverterKind.Record(sc.Registry, name)
	if err != nil {
		return 0, errAt(pos, "%v", err)
	}
	if !castable(x.out, c.In) {
		return 0, errAt(pos, "converter %s takes a value of type %s, but %s gives %s", name, c.In, quote(text[:pos-1]), x.out)
	}
	raw, end, err := cutArgs(text, pos+n)
	if err != nil {
		return 0, err
	}
	args, err := bindArgs(sc, name, pos, c.Args, raw)
	if err != nil {
		return 0, err
	}
	if c.Bind != nil {
		if err := c.Bind(sc, args); err != nil {
			return 0, errAt(pos, "%s: %v", name, err)
		}
	}
	st := step{conv: c, args: args, in: c.In, out: c.Out}
	if st.out == Any {
		st.out = x.out
	}
	x.steps = append(x.steps, st)
	x.out = st.out
	return end, nil
}

// legalIn checks that the fetch may be used in a phase.
func (x *Expr) legalIn(p Phase) error {
	if x.fetch.Phases.Has(p) {
		return nil
	}
	var legal []string
	for q := range phases {
		if x.fetch.Phases.Has(q) {
			legal = append(legal, q.String())
		}
	}
	return &Error{Msg: "sample fetch " + quote(x.name) + " cannot be used in " + p.String() + ": what it reads is not there then",
		Hint: "it can be used in " + strings.Join(legal, ", ")}
}

// Type gives the type of the expression's values.
func (x *Expr) Type() Type { return x.out }

// String gives the expression as written.
func (x *Expr) String() string { return x.text }

// Eval sets s to the expression's value and reports whether it has one. Of
// several values the first counts, or the last where the fetch says so.
func (x *Expr) Eval(e *Env, s *Sample) bool {
	if !x.fetch.Multi {
		s.Next = 0
		return x.fetch.Eval(e, x.args, s) && x.convert(e, s)
	}
	var got Sample
	found := false
	for s.Next = 0; x.fetch.Eval(e, x.args, s); {
		got, found = *s, true
		if !x.fetch.Last {
			break
		}
	}
	if !found {
		return false
	}
	*s = got
	return x.convert(e, s)
}

func (x *Expr) convert(e *Env, s *Sample) bool {
	for i := range x.steps {
		st := &x.steps[i]
		if !Cast(e, s, st.in) || !st.conv.Eval(e, st.args, s) {
			return false
		}
	}
	return true
}

// EvalStr gives the expression's value as text, a view good until e.Recycle.
func (x *Expr) EvalStr(e *Env) ([]byte, bool) {
	s := e.Borrow()
	defer e.GiveBack()
	if !x.Eval(e, s) || !Cast(e, s, Str) {
		return nil, false
	}
	return s.Bytes, true
}

// cutName takes the name at the start of s: letters, digits, '.', '_' and '-'.
func cutName(s string) (string, int) {
	i := 0
	for i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || s[i] >= '0' && s[i] <= '9' || s[i] == '.' || s[i] == '_' || s[i] == '-') {
		i++
	}
	return s[:i], i
}

// cutArgs takes the arguments in parentheses at pos, if there are any. Parts
// may be quoted: within '...' all stands for itself, within "..." a backslash
// escapes, elsewhere too, there also commas and closing parentheses.
func cutArgs(s string, pos int) ([]rawArg, int, error) {
	if pos >= len(s) || s[pos] != '(' {
		return nil, pos, nil
	}
	open := pos
	pos++
	var out []rawArg
	cur := rawArg{off: pos}
	var b strings.Builder
	finish := func(next int) {
		cur.text = b.String()
		out = append(out, cur)
		b.Reset()
		cur = rawArg{off: next}
	}
	for pos < len(s) {
		switch c := s[pos]; c {
		case ')':
			finish(pos)
			return out, pos + 1, nil
		case ',':
			finish(pos + 1)
		case '\'', '"':
			n, err := cutQuoted(s, pos, &b, argEscape)
			if err != nil {
				return nil, 0, err
			}
			cur.quoted = true
			pos = n
			continue
		case '\\':
			pos = argEscape(s, pos, false, &b)
			continue
		default:
			b.WriteByte(c)
		}
		pos++
	}
	return nil, 0, errAt(open, "the parenthesis is not closed")
}

func quote(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strconv.Quote(s)
}
