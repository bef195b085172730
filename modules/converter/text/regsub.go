package text

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// substitution is a compiled regsub.
type substitution struct {
	re    *regexp.Regexp
	parts []piece
	all   bool
}

// piece is text and then a group of the match, -1 for none.
type piece struct {
	text  []byte
	group int
}

func bindRegsub(_ *expr.Scope, a *expr.Args) error {
	pattern := a.Str(0)
	x := &substitution{parts: parseSubstitution(a.Str(1))}
	for _, f := range a.Str(2) {
		switch f {
		case 'g':
			x.all = true
		case 'i':
			pattern = "(?i)" + a.Str(0)
		default:
			return fmt.Errorf("unknown flag %q; the flags are g (all matches) and i (upper and lower case are the same)", f)
		}
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("%w (the syntax is RE2's, which knows neither look-around nor back-references)", err)
	}
	x.re = re
	a.Data = x
	return nil
}

// parseSubstitution reads \0 to \9 for the match and its groups, \xHH for a
// byte, and a backslash before anything else for just that.
func parseSubstitution(text string) []piece {
	var out []piece
	cur := piece{group: -1}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			cur.text = append(cur.text, text[i])
			continue
		}
		i++
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			cur.group = int(c - '0')
			out = append(out, cur)
			cur = piece{group: -1}
		case c == 'x' && i+2 < len(text):
			n, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
			if err != nil {
				cur.text = append(cur.text, c)
				continue
			}
			cur.text = append(cur.text, byte(n))
			i += 2
		default:
			cur.text = append(cur.text, c)
		}
	}
	return append(out, cur)
}

func regsub(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	x := a.Data.(*substitution)
	if !x.re.Match(s.Bytes) {
		return true // without allocating
	}
	limit := 1
	if x.all {
		limit = -1
	}
	out := make([]byte, 0, len(s.Bytes)+64)
	done := 0
	for _, m := range x.re.FindAllSubmatchIndex(s.Bytes, limit) {
		out = append(out, s.Bytes[done:m[0]]...)
		out = x.expand(out, s.Bytes, m)
		done = m[1]
	}
	s.SetStr(append(out, s.Bytes[done:]...))
	return true
}

// expand appends the substitution of one match.
func (x *substitution) expand(dst, b []byte, m []int) []byte {
	for _, p := range x.parts {
		dst = append(dst, p.text...)
		if g := 2 * p.group; g >= 0 && g < len(m) && m[g] >= 0 {
			dst = append(dst, b[m[g]:m[g+1]]...)
		}
	}
	return dst
}
