package http

import (
	"bytes"
	"errors"
	"io"

	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// response is a response that is being read.
type response struct {
	head   bool // to a HEAD request
	parser http1.Parser
	m      httpmsg.Message
	got    []byte // received: the head, and once that is read the body
	ended  bool   // the server has closed the connection
	b      [4 << 10]byte
}

// more reads on. A result with a code says why there is no more.
func (r *response) more(p *health.Probe) health.Result {
	if len(r.got) >= maxResponse {
		return health.Result{Code: "L7RSP", Desc: "the response's head is too large"}
	}
	n, err := p.Read(r.b[:])
	r.got = append(r.got, r.b[:n]...)
	switch {
	case err == nil || n > 0: // an error comes again
		return health.Result{}
	case errors.Is(err, io.EOF):
		r.ended = true
	}
	return health.Failed(err)
}

// readHead reads the head, and passes over interim ones (RFC 9110 section 15.2).
func (r *response) readHead(p *health.Probe) health.Result {
	for {
		n := 0
		if len(r.got) > 0 {
			var err error
			if n, err = r.parser.Response(&r.m, r.got); err != nil {
				return health.Result{Code: "L7RSP", Desc: err.Error()}
			}
		}
		const switching = 101
		switch {
		case n == 0:
			if failed := r.more(p); failed.Code != "" {
				return failed
			}
		case r.m.Status < 200 && r.m.Status != switching:
			r.got = r.got[n:]
			r.parser.Next()
		default:
			r.got = r.got[n:]
			if err := r.parser.FrameResponse(&r.m, r.head, false); err != nil {
				return health.Result{Code: "L7RSP", Desc: err.Error()}
			}
			return health.Result{}
		}
	}
}

// readBody reads as much of the body as its judge needs.
func (r *response) readBody(p *health.Probe, e *expectation) health.Result {
	for len(r.got) < maxResponse && !r.complete() && !e.settled(r.got) {
		failed := r.more(p)
		switch {
		case failed.Code == "":
		case r.ended && r.m.Body != httpmsg.Length:
			return health.Result{} // that is the body's end
		case r.ended:
			return health.Result{Code: "L7RSP", Desc: "the body is shorter than its Content-Length"}
		default:
			return failed
		}
	}
	return health.Result{}
}

// complete reports whether the body has come, where its length is known.
func (r *response) complete() bool {
	switch r.m.Body {
	case httpmsg.NoBody:
		return true
	case httpmsg.Length:
		return int64(len(r.got)) >= r.m.ContentLength
	}
	return false
}

// settled reports whether the rest of the body cannot matter.
func (e *expectation) settled(body []byte) bool { return e.text != nil && bytes.Contains(body, e.text) }
