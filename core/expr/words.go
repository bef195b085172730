package expr

import (
	"strconv"
	"strings"
)

// word is one word of a condition or ACL, and where it stands.
type word struct {
	text   string
	off    int
	quoted bool
}

// splitWords splits a line at white space (HAProxy manual section 2.2): a
// backslash escapes, '...' keeps all, "..." keeps all but escapes.
func splitWords(line string) ([]word, error) {
	var out []word
	for pos := 0; pos < len(line); {
		if isSpace(line[pos]) {
			pos++
			continue
		}
		w := word{off: pos}
		var b strings.Builder
		for pos < len(line) && !isSpace(line[pos]) {
			switch c := line[pos]; c {
			case '\'', '"':
				n, err := cutQuoted(line, pos, &b, wordEscape)
				if err != nil {
					return nil, err
				}
				w.quoted = true
				pos = n
			case '\\':
				pos = wordEscape(line, pos, false, &b)
			default:
				b.WriteByte(c)
				pos++
			}
		}
		w.text = b.String()
		out = append(out, w)
	}
	return out, nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// escapes reads the escape at pos, whose backslash is there, and gives where it
// ends. A backslash before anything that it has no meaning for stays, so that
// regular expressions need none doubled.
type escapes func(s string, pos int, quoted bool, b *strings.Builder) int

// wordEscape reads the escapes of words: what would end or quote a word,
// control characters and codes.
func wordEscape(s string, pos int, quoted bool, b *strings.Builder) int {
	if pos+1 < len(s) {
		switch c := s[pos+1]; {
		case c == '#', quoted && c == '$':
			b.WriteByte(c)
			return pos + 2
		case c == 'x' && pos+3 < len(s):
			if n, err := strconv.ParseUint(s[pos+2:pos+4], 16, 8); err == nil {
				b.WriteByte(byte(n))
				return pos + 4
			}
		}
	}
	return commonEscape(s, pos, b)
}

// argEscape reads the escapes of arguments in parentheses.
func argEscape(s string, pos int, quoted bool, b *strings.Builder) int {
	if pos+1 < len(s) && !quoted && (s[pos+1] == ',' || s[pos+1] == ')') {
		b.WriteByte(s[pos+1])
		return pos + 2
	}
	return commonEscape(s, pos, b)
}

func commonEscape(s string, pos int, b *strings.Builder) int {
	if pos+1 < len(s) {
		if i := strings.IndexByte("\\\"' \tnrt", s[pos+1]); i >= 0 {
			b.WriteByte("\\\"' \t\n\r\t"[i])
			return pos + 2
		}
	}
	b.WriteByte('\\')
	return pos + 1
}

// cutQuoted adds the quoted part at pos to b and says where it ends.
func cutQuoted(s string, pos int, b *strings.Builder, escape escapes) (int, error) {
	q, start := s[pos], pos
	for pos++; pos < len(s); {
		switch {
		case s[pos] == q:
			return pos + 1, nil
		case s[pos] == '\\' && q == '"':
			pos = escape(s, pos, true, b)
		default:
			b.WriteByte(s[pos])
			pos++
		}
	}
	return 0, errAt(start, "the quote is not closed")
}
