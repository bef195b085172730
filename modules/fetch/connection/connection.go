// Package connection is the sample fetches about the connections of a stream
// (HAProxy manual sections 7.3.3 and 7.3.4).
package connection

import (
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	register.Fetches([]register.Entry{
		addr("the client's address", expr.Everywhere, func(e *expr.Env) netip.AddrPort { return e.Conn.Src }, "src"),
		port("the client's port", expr.Everywhere, func(e *expr.Env) netip.AddrPort { return e.Conn.Src }, "src_port"),
		addr("the address that the client connected to", expr.Everywhere, func(e *expr.Env) netip.AddrPort { return e.Conn.Dst }, "dst"),
		port("the port that the client connected to", expr.Everywhere, func(e *expr.Env) netip.AddrPort { return e.Conn.Dst }, "dst_port"),
		addr("the address at the other end of the client's connection itself", expr.Everywhere, func(e *expr.Env) netip.AddrPort { return e.Conn.RealSrc }, "fc_src"),
		port("the port at the other end of the client's connection itself", expr.Everywhere, func(e *expr.Env) netip.AddrPort { return e.Conn.RealSrc }, "fc_src_port"),
		addr("the address at this end of the client's connection itself", expr.Everywhere, func(e *expr.Env) netip.AddrPort { return e.Conn.RealDst }, "fc_dst"),
		port("the port at this end of the client's connection itself", expr.Everywhere, func(e *expr.Env) netip.AddrPort { return e.Conn.RealDst }, "fc_dst_port"),
		addr("the address of the server", server, func(e *expr.Env) netip.AddrPort { return e.Stream.ServerAddr }, "bc_dst"),
		port("the port of the server", server, func(e *expr.Env) netip.AddrPort { return e.Stream.ServerAddr }, "bc_dst_port"),
		addr("our address towards the server", server, func(e *expr.Env) netip.AddrPort { return e.Stream.BackendSrc }, "bc_src"),
		port("our port towards the server", server, func(e *expr.Env) netip.AddrPort { return e.Stream.BackendSrc }, "bc_src_port"),
		boolean("whether the client is on this machine", func(c *session.Conn) bool { return isLocal(c.Src.Addr()) }, "src_is_local"),
		boolean("whether the address that the client connected to is of this machine", func(c *session.Conn) bool { return isLocal(c.Dst.Addr()) }, "dst_is_local"),
		boolean("whether a PROXY protocol header was received", func(c *session.Conn) bool { return c.Proxied }, "fc_rcvd_proxy"),
		integer("the number of the bind", func(c *session.Conn) int64 { return int64(c.BindID) }, "so_id"),
		text("the name of the bind", func(c *session.Conn) string { return c.Bind }, "so_name"),
		text("the authority in the PROXY protocol's header", func(c *session.Conn) string { return c.Authority }, "fc_pp_authority"),
		text("the unique ID in the PROXY protocol's header", func(c *session.Conn) string { return c.UniqueID }, "fc_pp_unique_id"),
		integer("the major version of HTTP that the client speaks", func(*session.Conn) int64 { return 1 }, "fc_http_major"),
		integer("the error of the client's connection, 0 for none", func(*session.Conn) int64 { return 0 }, "fc_err"),
	})
}

// server are the phases in which a server is known.
var server = expr.In(expr.TCPResponse, expr.HTTPResponse, expr.HTTPAfterResponse, expr.Log)

func addr(doc string, phases expr.Phases, f func(*expr.Env) netip.AddrPort, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.IP, Phases: phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Conn == nil || phases == server && e.Stream == nil {
			return false
		}
		a := f(e)
		s.SetIP(a.Addr())
		return a.IsValid()
	}}, name)
}

func port(doc string, phases expr.Phases, f func(*expr.Env) netip.AddrPort, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Conn == nil || phases == server && e.Stream == nil {
			return false
		}
		a := f(e)
		s.SetInt(int64(a.Port()))
		return a.IsValid()
	}}, name)
}

func boolean(doc string, f func(*session.Conn) bool, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Bool, Phases: expr.Everywhere, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Conn == nil {
			return false
		}
		s.SetBool(f(e.Conn))
		return true
	}}, name)
}

func integer(doc string, f func(*session.Conn) int64, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: expr.Everywhere, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Conn == nil {
			return false
		}
		s.SetInt(f(e.Conn))
		return true
	}}, name)
}

func text(doc string, f func(*session.Conn) string, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: expr.Everywhere, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Conn == nil {
			return false
		}
		v := f(e.Conn)
		s.SetStr(append(e.Scratch(len(v)), v...))
		return v != ""
	}}, name)
}
