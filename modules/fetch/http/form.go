package http

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// form is what the text of a field, cookie or parameter is read as.
type form struct {
	out expr.Type
	// set changes the sample, which is text, and reports whether it is of the form.
	set func(e *expr.Env, s *expr.Sample) bool
}

var (
	text    = form{expr.Str, func(*expr.Env, *expr.Sample) bool { return true }}
	integer = form{expr.Int, asInt}
	address = form{expr.IP, asIP}
)

// asInt reads the integer that the text begins with; there always is one, if
// only 0, as with HAProxy.
func asInt(e *expr.Env, s *expr.Sample) bool {
	if len(s.Bytes) == 0 {
		s.SetInt(0)
		return true
	}
	return expr.Cast(e, s, expr.Int)
}

// asIP reads an address; a port may follow an IPv4 address (HAProxy manual
// section 7.3.6, req.hdr_ip).
func asIP(_ *expr.Env, s *expr.Sample) bool {
	b := s.Bytes
	if i := bytes.IndexByte(b, ':'); i > 0 && bytes.IndexByte(b[i+1:], ':') < 0 {
		if port, ok := expr.AtoI(b[i+1:]); !ok || port < 0 || port > 65535 || b[i+1] == '+' {
			return false
		}
		b = b[:i]
	}
	return setIP(b, s)
}
