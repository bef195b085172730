package connection

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// muxSide is the side of a client or a server, whose connections may carry many
// streams at once.
type muxSide struct {
	conn, stream, peer string // prefixes of names, and who is there
	phases             expr.Phases
	of                 func(*session.Stream) session.Multiplexed
	ended              byte // the letter of the stream's state when the peer went away
}

func init() {
	for _, side := range []muxSide{
		{"fc", "fs", "client", expr.WithStream, func(s *session.Stream) session.Multiplexed { return s.ClientMux }, 'C'},
		{"bc", "bs", "server", toServer, func(s *session.Stream) session.Multiplexed { return s.ServerMux }, 'S'},
	} {
		register.Fetches(side.entries())
	}
}

func (side muxSide) entries() []register.Entry {
	number := func(doc string, f func(session.Mux) int64, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: side.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			if e.Stream == nil {
				return false
			}
			s.SetInt(f(muxOf(side.of(e.Stream))))
			return true
		}}, name)
	}
	with := "the " + side.peer + "'s connection"
	return []register.Entry{
		number("how many oddities of HTTP/2 or HTTP/3 "+with+" has shown", func(m session.Mux) int64 { return m.Glitches }, side.conn+"_glitches"),
		number("how many streams "+with+" carries: 1 but for HTTP/2 and HTTP/3", func(m session.Mux) int64 { return int64(max(1, m.Streams)) }, side.conn+"_nb_streams"),
		number("how many streams "+with+" may carry at once: 1 but for HTTP/2 and HTTP/3", func(m session.Mux) int64 { return int64(max(1, m.Limit)) }, side.conn+"_settings_streams_limit"),
		number("the number of the stream on "+with+": 0 but for HTTP/2 and HTTP/3", func(m session.Mux) int64 { return int64(m.ID) }, side.stream+".id"),
		register.As(expr.Fetch{Doc: "whether the " + side.peer + " aborted the stream", Out: expr.Bool, Phases: side.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			if e.Stream == nil {
				return false
			}
			s.SetBool(muxOf(side.of(e.Stream)).Aborted || e.Stream.Term[0] == side.ended)
			return true
		}}, side.stream+".aborted"),
		register.As(expr.Fetch{Doc: "the code that the " + side.peer + " reset the stream of HTTP/2 or HTTP/3 with; no value where it did not", Out: expr.Int, Phases: side.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			if e.Stream == nil {
				return false
			}
			m := muxOf(side.of(e.Stream))
			s.SetInt(int64(m.Reset))
			return m.Aborted
		}}, side.stream+".rst_code"),
	}
}

// muxOf tells of a stream; all is 0 where a connection carries one request at a time.
func muxOf(m session.Multiplexed) session.Mux {
	if m == nil {
		return session.Mux{}
	}
	return m.Mux()
}
