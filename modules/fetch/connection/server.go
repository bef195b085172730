package connection

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	register.Fetches([]register.Entry{
		withServer("why there is no connection with the server, by HAProxy's number; 0 for none", expr.Int,
			func(_ *expr.Env, s *expr.Sample, x *session.Stream) { s.SetInt(int64(x.ServerErr)) }, "bc_err"),
		withServer("why there is no connection with the server, by HAProxy's name", expr.Str,
			func(e *expr.Env, s *expr.Sample, x *session.Stream) { setText(e, s, x.ServerErr.Name()) }, "bc_err_name"),
		withServer("why there is no connection with the server, in words", expr.Str,
			func(e *expr.Env, s *expr.Sample, x *session.Stream) { setText(e, s, x.ServerErr.String()) }, "bc_err_str"),
		withServer("whether the connection with the server had carried a request before", expr.Bool,
			func(_ *expr.Env, s *expr.Sample, x *session.Stream) { s.SetBool(x.ServerReused) }, "bc_reused"),
	})
}

// withServer tells of the connection with the server, once one was chosen.
func withServer(doc string, out expr.Type, set func(*expr.Env, *expr.Sample, *session.Stream), name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: out, Phases: toServer, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Stream == nil || e.Stream.Server == "" || e.Stream.Server == noServer {
			return false
		}
		set(e, s, e.Stream)
		return true
	}}, name)
}

func setText(e *expr.Env, s *expr.Sample, text string) {
	s.SetStr(append(e.Scratch(len(text)), text...))
}
