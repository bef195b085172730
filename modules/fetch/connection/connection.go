// Package connection is the sample fetches about the connections of a stream:
// addresses, the PROXY protocol, timers and counts (HAProxy manual sections
// 7.3.3 and 7.3.4). Importing the package registers them.
//
// They read the facts of core/session and give no value where a fact is missing:
// a UNIX socket has no addresses, and before a stream there is no server. The
// records have no state but the addresses of this machine, which are looked up
// once. What the facts do not say, such as the kernel's measurements of a
// connection, is not here.
package connection

import (
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// toServer are the phases in which a server's connection is known.
var toServer = expr.In(expr.TCPResponse, expr.HTTPResponse, expr.HTTPAfterResponse, expr.Log)

func init() {
	register.Fetches([]register.Entry{
		addr("the client's address", ofConn(func(c *session.Conn) netip.AddrPort { return c.Src }), "src"),
		port("the client's port", ofConn(func(c *session.Conn) netip.AddrPort { return c.Src }), "src_port"),
		addr("the address that the client connected to", ofConn(func(c *session.Conn) netip.AddrPort { return c.Dst }), "dst"),
		port("the port that the client connected to", ofConn(func(c *session.Conn) netip.AddrPort { return c.Dst }), "dst_port"),
		addr("the address at the other end of the client's connection itself", ofConn(realSrc), "fc_src"),
		port("the port at the other end of the client's connection itself", ofConn(realSrc), "fc_src_port"),
		addr("the address at this end of the client's connection itself", ofConn(realDst), "fc_dst"),
		port("the port at this end of the client's connection itself", ofConn(realDst), "fc_dst_port"),
		addr("the address of the server", ofServer(func(s *session.Stream) netip.AddrPort { return s.ServerAddr }), "bc_dst"),
		port("the port of the server", ofServer(func(s *session.Stream) netip.AddrPort { return s.ServerAddr }), "bc_dst_port"),
		addr("our address towards the server", ofServer(func(s *session.Stream) netip.AddrPort { return s.BackendSrc }), "bc_src"),
		port("our port towards the server", ofServer(func(s *session.Stream) netip.AddrPort { return s.BackendSrc }), "bc_src_port"),
		local("whether the client is on this machine", func(c *session.Conn) netip.AddrPort { return c.Src }, "src_is_local"),
		local("whether the address that the client connected to is of this machine", func(c *session.Conn) netip.AddrPort { return c.Dst }, "dst_is_local"),
		local("whether the other end of the client's connection itself is on this machine", realSrc, "fc_src_is_local"),
		local("whether this end of the client's connection itself is on this machine", realDst, "fc_dst_is_local"),
		boolean("whether a PROXY protocol header was received", func(c *session.Conn) bool { return c.Proxied }, "fc_rcvd_proxy"),
		integer("the number of the bind", func(c *session.Conn) int64 { return int64(c.BindID) }, "so_id"),
		text("the name of the bind, or its address", func(c *session.Conn) string { return c.Bind }, "so_name"),
		integer("the error of the client's connection, by HAProxy's number; 0 for none", func(c *session.Conn) int64 { return int64(c.Err) }, "fc_err"),
		text("the error of the client's connection, by HAProxy's name", func(c *session.Conn) string { return c.Err.Name() }, "fc_err_name"),
		text("the error of the client's connection in words", func(c *session.Conn) string { return c.Err.String() }, "fc_err_str"),
		register.As(expr.Fetch{Doc: "the major version of HTTP on the client's connection", Out: expr.Int, Phases: expr.Everywhere, Eval: clientHTTP}, "fc_http_major"),
		register.As(expr.Fetch{Doc: "the major version of HTTP on the server's connection", Out: expr.Int, Phases: toServer, Eval: serverHTTP}, "bc_http_major"),
	})
}

func realSrc(c *session.Conn) netip.AddrPort { return c.RealSrc }
func realDst(c *session.Conn) netip.AddrPort { return c.RealDst }

// end is an address of a connection, and when it is known.
type end struct {
	phases expr.Phases
	get    func(*expr.Env) netip.AddrPort
}

func ofConn(f func(*session.Conn) netip.AddrPort) end {
	return end{expr.Everywhere, func(e *expr.Env) (a netip.AddrPort) {
		if e.Conn != nil {
			a = f(e.Conn)
		}
		return a
	}}
}

func ofServer(f func(*session.Stream) netip.AddrPort) end {
	return end{toServer, func(e *expr.Env) (a netip.AddrPort) {
		if e.Stream != nil {
			a = f(e.Stream)
		}
		return a
	}}
}

func addr(doc string, of end, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.IP, Phases: of.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		a := of.get(e)
		s.SetIP(a.Addr())
		return a.IsValid()
	}}, name)
}

func port(doc string, of end, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: of.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		a := of.get(e)
		s.SetInt(int64(a.Port()))
		return a.IsValid()
	}}, name)
}

func local(doc string, f func(*session.Conn) netip.AddrPort, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Bool, Phases: expr.Everywhere, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Conn == nil || !f(e.Conn).IsValid() {
			return false
		}
		s.SetBool(isLocal(f(e.Conn).Addr()))
		return true
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

// clientHTTP goes by the stream, by the request, and without one by the protocol that
// TLS agreed on: what goes to the server may have another version.
func clientHTTP(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	switch {
	case e.Conn == nil:
		return false
	case e.Stream != nil && e.Stream.ClientMux != nil:
		s.SetInt(int64(e.Stream.ClientMux.Mux().Version))
	case e.Req != nil:
		s.SetInt(int64(e.Req.Version / 10))
	case e.Conn.TLS != nil && e.Conn.TLS.ALPN == "h2":
		s.SetInt(2)
	case e.Conn.TLS != nil && e.Conn.TLS.ALPN == "h3":
		s.SetInt(3)
	default:
		s.SetInt(1)
	}
	return true
}

func serverHTTP(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Stream == nil || e.Stream.Server == "" || e.Stream.Server == noServer {
		return false
	}
	s.SetInt(int64(max(1, muxOf(e.Stream.ServerMux).Version)))
	return true
}

// noServer is what stands in a stream's facts when no server was chosen.
const noServer = "<NOSRV>"
