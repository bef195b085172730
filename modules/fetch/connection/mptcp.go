package connection

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/mptcp"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// The fetches of MPTCP read the socket each time: what they tell changes while a
// connection lives.
func init() {
	clientFD := func(e *expr.Env) int {
		if e.Conn == nil {
			return -1
		}
		return e.Conn.FD
	}
	serverFD := func(e *expr.Env) int {
		if e.Stream == nil {
			return -1
		}
		return e.Stream.ServerFD
	}
	for _, s := range []struct {
		prefix, peer string
		phases       expr.Phases
		fd           func(*expr.Env) int
	}{{"fc_mptcp", "client", expr.Everywhere, clientFD}, {"bc_mptcp", "server", toServer, serverFD}} {
		number := func(doc string, f func(mptcp.Info) int64, name string) register.Entry {
			return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: s.phases, Eval: func(e *expr.Env, _ *expr.Args, out *expr.Sample) bool {
				info, ok := mptcp.Read(s.fd(e))
				out.SetInt(f(info))
				return ok
			}}, name)
		}
		register.Fetches([]register.Entry{
			register.As(expr.Fetch{Doc: "whether the connection with the " + s.peer + " speaks MPTCP", Out: expr.Bool, Phases: s.phases,
				Eval: func(e *expr.Env, _ *expr.Args, out *expr.Sample) bool {
					info, ok := mptcp.Read(s.fd(e))
					out.SetBool(ok && !info.Fallback)
					return true
				}}, s.prefix),
			register.As(expr.Fetch{Doc: "whether MPTCP was offered to the " + s.peer + " and plain TCP is spoken", Out: expr.Bool, Phases: s.phases,
				Eval: func(e *expr.Env, _ *expr.Args, out *expr.Sample) bool {
					info, ok := mptcp.Read(s.fd(e))
					out.SetBool(ok && info.Fallback)
					return ok
				}}, s.prefix+"_fallback"),
			number("the paths that the MPTCP connection with the "+s.peer+" has now, the first one included", func(i mptcp.Info) int64 { return int64(i.Subflows) }, s.prefix+"_subflows"),
			number("the segments that the MPTCP connection with the "+s.peer+" has sent again", func(i mptcp.Info) int64 { return int64(i.Retransmits) }, s.prefix+"_retransmits"),
			number("the token by which the kernel's tools name the MPTCP connection with the "+s.peer, func(i mptcp.Info) int64 { return int64(i.Token) }, s.prefix+"_token"),
		})
	}
}
