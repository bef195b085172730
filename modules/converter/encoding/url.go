package encoding

import (
	"bytes"
	"fmt"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// urlDecode gives nothing where a percent sign is not followed by two
// hexadecimal digits.
func urlDecode(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	if bytes.IndexByte(s.Bytes, '%') < 0 && bytes.IndexByte(s.Bytes, '+') < 0 {
		return true
	}
	form := a.Int(0, 0) != 0
	out := e.Scratch(len(s.Bytes))
	for i := 0; i < len(s.Bytes); i++ {
		switch c := s.Bytes[i]; {
		case c == '+' && form:
			out = append(out, ' ')
		case c == '%':
			if i+2 >= len(s.Bytes) {
				return false
			}
			hi, ok1 := hexDigit(s.Bytes[i+1])
			lo, ok2 := hexDigit(s.Bytes[i+2])
			if !ok1 || !ok2 {
				return false
			}
			out = append(out, hi<<4|lo)
			i += 2
		default:
			form = form || c == '?'
			out = append(out, c)
		}
	}
	s.SetStr(out)
	return true
}

func bindURLEncode(_ *expr.Scope, a *expr.Args) error {
	if t := a.Str(0); t != "" && t != "query" {
		return fmt.Errorf("unknown encoding %q; the only one is query", t)
	}
	return nil
}

// unreserved are the characters that stand for themselves anywhere in a URI
// (RFC 3986 section 2.3).
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func urlEncode(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	others := 0
	for _, c := range s.Bytes {
		if !unreserved(c) {
			others++
		}
	}
	if others == 0 {
		return true
	}
	out := e.Scratch(len(s.Bytes) + 2*others)
	for _, c := range s.Bytes {
		if unreserved(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	s.SetStr(out)
	return true
}
