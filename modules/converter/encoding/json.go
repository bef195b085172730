package encoding

import (
	"fmt"
	"math"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// jsonCode says how json reads its input.
type jsonCode struct {
	utf8       bool // otherwise each byte is a character
	permissive bool // characters that are encoded with too many bytes are accepted
	skip       bool // what is wrong is left out, otherwise there is no result
}

func bindJSON(_ *expr.Scope, a *expr.Args) error {
	codes := map[string]jsonCode{
		"": {}, "ascii": {}, "utf8": {utf8: true}, "utf8s": {utf8: true, skip: true},
		"utf8p": {utf8: true, permissive: true}, "utf8ps": {utf8: true, permissive: true, skip: true},
	}
	c, ok := codes[a.Str(0)]
	if !ok {
		return fmt.Errorf("unknown input code %q; use ascii, utf8, utf8s, utf8p or utf8ps", a.Str(0))
	}
	a.Data = c
	return nil
}

func escapeJSON(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	code := a.Data.(jsonCode)
	out := e.Scratch(6 * len(s.Bytes)) // \u and four digits for each byte at most
	for b := s.Bytes; len(b) > 0; {
		r, n, ok := rune(b[0]), 1, true
		if code.utf8 && b[0] >= 0x80 {
			r, n, ok = decodeUTF8(b, code.permissive)
		}
		b = b[n:]
		switch {
		case ok:
			out = appendJSON(out, r)
		case !code.skip:
			return false
		}
	}
	s.SetStr(out)
	return true
}

func appendJSON(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\', '/':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if r >= 0x20 && r < 0x7f {
		return append(dst, byte(r))
	}
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// decodeUTF8 reads the character at the start of b, whose first byte is not
// ASCII, and how many bytes it takes, wrong or not. Characters past U+FFFF are
// wrong, as \u has four digits.
func decodeUTF8(b []byte, permissive bool) (r rune, n int, ok bool) {
	c := b[0]
	var more int
	switch {
	case c < 0xc0 || c >= 0xfe: // a continuation, or nothing that there is
		return 0, 1, false
	case c < 0xe0:
		r, more = rune(c&0x1f), 1
	case c < 0xf0:
		r, more = rune(c&0x0f), 2
	case c < 0xf8:
		r, more = rune(c&0x07), 3
	case c < 0xfc:
		r, more = rune(c&0x03), 4
	default:
		r, more = rune(c&0x01), 5
	}
	for n = 1; n <= more; n++ {
		if n == len(b) || b[n]&0xc0 != 0x80 {
			return 0, n, false
		}
		r = r<<6 | rune(b[n]&0x3f)
	}
	least := [...]rune{1: 0x80, 2: 0x800, 3: 0x10000, 4: 0x200000, 5: 0x4000000}[more]
	if r < least && !permissive || r > math.MaxUint16 || r >= 0xd800 && r <= 0xdfff || r >= 0xfffe {
		return 0, n, false
	}
	return r, n, true
}
