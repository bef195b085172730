package json

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// appendString appends v as a JSON string (RFC 8259 section 7). Bytes that are
// not UTF-8 become U+FFFD, one each.
func appendString[T string | []byte](dst []byte, v T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(v); {
		c := v[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			dst = append(dst, v[from:i]...)
			dst = appendEscaped(dst, c)
			i++
			from = i
			continue
		}
		size := runeSize(v[i:])
		if size > 0 {
			i += size
			continue
		}
		dst = append(dst, v[from:i]...)
		dst = append(dst, "\ufffd"...)
		i++
		from = i
	}
	dst = append(dst, v[from:]...)
	return append(dst, '"')
}

func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// runeSize gives the bytes of the character at the start of v, 0 when they are
// not UTF-8.
func runeSize[T string | []byte](v T) int {
	var buf [utf8.UTFMax]byte
	r, size := utf8.DecodeRune(buf[:copy(buf[:], v)])
	if r == utf8.RuneError && size <= 1 {
		return 0
	}
	return size
}
