package connection

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	count := func(doc string, phases expr.Phases, f func(*session.Stream) int64, names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			if e.Stream == nil {
				return false
			}
			s.SetInt(f(e.Stream))
			return true
		}}, names...)
	}
	register.Fetches([]register.Entry{
		count("the bytes received from the client so far", expr.WithStream, func(s *session.Stream) int64 { return s.BytesIn }, "bytes_in", "req.bytes_in"),
		count("the bytes sent to the client so far", expr.WithStream, func(s *session.Stream) int64 { return s.BytesOut }, "bytes_out", "res.bytes_out"),
		count("the position passed in the backend's queue", toServer, func(s *session.Stream) int64 { return s.BackendQueue }, "bc_be_queue"),
		count("the position passed in the server's queue", toServer, func(s *session.Stream) int64 { return s.SrvQueue }, "bc_srv_queue"),
		count("the connection attempts that were repeated", toServer, func(s *session.Stream) int64 { return int64(s.Retries) }, "txn.conn_retries"),
		register.As(expr.Fetch{Doc: "whether the stream went to another server after its own failed", Out: expr.Bool, Phases: toServer,
			Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
				if e.Stream == nil {
					return false
				}
				s.SetBool(e.Stream.Redispatched)
				return true
			}}, "txn.redispatched"),
		register.As(expr.Fetch{Doc: "the termination state, two letters, -- while all is well", Out: expr.Str, Phases: expr.WithStream, Eval: termination}, "txn.sess_term_state"),
	})
}

func termination(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Stream == nil {
		return false
	}
	b := e.Scratch(2)
	for _, c := range e.Stream.Term[:2] {
		if c == 0 { // not set yet
			c = '-'
		}
		b = append(b, c)
	}
	s.SetStr(b)
	return true
}
