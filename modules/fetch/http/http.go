// Package http is the sample fetches of HTTP messages (HAProxy manual section
// 7.3.6): request lines, header fields, cookies, parameters, bodies,
// credentials, and what logs keep of these. Importing the package registers them.
//
// Where a message is not there, as before a request has come, a fetch gives no
// value. Fetches of requests are also legal where responses are handled, since
// the request's head is kept until then. Values are views of the message or of
// the Env's scratch space; the package has no state and its records may be used
// by all streams at once. It does not decode what it gives: that is what
// converters such as url_dec are for.
package http

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// The phases in which a message is there: its head, or what was kept of it.
var (
	request   = expr.WithRequest | expr.In(expr.TCPContent)
	response  = expr.WithResponse | expr.In(expr.TCPResponse)
	persisted = request | expr.In(expr.TCPResponse)
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
	// ofEither is the message that the phase is about.
	ofEither = side{request | response, func(e *expr.Env) *httpmsg.Message {
		if inResponse(e.Phase) {
			return e.Res
		}
		return e.Req
	}}
)

func inResponse(p expr.Phase) bool {
	return p == expr.TCPResponse || p == expr.HTTPResponse || p == expr.HTTPAfterResponse
}

func init() {
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "the request's method", Out: expr.Method, Phases: persisted, Eval: method}, "method"),
		register.As(expr.Fetch{Doc: "the version of the request, such as 1.1", Out: expr.Str, Phases: persisted, Eval: version(ofRequest)}, "req.ver", "req_ver"),
		register.As(expr.Fetch{Doc: "the version of the response, such as 1.1", Out: expr.Str, Phases: response, Eval: version(ofResponse)}, "res.ver", "resp_ver", "resp.ver"),
		register.As(expr.Fetch{Doc: "the response's status", Out: expr.Int, Phases: response, Eval: status}, "status"),
		register.As(expr.Fetch{Doc: "the status that was sent to the client, as logs have it", Out: expr.Int, Phases: response, Eval: sentStatus}, "txn.status"),
		register.As(expr.Fetch{Doc: "true for the first request of a connection", Out: expr.Bool, Phases: persisted, Eval: firstRequest}, "http_first_req"),
		register.As(expr.Fetch{Doc: "the request's unique ID", Out: expr.Str, Phases: expr.WithStream, Eval: uniqueID}, "unique-id"),
	})
}

func method(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Req == nil {
		return false
	}
	s.Type, s.Bytes = expr.Method, e.Req.Method()
	return true
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

func status(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	if e.Res == nil {
		return sentStatus(e, a, s)
	}
	s.SetInt(int64(e.Res.Status))
	return true
}

func sentStatus(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	switch {
	case e.Stream != nil && e.Stream.Status > 0:
		s.SetInt(int64(e.Stream.Status))
	case e.Res != nil && e.Phase != expr.Log: // not sent yet
		s.SetInt(int64(e.Res.Status))
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

func uniqueID(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Stream == nil || e.Stream.UniqueID == "" {
		return false
	}
	s.SetStr(append(e.Scratch(len(e.Stream.UniqueID)), e.Stream.UniqueID...))
	return true
}
