package http

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	delimiter := []expr.Arg{{Name: "delimiter", Type: expr.ArgStr, Optional: true}}
	whole := func(doc string, out expr.Type, of side, args []expr.Arg, write func([]byte, *httpmsg.Message, *expr.Args) []byte, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: out, Phases: of.phases, Args: args, Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
			m := of.message(e)
			if m == nil {
				return false
			}
			s.Type, s.Bytes = out, write(e.Scratch(room(m)), m, a)
			return true
		}}, name)
	}
	register.Fetches([]register.Entry{
		whole("the names of the request's fields, parted by commas or a delimiter", expr.Str, ofRequest, delimiter, names, "req.hdr_names"),
		whole("the names of the response's fields, parted by commas or a delimiter", expr.Str, ofResponse, delimiter, names, "res.hdr_names"),
		whole("the names of the request's cookies, parted by commas or a delimiter", expr.Str, ofRequest, delimiter, cookieNames, "req.cook_names"),
		whole("the names of the cookies that the response sets, parted by commas or a delimiter", expr.Str, ofResponse, delimiter, setCookieNames, "res.cook_names"),
		whole("the request's header, line by line, with the empty line at its end", expr.Str, ofRequest, nil, lines, "req.hdrs"),
		whole("the response's header, line by line, with the empty line at its end", expr.Str, ofResponse, nil, lines, "res.hdrs"),
		whole("the request's header, names and values each after its length as in SPOE, and two empty ones", expr.Bin, ofRequest, nil, binary, "req.hdrs_bin"),
		whole("the response's header, names and values each after its length as in SPOE, and two empty ones", expr.Bin, ofResponse, nil, binary, "res.hdrs_bin"),
	})
}

// room is more than any list of a message's fields takes, in bytes.
func room(m *httpmsg.Message) int {
	n := 2
	for i := range m.Fields() {
		if !m.Deleted(i) {
			n += len(m.Name(i)) + len(m.Value(i)) + 2*maxVarint
		}
	}
	return n
}

// delimiter is the argument's first character, a comma without one.
func delimiter(a *expr.Args) byte {
	if d := a.Str(0); d != "" {
		return d[0]
	}
	return ','
}

func names(b []byte, m *httpmsg.Message, a *expr.Args) []byte {
	for i := range m.Fields() {
		if m.Deleted(i) {
			continue
		}
		if len(b) > 0 {
			b = append(b, delimiter(a))
		}
		b = appendLower(b, m.Name(i))
	}
	return b
}

func cookieNames(b []byte, m *httpmsg.Message, a *expr.Args) []byte {
	for cursor := 0; ; {
		p, after, ok := nextPair(m, "", cursor)
		if !ok {
			return b
		}
		b = appendName(b, p.name, a)
		cursor = after
	}
}

func setCookieNames(b []byte, m *httpmsg.Message, a *expr.Args) []byte {
	for cursor := 0; ; {
		p, after, ok := nextSetPair(m, "", cursor)
		if !ok {
			return b
		}
		b = appendName(b, p.name, a)
		cursor = after
	}
}

func appendName(b, name []byte, a *expr.Args) []byte {
	if len(b) > 0 {
		b = append(b, delimiter(a))
	}
	return append(b, name...)
}

// appendLower appends a field's name as HAProxy gives it.
func appendLower(b, name []byte) []byte {
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return b
}

func lines(b []byte, m *httpmsg.Message, _ *expr.Args) []byte {
	for i := range m.Fields() {
		if !m.Deleted(i) {
			b = append(appendLower(b, m.Name(i)), ": "...)
			b = append(append(b, m.Value(i)...), "\r\n"...)
		}
	}
	return append(b, "\r\n"...)
}

func binary(b []byte, m *httpmsg.Message, _ *expr.Args) []byte {
	for i := range m.Fields() {
		if !m.Deleted(i) {
			b = appendLower(appendVarint(b, len(m.Name(i))), m.Name(i))
			b = append(appendVarint(b, len(m.Value(i))), m.Value(i)...)
		}
	}
	return append(b, 0, 0)
}

// maxVarint is the most bytes that a length takes.
const maxVarint = 10

// appendVarint appends a number as SPOE writes it: below 240 in one byte, else
// 4 bits in the first byte and 7 in each after it, the lowest first.
func appendVarint(b []byte, n int) []byte {
	v := uint64(n)
	if v < 240 {
		return append(b, byte(v))
	}
	b = append(b, byte(v)|240)
	for v = (v - 240) >> 4; v >= 128; v = (v - 128) >> 7 {
		b = append(b, byte(v)|128)
	}
	return append(b, byte(v))
}
