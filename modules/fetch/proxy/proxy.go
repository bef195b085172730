// Package proxy is the sample fetches about the state of frontends, backends and
// servers (HAProxy manual section 7.3.2). Importing the package registers them.
//
// A backend that is not named is the stream's own, and there is no value before
// one is chosen. The state is asked for when an expression is evaluated, through
// Env.Table; the records hold none. Numbers of proxies and servers, and what
// their configuration says, are not here.
package proxy

import (
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	backend := []expr.Arg{{Name: "backend", Type: expr.ArgBackend, Optional: true}}
	frontend := []expr.Arg{{Name: "frontend", Type: expr.ArgFrontend, Optional: true}}
	server := []expr.Arg{{Name: "backend/server", Type: expr.ArgServer}}
	ofBackend := func(doc string, f func(expr.Proxy) (int64, bool), names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: expr.Everywhere, Args: backend, Eval: onBackend(f)}, names...)
	}
	ofFrontend := func(doc string, f func(expr.Proxy) int64, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: expr.Everywhere, Args: frontend, Eval: onFrontend(f)}, name)
	}
	ofServer := func(doc string, f func(expr.Server) int64, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: expr.Everywhere, Args: server, Eval: onServer(f)}, name)
	}
	register.Fetches([]register.Entry{
		ofBackend("the servers of the backend that can be used", usable, "nbsrv"),
		ofBackend("the connections of the backend", always(expr.Proxy.Conns), "be_conn"),
		ofBackend("the sessions begun at the backend in the last second", always(expr.Proxy.SessionRate), "be_sess_rate"),
		ofBackend("the streams that wait in the backend and its servers", always(expr.Proxy.Queued), "queue"),
		ofBackend("the streams that wait, for each server that can be used", average, "avg_queue"),
		ofBackend("the connections that the backend's servers can still take, -1 for no limit; places in queues do not count", always(expr.Proxy.ConnSlots), "be_conn_free", "connslots"),
		ofFrontend("the connections of the frontend", expr.Proxy.Conns, "fe_conn"),
		ofFrontend("the sessions begun at the frontend in the last second", expr.Proxy.SessionRate, "fe_sess_rate"),
		ofServer("the streams of the server", expr.Server.Conns, "srv_conn"),
		ofServer("the streams that wait for the server", expr.Server.Queued, "srv_queue"),
		ofServer("the sessions begun at the server in the last second", expr.Server.SessionRate, "srv_sess_rate"),
		ofServer("the server's weight now", func(s expr.Server) int64 { return int64(s.EffectiveWeight()) }, "srv_weight"),
		register.As(expr.Fetch{Doc: "whether the server can be used", Out: expr.Bool, Phases: expr.Everywhere, Args: server, Eval: isUp}, "srv_is_up"),
		register.As(expr.Fetch{Doc: "the name of the frontend", Out: expr.Str, Phases: expr.WithStream, Eval: name(func(e *expr.Env) string { return e.Stream.Frontend })}, "fe_name"),
		register.As(expr.Fetch{Doc: "the name of the backend", Out: expr.Str, Phases: expr.WithStream, Eval: name(func(e *expr.Env) string { return e.Stream.Backend })}, "be_name"),
		register.As(expr.Fetch{Doc: "the name of the server", Out: expr.Str, Phases: chosen, Eval: name(serverName)}, "srv_name"),
	})
}

// chosen are the phases in which a server was chosen.
var chosen = expr.In(expr.TCPResponse, expr.HTTPResponse, expr.HTTPAfterResponse, expr.Log)

// noServer is what stands in a stream's facts when no server was chosen.
const noServer = "<NOSRV>"

func serverName(e *expr.Env) string {
	if e.Stream.Server == noServer {
		return ""
	}
	return e.Stream.Server
}

type eval = func(*expr.Env, *expr.Args, *expr.Sample) bool

func always(f func(expr.Proxy) int64) func(expr.Proxy) (int64, bool) {
	return func(p expr.Proxy) (int64, bool) { return f(p), true }
}

func usable(p expr.Proxy) (n int64, ok bool) {
	for _, s := range p.Servers() {
		if s.Usable() {
			n++
		}
	}
	return n, true
}

func average(p expr.Proxy) (int64, bool) {
	n, _ := usable(p)
	if n == 0 {
		return 2 * p.Queued(), true // one server is hoped to come back soon
	}
	return (p.Queued() + n - 1) / n, true
}

// find gives the backend that is named, or the stream's.
func find(e *expr.Env, backend string) (expr.Proxy, bool) {
	if e.Table == nil {
		return nil, false
	}
	if backend == "" {
		if e.Stream == nil {
			return nil, false
		}
		backend = e.Stream.Backend
	}
	return e.Table.Backend(backend)
}

func onBackend(f func(expr.Proxy) (int64, bool)) eval {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		p, ok := find(e, a.Str(0))
		if !ok {
			return false
		}
		n, ok := f(p)
		s.SetInt(n)
		return ok
	}
}

func onFrontend(f func(expr.Proxy) int64) eval {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		name := a.Str(0)
		if name == "" && e.Stream != nil {
			name = e.Stream.Frontend
		}
		if e.Table == nil {
			return false
		}
		p, ok := e.Table.Frontend(name)
		if ok {
			s.SetInt(f(p))
		}
		return ok
	}
}

// server finds [backend/]server.
func server(e *expr.Env, text string) (expr.Server, bool) {
	backend, name, ok := strings.Cut(text, "/")
	if !ok {
		backend, name = "", text
	}
	p, ok := find(e, backend)
	if !ok {
		return nil, false
	}
	for _, s := range p.Servers() {
		if s.Name() == name {
			return s, true
		}
	}
	return nil, false
}

func onServer(f func(expr.Server) int64) eval {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		srv, ok := server(e, a.Str(0))
		if ok {
			s.SetInt(f(srv))
		}
		return ok
	}
}

func isUp(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	srv, ok := server(e, a.Str(0))
	if ok {
		s.SetBool(srv.Usable())
	}
	return ok
}

func name(f func(*expr.Env) string) eval {
	return func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Stream == nil {
			return false
		}
		n := f(e)
		s.SetStr(append(e.Scratch(len(n)), n...))
		return n != ""
	}
}
