package http

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	args := []expr.Arg{{Name: "name", Type: expr.ArgStr, Optional: true}, {Name: "delimiter", Type: expr.ArgStr, Optional: true}, {Name: "i", Type: expr.ArgStr, Optional: true}}
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "the value of a parameter of the URL, the first one of any name without a name; \"i\" ignores case",
			Out: expr.Str, Phases: request, Args: args, Multi: true, Eval: param(expr.Str)}, "url_param", "urlp"),
		register.As(expr.Fetch{Doc: "the value of a parameter of the URL as an integer",
			Out: expr.Int, Phases: request, Args: args, Multi: true, Eval: param(expr.Int)}, "urlp_val"),
	})
}

// param walks over the parameters of the query; the cursor is the offset after
// the one before, plus 1.
func param(out expr.Type) eval {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		if e.Req == nil {
			return false
		}
		target := e.Req.Target()
		delim := byte('?')
		if d := a.Str(1); d != "" {
			delim = d[0]
		}
		start := bytes.IndexByte(target, delim)
		if start < 0 {
			return false
		}
		for off := max(start+1, s.Next-1); off < len(target); {
			pair := target[off:]
			if i := bytes.IndexAny(pair, "&;"); i >= 0 {
				pair = pair[:i]
			}
			off += len(pair) + 1
			name, value, _ := bytes.Cut(pair, []byte("="))
			if !matches(a, name) {
				continue
			}
			s.SetStr(value)
			s.Next = min(off, len(target)) + 1
			return expr.Cast(e, s, out)
		}
		return false
	}
}

func matches(a *expr.Args, name []byte) bool {
	want := a.Str(0)
	switch {
	case want == "":
		return true
	case a.Str(2) == "i":
		return len(name) == len(want) && bytes.EqualFold(name, []byte(want))
	}
	return string(name) == want
}
