package http

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	index := []expr.Arg{{Name: "index", Type: expr.ArgInt}}
	word := func(doc string, n int, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: persisted, Bind: keepsLine, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			return requestWord(e, n, s)
		}}, name)
	}
	register.Fetches([]register.Entry{
		word("the method, as the request line had it", 0, "capture.req.method"),
		word("the path and query, as the request line had them", 1, "capture.req.uri"),
		word("the version, as the request line had it", 2, "capture.req.ver"),
		register.As(expr.Fetch{Doc: "the version of the response, such as HTTP/1.1", Out: expr.Str, Phases: response, Eval: responseVersion}, "capture.res.ver"),
		register.As(expr.Fetch{Doc: "a captured value of the request, by its number from 0", Out: expr.Str, Phases: persisted, Args: index,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
				return e.Stream != nil && kept(e.Stream.CapturedReq, a, s)
			}}, "capture.req.hdr"),
		register.As(expr.Fetch{Doc: "a captured value of the response, by its number from 0", Out: expr.Str, Phases: response, Args: index,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
				return e.Stream != nil && kept(e.Stream.CapturedRes, a, s)
			}}, "capture.res.hdr"),
	})
}

// keepsLine has the request line kept, whose words rules may change.
func keepsLine(sc *expr.Scope, _ *expr.Args) error {
	sc.Uses.RequestLine = true
	return nil
}

func kept(list [][]byte, a *expr.Args, s *expr.Sample) bool {
	n := a.V[0].Int
	if n < 0 || n >= int64(len(list)) || list[n] == nil {
		return false
	}
	s.SetStr(list[n])
	return true
}

// requestWord gives a word of the request line: 0 the method, 1 the target from
// its first slash, 2 the version.
func requestWord(e *expr.Env, n int, s *expr.Sample) bool {
	word := keptWord(e, n)
	if n == 1 {
		var ok bool
		if word, ok = pathq(word); !ok {
			return false
		}
	}
	s.SetStr(word)
	return len(word) > 0
}

func keptWord(e *expr.Env, n int) []byte {
	if e.Stream != nil && len(e.Stream.RequestLine) > 0 {
		line := e.Stream.RequestLine
		first, last := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
		if first < 0 || last <= first {
			return nil
		}
		return [...][]byte{line[:first], line[first+1 : last], line[last+1:]}[n]
	}
	if e.Req == nil {
		return nil
	}
	switch n { // as in tests: the engine keeps the line for whoever reads it
	case 0:
		return e.Req.Method()
	case 1:
		return e.Req.Target()
	}
	return append(e.Scratch(8), e.Req.Version.String()...)
}

func responseVersion(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Res == nil {
		return false
	}
	s.SetStr(append(e.Scratch(8), e.Res.Version.String()...))
	return true
}
