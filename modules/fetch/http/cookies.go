package http

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	arg := []expr.Arg{{Name: "name", Type: expr.ArgStr, Optional: true}}
	value := func(doc string, of side, next cookieWalker, as form, names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: as.out, Phases: of.phases, Args: arg, Multi: true, Last: true, Eval: cookie(of, next, as)}, names...)
	}
	count := func(doc string, of side, next cookieWalker, names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: of.phases, Args: arg, Eval: countOf(of, next.values)}, names...)
	}
	register.Fetches([]register.Entry{
		value("the value of a cookie of the request; of the first without a name", ofRequest, nextPair, text, "req.cook", "cook"),
		value("the value of a cookie of the request as an integer", ofRequest, nextPair, integer, "req.cook_val", "cook_val"),
		count("the number of cookies of a name in the request, of all without a name", ofRequest, nextPair, "req.cook_cnt", "cook_cnt"),
		value("the value of a cookie that the response sets; of the first without a name", ofResponse, nextSetPair, text, "res.cook", "scook", "set-cookie"),
		value("the value of a cookie that the response sets as an integer", ofResponse, nextSetPair, integer, "res.cook_val", "scook_val"),
		count("the number of cookies of a name that the response sets, of all without a name", ofResponse, nextSetPair, "res.cook_cnt", "scook_cnt"),
		register.As(expr.Fetch{Doc: "the value of a cookie of the request, or in response rules that the response sets", Out: expr.Str, Phases: ofEither.phases,
			Args: arg, Multi: true, Last: true, Eval: cookieOfPhase}, "cookie"),
	})
}

// pair is a cookie's name and value. Quotes are part of the value (RFC 6265
// section 5.2).
type pair struct{ name, value []byte }

// cookieWalker gives the cookie after a cursor, in the way of a walker.
type cookieWalker func(m *httpmsg.Message, name string, cursor int) (pair, int, bool)

func (next cookieWalker) values(m *httpmsg.Message, name string, cursor int) ([]byte, int, bool) {
	p, after, ok := next(m, name, cursor)
	return p.value, after, ok
}

// nextPair walks over the pairs of Cookie fields, which semicolons part, or
// commas as in old clients.
func nextPair(m *httpmsg.Message, name string, cursor int) (pair, int, bool) {
	return walkPairs(m, httpmsg.Cookie, name, cursor, func(line []byte) (pair, int, bool) {
		end := separator(line, ';', ',')
		p, ok := cutPair(line[:end])
		return p, end, ok
	})
}

// nextSetPair walks over Set-Cookie fields: a pair, its attributes behind
// semicolons, and maybe others behind commas (RFC 2109).
func nextSetPair(m *httpmsg.Message, name string, cursor int) (pair, int, bool) {
	return walkPairs(m, httpmsg.SetCookie, name, cursor, func(line []byte) (pair, int, bool) {
		p, ok := cutPair(line[:separator(line, ';', ',')])
		return p, separator(line, ',', ','), ok
	})
}

// walkPairs walks over what cut takes off the lines of a field.
func walkPairs(m *httpmsg.Message, field httpmsg.Known, name string, cursor int, cut func(line []byte) (pair, int, bool)) (pair, int, bool) {
	first, off := cursor>>offsetBits, cursor&(1<<offsetBits-1)
	for i := m.FindKnown(field, first); i >= 0; i = m.FindKnown(field, i+1) {
		if i != first {
			off = 0
		}
		line := m.Value(i)
		for off < len(line) {
			p, end, ok := cut(line[off:])
			off += end + 1
			if ok && (name == "" || string(p.name) == name) {
				return p, i<<offsetBits | min(off, len(line)), true
			}
		}
	}
	return pair{}, 0, false
}

// cutPair parts name and value; what has no "=" or no name is no cookie.
func cutPair(b []byte) (pair, bool) {
	name, value, ok := bytes.Cut(b, []byte("="))
	p := pair{bytes.Trim(name, " \t"), bytes.Trim(value, " \t")}
	return p, ok && len(p.name) > 0
}

// cookie gives a fetch of the values of cookies: all with a name, one after
// another, or the first of any name.
func cookie(of side, next cookieWalker, as form) eval {
	all := value(of, next.values, as)
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		return (a.Str(0) != "" || s.Next == 0) && all(e, a, s)
	}
}

func cookieOfPhase(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	if inResponse(e.Phase) {
		return cookieOfResponse(e, a, s)
	}
	return cookieOfRequest(e, a, s)
}

var (
	cookieOfRequest  = cookie(ofRequest, nextPair, text)
	cookieOfResponse = cookie(ofResponse, nextSetPair, text)
)
