package expr

import "strings"

// word is one word of a condition or ACL, and where it stands.
type word struct {
	text   string
	off    int
	quoted bool
}

// splitWords splits a line at white space (HAProxy manual section 2.2): a
// backslash escapes, '...' keeps all, "..." keeps all but backslashes.
func splitWords(line string) ([]word, error) {
	var out []word
	for pos := 0; pos < len(line); {
		if line[pos] == ' ' || line[pos] == '\t' || line[pos] == '\n' {
			pos++
			continue
		}
		w := word{off: pos}
		var b strings.Builder
		for pos < len(line) && line[pos] != ' ' && line[pos] != '\t' && line[pos] != '\n' {
			switch c := line[pos]; c {
			case '\'', '"':
				n, err := cutQuoted(line, pos, &b)
				if err != nil {
					return nil, err
				}
				w.quoted = true
				pos = n
				continue
			case '\\':
				// Regular expressions keep their backslashes, as in HAProxy: it
				// is only what would end or quote a word that is escaped.
				if pos+1 < len(line) && strings.IndexByte(" \t'\"#\\", line[pos+1]) >= 0 {
					pos++
				}
				b.WriteByte(line[pos])
			default:
				b.WriteByte(c)
			}
			pos++
		}
		w.text = b.String()
		out = append(out, w)
	}
	return out, nil
}
