package http

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// captured are the phases in which what was kept of a request is there.
var captured = expr.WithRequest

func init() {
	index := []expr.Arg{{Name: "index", Type: expr.ArgInt}}
	word := func(doc string, n int, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: captured, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			return requestWord(e, n, s)
		}}, name)
	}
	register.Fetches([]register.Entry{
		word("the method, as the request line had it", 0, "capture.req.method"),
		word("the request target, as the request line had it", 1, "capture.req.uri"),
		word("the version, as the request line had it", 2, "capture.req.ver"),
		register.As(expr.Fetch{Doc: "a captured value of the request, by its number from 0", Out: expr.Str, Phases: captured, Args: index,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
				return e.Stream != nil && kept(e.Stream.CapturedReq, a, s)
			}}, "capture.req.hdr"),
		register.As(expr.Fetch{Doc: "a captured value of the response, by its number from 0", Out: expr.Str, Phases: response, Args: index,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
				return e.Stream != nil && kept(e.Stream.CapturedRes, a, s)
			}}, "capture.res.hdr"),
	})
}

func kept(list [][]byte, a *expr.Args, s *expr.Sample) bool {
	n := a.V[0].Int
	if n < 0 || n >= int64(len(list)) || list[n] == nil {
		return false
	}
	s.SetStr(list[n])
	return true
}

// requestWord gives a word of the request line.
func requestWord(e *expr.Env, n int, s *expr.Sample) bool {
	if e.Stream == nil {
		return false
	}
	line := e.Stream.RequestLine
	if len(line) == 0 && e.Req != nil { // nobody logs, so it was not kept
		line, _, _ = bytes.Cut(e.Req.Head(), []byte("\r\n"))
	}
	for ; n > 0; n-- {
		_, rest, ok := bytes.Cut(line, []byte(" "))
		if !ok {
			return false
		}
		line = rest
	}
	word, _, _ := bytes.Cut(line, []byte(" "))
	s.SetStr(word)
	return len(word) > 0
}
