// Package http is the sample fetches of HTTP messages (HAProxy manual section
// 7.3.6): request lines, header fields, cookies, parameters, credentials, and
// what logs keep of these.
//
// Where a message is not there, as before a request has come, a fetch gives no
// value.
package http

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// request and response are the phases in which a request or response is there.
var (
	request  = expr.WithRequest | expr.In(expr.TCPContent)
	response = expr.WithResponse
)

type eval = func(*expr.Env, *expr.Args, *expr.Sample) bool

// side says which message a fetch is about.
type side struct {
	phases  expr.Phases
	message func(*expr.Env) *httpmsg.Message
}

var (
	ofRequest  = side{request, func(e *expr.Env) *httpmsg.Message { return e.Req }}
	ofResponse = side{response, func(e *expr.Env) *httpmsg.Message { return e.Res }}
)

func init() {
	part := func(doc string, f func(m *httpmsg.Message) []byte, names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: request, Eval: onTarget(f)}, names...)
	}
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "the request's method", Out: expr.Method, Phases: request, Eval: method}, "method"),
		part("the path, without the query", func(m *httpmsg.Message) []byte { return path(m.Target()) }, "path"),
		part("the path with the query", func(m *httpmsg.Message) []byte { return pathq(m.Target()) }, "pathq"),
		part("the query, without its \"?\"", func(m *httpmsg.Message) []byte {
			_, q, _ := bytes.Cut(m.Target(), []byte("?"))
			return q
		}, "query"),
		part("the whole request target", (*httpmsg.Message).Target, "url"),
		register.As(expr.Fetch{Doc: "the Host field and the path, without the query", Out: expr.Str, Phases: request, Eval: base}, "base"),
		register.As(expr.Fetch{Doc: "the address in the authority of the request target", Out: expr.IP, Phases: request, Eval: urlIP}, "url_ip"),
		register.As(expr.Fetch{Doc: "the port in the authority of the request target", Out: expr.Int, Phases: request, Eval: urlPort}, "url_port"),
		register.As(expr.Fetch{Doc: "the version of the request, such as 1.1", Out: expr.Str, Phases: request, Eval: version(ofRequest)}, "req.ver", "req_ver"),
		register.As(expr.Fetch{Doc: "the version of the response, such as 1.1", Out: expr.Str, Phases: response, Eval: version(ofResponse)}, "res.ver", "resp_ver"),
		register.As(expr.Fetch{Doc: "the response's status", Out: expr.Int, Phases: response, Eval: status}, "status"),
		register.As(expr.Fetch{Doc: "true for the first request of a connection", Out: expr.Bool, Phases: request, Eval: firstRequest}, "http_first_req"),
		register.As(expr.Fetch{Doc: "the length that the request's body is announced with, in bytes", Out: expr.Int, Phases: request, Eval: bodySize(ofRequest)}, "req.body_size"),
		register.As(expr.Fetch{Doc: "the length that the response's body is announced with, in bytes", Out: expr.Int, Phases: response, Eval: bodySize(ofResponse)}, "res.body_size"),
		register.As(expr.Fetch{Doc: "the request's unique ID", Out: expr.Str, Phases: expr.WithStream, Eval: uniqueID}, "unique-id"),
	})
}

func onTarget(f func(*httpmsg.Message) []byte) eval {
	return func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Req == nil {
			return false
		}
		s.SetStr(f(e.Req))
		return true
	}
}

// pathq gives a target without scheme and authority.
func pathq(target []byte) []byte {
	if len(target) > 0 && target[0] == '/' {
		return target
	}
	if i := bytes.Index(target, []byte("://")); i > 0 {
		if j := bytes.IndexByte(target[i+3:], '/'); j >= 0 {
			return target[i+3+j:]
		}
		return nil
	}
	return target
}

func path(target []byte) []byte {
	p, _, _ := bytes.Cut(pathq(target), []byte("?"))
	return p
}

func method(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Req == nil {
		return false
	}
	s.Type, s.Bytes = expr.Method, e.Req.Method()
	return true
}

func base(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Req == nil {
		return false
	}
	host, _ := e.Req.Header("host")
	p := path(e.Req.Target())
	s.SetStr(append(append(e.Scratch(len(host)+len(p)), host...), p...))
	return true
}

// authority gives host and port of a target in absolute form.
func authority(target []byte) []byte {
	i := bytes.Index(target, []byte("://"))
	if i <= 0 || target[0] == '/' {
		return nil
	}
	a, _, _ := bytes.Cut(target[i+3:], []byte("/"))
	return a
}

func urlIP(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Req == nil {
		return false
	}
	host := authority(e.Req.Target())
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && bytes.IndexByte(host[i:], ']') < 0 {
		host = host[:i]
	}
	s.SetStr(bytes.Trim(host, "[]"))
	return len(host) > 0 && expr.Cast(e, s, expr.IP)
}

func urlPort(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Req == nil {
		return false
	}
	host := authority(e.Req.Target())
	i := bytes.LastIndexByte(host, ':')
	if i < 0 || bytes.IndexByte(host[i:], ']') >= 0 {
		s.SetInt(80)
		return len(host) > 0
	}
	s.SetStr(host[i+1:])
	return expr.Cast(e, s, expr.Int)
}

func version(of side) eval {
	return func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		m := of.message(e)
		if m == nil {
			return false
		}
		s.SetStr(append(e.Scratch(8), m.Version.String()[len("HTTP/"):]...))
		return true
	}
}

func status(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	switch {
	case e.Res != nil:
		s.SetInt(int64(e.Res.Status))
	case e.Stream != nil && e.Stream.Status > 0:
		s.SetInt(int64(e.Stream.Status))
	default:
		return false
	}
	return true
}

func firstRequest(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Conn == nil {
		return false
	}
	s.SetBool(e.Conn.Requests <= 1)
	return true
}

func bodySize(of side) eval {
	return func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		m := of.message(e)
		if m == nil || m.Body != httpmsg.Length {
			return false
		}
		s.SetInt(m.ContentLength)
		return true
	}
}

func uniqueID(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Stream == nil || e.Stream.UniqueID == "" {
		return false
	}
	s.SetStr(append(e.Scratch(len(e.Stream.UniqueID)), e.Stream.UniqueID...))
	return true
}
