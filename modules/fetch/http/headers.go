package http

import (
	"bytes"
	"math/bits"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	named := []expr.Arg{{Name: "name", Type: expr.ArgStr, Optional: true}, {Name: "occurrence", Type: expr.ArgInt, Optional: true}}
	counted := named[:1]
	values := func(doc string, of side, next walker, as form, names ...string) register.Entry {
		return register.As(expr.Fetch{
			Doc: doc, Out: as.out, Phases: of.phases, Args: named, Multi: true, Last: true, Eval: value(of, next, as),
		}, names...)
	}
	count := func(doc string, of side, next walker, names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: of.phases, Args: counted, Eval: countOf(of, next)}, names...)
	}
	register.Fetches([]register.Entry{
		values("a value of a field of the request, or in response rules of the response; commas part several values", ofEither, nextValue, text, "hdr"),
		values("a value of a request field, of which commas part several", ofRequest, nextValue, text, "req.hdr"),
		values("a whole request field", ofRequest, nextField, text, "req.fhdr"),
		values("a value of a request field as an integer", ofRequest, nextValue, integer, "req.hdr_val", "hdr_val"),
		values("a value of a request field as an address", ofRequest, nextValue, address, "req.hdr_ip", "hdr_ip"),
		count("the number of values of a request field", ofRequest, nextValue, "req.hdr_cnt", "hdr_cnt"),
		count("the number of request fields of a name", ofRequest, nextField, "req.fhdr_cnt"),
		values("a value of a response field, of which commas part several", ofResponse, nextValue, text, "res.hdr", "shdr"),
		values("a whole response field", ofResponse, nextField, text, "res.fhdr"),
		values("a value of a response field as an integer", ofResponse, nextValue, integer, "res.hdr_val", "shdr_val"),
		values("a value of a response field as an address", ofResponse, nextValue, address, "res.hdr_ip", "shdr_ip"),
		count("the number of values of a response field", ofResponse, nextValue, "res.hdr_cnt", "shdr_cnt"),
		count("the number of response fields of a name", ofResponse, nextField, "res.fhdr_cnt"),
	})
}

// walker gives the value after a cursor, which is 0 at first, of the fields with
// the name, "" for all fields, and the cursor behind it, which is never 0.
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

// offsetBits is how much of a cursor is the offset in a field; the number of the
// field stands above. Where an int has 32 bits, that leaves room for 2047 fields
// of one megabyte.
const offsetBits = 20 + bits.UintSize/64*12

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
	rest := v[min(off, len(v)):]
	end := separator(rest, ',', ',')
	next := (i + 1) << offsetBits
	if end < len(rest) {
		next = i<<offsetBits | (off + end + 1)
	}
	return bytes.Trim(rest[:end], " \t"), next, true
}

// separator gives the place of the first of two characters outside quotes,
// len(b) when there is none.
func separator(b []byte, one, other byte) int {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case (c == one || c == other) && !quoted:
			return i
		}
	}
	return len(b)
}

// value gives a fetch of values: all, one after another, or the one that an
// occurrence names, from the first (1) or from the last (-1). What is not of the
// form is passed over.
func value(of side, next walker, as form) eval {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		m := of.message(e)
		if m == nil {
			return false
		}
		name, cursor := a.Str(0), s.Next
		one := a.Int(1, 0) != 0
		if one {
			if cursor != 0 { // there is only one
				return false
			}
			if cursor = occurrence(m, name, next, a.V[1].Int); cursor < 0 {
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
			if as.set(e, s) {
				return true
			}
			if one {
				return false
			}
			cursor = after
		}
	}
}

// occurrence gives the cursor of the nth value, -1 when there is none.
func occurrence(m *httpmsg.Message, name string, next walker, n int64) int {
	if n < 0 {
		n += int64(countValues(m, name, next)) + 1
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
