package tree

import (
	"strings"
)

// Env looks up an environment variable, as os.LookupEnv does. A nil Env has none.
type Env func(name string) (value string, set bool)

// expansion is a part of a string that was replaced.
type expansion struct {
	rawStart, rawEnd int // in the string as written
	outStart, outEnd int // in the string with the values
}

// expand replaces ${NAME} and ${NAME:-default} in the string value of n, and
// $${ by ${. The default also stands for a variable that is empty.
func (n *Node) expand(env Env, errs *Errors) {
	raw, _ := n.scalar.(string)
	if !strings.Contains(raw, "${") {
		return
	}
	var out strings.Builder
	var all []expansion
	for i := 0; i < len(raw); {
		length, value, ok := 1, raw[i:i+1], true
		switch {
		case strings.HasPrefix(raw[i:], "$${"):
			length, value = 3, "${"
		case strings.HasPrefix(raw[i:], "${"):
			length, value, ok = n.variable(raw[i:], i, env, errs)
			n.expanded = true
		}
		if !ok {
			return
		}
		if length > 1 {
			all = append(all, expansion{i, i + length, out.Len(), out.Len() + len(value)})
		}
		out.WriteString(value)
		i += length
	}
	n.scalar = out.String()
	if n.Pos.src != nil {
		n.Pos.src.expansions[n.Pos.off] = all
	}
}

// variable gives the length and the value of the ${...} at the start of text,
// which is byte off of the string.
func (n *Node) variable(text string, off int, env Env, errs *Errors) (length int, value string, ok bool) {
	length = strings.IndexByte(text, '}') + 1
	if length == 0 {
		errs.At(n.Pos.Offset(off), n.Path, "the variable has no closing brace").Hint = "write $${ for the characters ${"
		return 0, "", false
	}
	name, fallback, hasFallback := strings.Cut(text[2:length-1], ":-")
	if !variableName(name) {
		errs.At(n.Pos.Offset(off), n.Path, "%q is not the name of a variable", name).Hint = "write $${ for the characters ${"
		return 0, "", false
	}
	var set bool
	if env != nil {
		value, set = env(name)
	}
	if hasFallback && value == "" {
		return length, fallback, true
	}
	if !set {
		errs.At(n.Pos.Offset(off), n.Path, "the environment variable %s is not set", name).Hint =
			"write ${" + name + ":-default} to do without"
		return 0, "", false
	}
	return length, value, true
}

func variableName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && !('a' <= c|0x20 && c|0x20 <= 'z') && !(i > 0 && '0' <= c && c <= '9') {
			return false
		}
	}
	return s != ""
}

// unexpand gives the byte of the string as written for byte n of the string
// whose quote is at off.
func (s *source) unexpand(off, n int) int {
	shift := 0
	for _, e := range s.expansions[off] {
		if n < e.outStart {
			break
		}
		if n < e.outEnd || e.outEnd == e.outStart && n == e.outStart {
			return e.rawStart
		}
		shift = e.rawEnd - e.outEnd
	}
	return n + shift
}
