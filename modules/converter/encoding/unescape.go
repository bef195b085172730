package encoding

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// unescapeJSON gives the text of a JSON string without its quotes, b itself
// where nothing is escaped.
func unescapeJSON(e *expr.Env, b []byte) ([]byte, bool) {
	if bytes.IndexByte(b, '\\') < 0 {
		return b, true
	}
	out := e.Scratch(len(b)) // no escape is shorter than what it stands for
	for len(b) > 0 {
		if b[0] != '\\' {
			out = append(out, b[0])
			b = b[1:]
			continue
		}
		if len(b) < 2 {
			return nil, false
		}
		switch c := b[1]; c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, n := unicodeEscape(b)
			if n == 0 {
				return nil, false
			}
			out = utf8.AppendRune(out, r)
			b = b[n:]
			continue
		default:
			return nil, false
		}
		b = b[2:]
	}
	return out, true
}

// unicodeEscape reads \uXXXX, or two of them for a surrogate pair, and how long
// they are, 0 when they are not that.
func unicodeEscape(b []byte) (rune, int) {
	r, ok := fourDigits(b)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		low, ok := fourDigits(b[6:])
		pair := utf16.DecodeRune(r, low)
		if !ok || pair == utf8.RuneError {
			return 0, 0
		}
		return pair, 12
	}
	return r, 6
}

func fourDigits(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	r := rune(0)
	for _, c := range b[2:6] {
		d, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}
