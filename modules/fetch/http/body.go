package http

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// body are the phases in which a buffered body is there: before it is sent on.
var body = expr.WithContent

func init() {
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "the request's body as far as it was received", Out: expr.Bin, Phases: body, Eval: requestBody}, "req.body"),
		register.As(expr.Fetch{Doc: "how much of the request's body was received, in bytes", Out: expr.Int, Phases: body, Eval: bodyLen}, "req.body_len"),
		register.As(expr.Fetch{Doc: "the length that the request's body is announced with, in bytes, or what was received of a chunked one", Out: expr.Int, Phases: request,
			Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool { return bodySize(e.Req, e.ReqBody, s) }}, "req.body_size"),
		register.As(expr.Fetch{Doc: "the length that the response's body is announced with, in bytes; none when it is not announced", Out: expr.Int, Phases: response,
			Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool { return bodySize(e.Res, nil, s) }}, "res.body_size"),
	})
}

func requestBody(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	s.SetBin(e.ReqBody)
	return e.Req != nil
}

func bodyLen(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	s.SetInt(int64(len(e.ReqBody)))
	return e.Req != nil
}

func bodySize(m *httpmsg.Message, received []byte, s *expr.Sample) bool {
	switch {
	case m == nil:
		return false
	case m.Body == httpmsg.NoBody:
		s.SetInt(0)
	case m.Body == httpmsg.Length:
		s.SetInt(m.ContentLength)
	default:
		s.SetInt(int64(len(received)))
		return received != nil
	}
	return true
}
