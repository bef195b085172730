package http

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// language goes through the ranges of an Accept-Language value (RFC 9110
// section 12.5.4): the best quality wins, among equals the first.
func language(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	c := a.Data.(*choices)
	best, found := 0, []byte(nil)
	for rest, more := s.Bytes, true; more; {
		var one []byte
		one, rest, more = bytes.Cut(rest, []byte(","))
		name, params, _ := bytes.Cut(one, []byte(";"))
		q := quality(params)
		if q <= best {
			continue
		}
		if v := c.match(bytes.TrimSpace(name)); v != nil {
			best, found = q, v
		}
	}
	if found == nil {
		found = c.otherwise
	}
	if found == nil {
		return false
	}
	s.SetStr(found)
	return true
}

// match finds the language, or where it has a variant that is not wanted the
// language without it.
func (c *choices) match(name []byte) []byte {
	for _, v := range c.values {
		if bytes.Equal(v, name) {
			return v
		}
	}
	base, _, ok := bytes.Cut(name, []byte("-"))
	if !ok {
		return nil
	}
	for _, v := range c.values {
		if bytes.Equal(v, base) {
			return v
		}
	}
	return nil
}

// quality reads q=0.123 in thousandths, 1000 where there is none that can be read.
func quality(params []byte) int {
	for more := len(params) > 0; more; {
		var one []byte
		one, params, more = bytes.Cut(params, []byte(";"))
		one = bytes.TrimSpace(one)
		if len(one) < 2 || one[0]|0x20 != 'q' {
			continue
		}
		value := bytes.TrimSpace(one[1:])
		if len(value) < 2 || value[0] != '=' {
			continue
		}
		return thousandths(bytes.TrimSpace(value[1:]))
	}
	return 1000
}

func thousandths(b []byte) int {
	if len(b) == 0 || b[0] != '0' {
		return 1000 // more than 1 is 1, and what is no number counts as none
	}
	n, scale := 0, 1000
	if len(b) > 1 && b[1] == '.' {
		for _, c := range b[2:] {
			if c < '0' || c > '9' {
				break
			}
			scale /= 10
			n += int(c-'0') * scale
		}
	}
	return n
}
