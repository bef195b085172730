package http

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	named := []expr.Arg{{Name: "name", Type: expr.ArgStr, Optional: true}, {Name: "occurrence", Type: expr.ArgInt, Optional: true}}
	counted := named[:1]
	values := func(doc string, of side, next walker, out expr.Type, names ...string) register.Entry {
		return register.As(expr.Fetch{
			Doc: doc, Out: out, Phases: of.phases, Args: named, Multi: true, Last: true, Eval: value(of, next, out),
		}, names...)
	}
	count := func(doc string, of side, next walker, names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: of.phases, Args: counted, Eval: countOf(of, next)}, names...)
	}
	register.Fetches([]register.Entry{
		values("a value of a request field, of which commas part several", ofRequest, nextValue, expr.Str, "req.hdr", "hdr"),
		values("a whole request field", ofRequest, nextField, expr.Str, "req.fhdr"),
		values("a value of a request field as an integer", ofRequest, nextValue, expr.Int, "req.hdr_val", "hdr_val"),
		values("a value of a request field as an address", ofRequest, nextValue, expr.IP, "req.hdr_ip", "hdr_ip"),
		count("the number of values of a request field", ofRequest, nextValue, "req.hdr_cnt", "hdr_cnt"),
		count("the number of request fields of a name", ofRequest, nextField, "req.fhdr_cnt"),
		values("a value of a response field, of which commas part several", ofResponse, nextValue, expr.Str, "res.hdr", "shdr"),
		values("a whole response field", ofResponse, nextField, expr.Str, "res.fhdr"),
		values("a value of a response field as an integer", ofResponse, nextValue, expr.Int, "res.hdr_val", "shdr_val"),
		values("a value of a response field as an address", ofResponse, nextValue, expr.IP, "res.hdr_ip", "shdr_ip"),
		count("the number of values of a response field", ofResponse, nextValue, "res.hdr_cnt", "shdr_cnt"),
		count("the number of response fields of a name", ofResponse, nextField, "res.fhdr_cnt"),
		listed("the names of the request's fields, parted by commas or a delimiter", ofRequest, "req.hdr_names"),
		listed("the names of the response's fields, parted by commas or a delimiter", ofResponse, "res.hdr_names"),
		register.As(expr.Fetch{Doc: "the request's header, line by line", Out: expr.Str, Phases: request, Eval: lines(ofRequest)}, "req.hdrs"),
		register.As(expr.Fetch{Doc: "the response's header, line by line", Out: expr.Str, Phases: response, Eval: lines(ofResponse)}, "res.hdrs"),
	})
}

// walker gives the value after a cursor, which is 0 at first, of the fields with
// the name, "" for all fields.
type walker func(m *httpmsg.Message, name string, cursor int) (value []byte, next int, ok bool)

// find gives the first field from i on.
func find(m *httpmsg.Message, name string, i int) int {
	if name != "" {
		return m.Find(name, i)
	}
	for ; i < m.Fields(); i++ {
		if !m.Deleted(i) {
			return i
		}
	}
	return -1
}

func nextField(m *httpmsg.Message, name string, cursor int) ([]byte, int, bool) {
	i := find(m, name, cursor)
	if i < 0 {
		return nil, 0, false
	}
	return m.Value(i), i + 1, true
}

// offsetBits is how much of a cursor is the offset in a field.
const offsetBits = 32

// nextValue parts fields at commas outside quotes (RFC 9110 section 5.6.1).
func nextValue(m *httpmsg.Message, name string, cursor int) ([]byte, int, bool) {
	field, off := cursor>>offsetBits, cursor&(1<<offsetBits-1)
	i := find(m, name, field)
	if i < 0 {
		return nil, 0, false
	}
	if i != field {
		off = 0
	}
	v := m.Value(i)
	rest := v[off:]
	end, next := comma(rest), (i+1)<<offsetBits
	if end < len(rest) {
		next = i<<offsetBits | (off + end + 1)
	}
	return bytes.Trim(rest[:end], " \t"), next, true
}

// comma gives the place of the first comma outside quotes, len(b) when there is none.
func comma(b []byte) int {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return i
		}
	}
	return len(b)
}

// value gives a fetch of values: all, one after another, or the one that an
// occurrence names, from the first (1) or from the last (-1).
func value(of side, next walker, out expr.Type) eval {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		m := of.message(e)
		if m == nil {
			return false
		}
		name, cursor := a.Str(0), s.Next
		if a.Given(1) {
			if cursor != 0 { // there is only one
				return false
			}
			if cursor = occurrence(m, name, next, int(a.V[1].Int)); cursor < 0 {
				return false
			}
		}
		for {
			v, after, ok := next(m, name, cursor)
			if !ok {
				return false
			}
			s.SetStr(v)
			s.Next = after
			if expr.Cast(e, s, out) {
				return true
			}
			if a.Given(1) {
				return false
			}
			cursor = after // what is no such value is passed over
		}
	}
}

// occurrence gives the cursor of the nth value, -1 when there is none.
func occurrence(m *httpmsg.Message, name string, next walker, n int) int {
	if n < 0 {
		n += countValues(m, name, next) + 1
	}
	if n < 1 {
		return -1
	}
	cursor := 0
	for ; n > 1; n-- {
		_, after, ok := next(m, name, cursor)
		if !ok {
			return -1
		}
		cursor = after
	}
	return cursor
}

func countValues(m *httpmsg.Message, name string, next walker) (n int) {
	for cursor := 0; ; n++ {
		_, after, ok := next(m, name, cursor)
		if !ok {
			return n
		}
		cursor = after
	}
}

func countOf(of side, next walker) eval {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		m := of.message(e)
		if m == nil {
			return false
		}
		s.SetInt(int64(countValues(m, a.Str(0), next)))
		return true
	}
}

func listed(doc string, of side, name string) register.Entry {
	return register.As(expr.Fetch{
		Doc: doc, Out: expr.Str, Phases: of.phases, Args: []expr.Arg{{Name: "delimiter", Type: expr.ArgStr, Optional: true}},
		Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
			m := of.message(e)
			if m == nil {
				return false
			}
			delim := ","
			if a.Given(0) {
				delim = a.Str(0)
			}
			b := e.Scratch(256)
			for i := range m.Fields() {
				if m.Deleted(i) {
					continue
				}
				if len(b) > 0 {
					b = append(b, delim...)
				}
				for _, c := range m.Name(i) {
					b = append(b, lower(c))
				}
			}
			s.SetStr(b)
			return true
		},
	}, name)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}

func lines(of side) eval {
	return func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		m := of.message(e)
		if m == nil {
			return false
		}
		b := e.Scratch(1 << 10)
		for i := range m.Fields() {
			if !m.Deleted(i) {
				b = append(append(append(b, m.Name(i)...), ": "...), m.Value(i)...)
				b = append(b, "\r\n"...)
			}
		}
		s.SetStr(append(b, "\r\n"...))
		return true
	}
}
