package maps

import (
	"regexp"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// groups is what Bind makes of the file of map_regm.
type groups struct {
	keys      []*regexp.Regexp
	values    []string
	otherwise *expr.Sample
}

func bindGroups(sc *expr.Scope, a *expr.Args) error {
	lines, err := readLines(sc, a.Str(0))
	if err != nil {
		return err
	}
	g := &groups{}
	if a.Given(1) {
		g.otherwise = &expr.Sample{}
		g.otherwise.SetStr([]byte(a.Str(1)))
	}
	for i := range lines {
		re, err := regexp.Compile(lines[i].key)
		if err != nil {
			return lines[i].wrap(err)
		}
		g.keys = append(g.keys, re)
		g.values = append(g.values, lines[i].value)
	}
	a.Data = g
	return nil
}

// lookupGroups allocates for the line that matches.
func lookupGroups(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	g := a.Data.(*groups)
	for i, re := range g.keys {
		if re.Match(s.Bytes) {
			s.SetStr(expand(g.values[i], s.Bytes, re.FindSubmatchIndex(s.Bytes)))
			return true
		}
	}
	if g.otherwise == nil {
		return false
	}
	*s = *g.otherwise
	return true
}

// expand replaces \0 to \9 by the groups of the match m of b; a backslash before
// anything else stands for just that.
func expand(value string, b []byte, m []int) []byte {
	out := make([]byte, 0, len(value)+len(b))
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			out = append(out, value[i])
			continue
		}
		i++
		if c := value[i]; c < '0' || c > '9' {
			out = append(out, c)
		} else if g := 2 * int(c-'0'); g < len(m) && m[g] >= 0 {
			out = append(out, b[m[g]:m[g+1]]...)
		}
	}
	return out
}
