package http

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	arg := []expr.Arg{{Name: "name", Type: expr.ArgStr, Optional: true}}
	value := func(doc string, of side, next walker, out expr.Type, names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: out, Phases: of.phases, Args: arg, Multi: true, Last: true, Eval: value(of, next, out)}, names...)
	}
	register.Fetches([]register.Entry{
		value("the value of a cookie of the request", ofRequest, nextCookie, expr.Str, "req.cook", "cook"),
		value("the value of a cookie of the request as an integer", ofRequest, nextCookie, expr.Int, "req.cook_val", "cook_val"),
		register.As(expr.Fetch{Doc: "the number of cookies of a name in the request", Out: expr.Int, Phases: request, Args: arg,
			Eval: countOf(ofRequest, nextCookie)}, "req.cook_cnt", "cook_cnt"),
		value("the value of a cookie that the response sets", ofResponse, nextSetCookie, expr.Str, "res.cook", "scook"),
		value("the value of a cookie that the response sets as an integer", ofResponse, nextSetCookie, expr.Int, "res.cook_val", "scook_val"),
		register.As(expr.Fetch{Doc: "the number of cookies of a name that the response sets", Out: expr.Int, Phases: response, Args: arg,
			Eval: countOf(ofResponse, nextSetCookie)}, "res.cook_cnt", "scook_cnt"),
	})
}

// nextCookie walks over the pairs of Cookie fields.
func nextCookie(m *httpmsg.Message, name string, cursor int) ([]byte, int, bool) {
	field, off := cursor>>offsetBits, cursor&(1<<offsetBits-1)
	for i := m.FindKnown(httpmsg.Cookie, field); i >= 0; i = m.FindKnown(httpmsg.Cookie, i+1) {
		if i != field {
			off = 0
		}
		line := m.Value(i)
		for off < len(line) {
			pair, _, _ := bytes.Cut(line[off:], []byte(";"))
			off += len(pair) + 1
			n, v, ok := bytes.Cut(bytes.TrimLeft(pair, " \t"), []byte("="))
			if ok && (name == "" || string(bytes.TrimRight(n, " \t")) == name) {
				return unquote(bytes.Trim(v, " \t")), i<<offsetBits | min(off, len(line)), true
			}
		}
	}
	return nil, 0, false
}

// nextSetCookie walks over Set-Cookie fields.
func nextSetCookie(m *httpmsg.Message, name string, cursor int) ([]byte, int, bool) {
	for i := m.FindKnown(httpmsg.SetCookie, cursor); i >= 0; i = m.FindKnown(httpmsg.SetCookie, i+1) {
		pair, _, _ := bytes.Cut(m.Value(i), []byte(";"))
		n, v, ok := bytes.Cut(pair, []byte("="))
		if ok && (name == "" || string(bytes.Trim(n, " \t")) == name) {
			return unquote(bytes.Trim(v, " \t")), i + 1, true
		}
	}
	return nil, 0, false
}

func unquote(b []byte) []byte {
	if len(b) >= 2 && b[0] == '"' && b[len(b)-1] == '"' {
		return b[1 : len(b)-1]
	}
	return b
}
