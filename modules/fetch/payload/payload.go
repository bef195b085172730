// Package payload is the sample fetches of bytes that were received and not yet
// forwarded (HAProxy manual section 7.3.5): of the client in tcp-request
// content rules, of the server in tcp-response.
//
// A fetch that cannot tell yet says that it needs more, and the rule waits for
// it within inspect-delay.
package payload

import (
	"encoding/binary"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// content are the phases in which received bytes can be looked at.
var content = expr.WithContent | expr.In(expr.TCPResponse)

func init() {
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "the number of bytes received so far", Out: expr.Int, Phases: content, Eval: length}, "req.len", "req_len", "res.len"),
		register.As(expr.Fetch{Doc: "the bytes from an offset; a length of 0 means all that are there", Out: expr.Bin, Phases: content,
			Args: []expr.Arg{{Name: "offset", Type: expr.ArgInt}, {Name: "length", Type: expr.ArgInt}}, Eval: payload}, "req.payload", "res.payload", "payload"),
		register.As(expr.Fetch{Doc: "the bytes whose length stands at an offset, in so many bytes", Out: expr.Bin, Phases: content,
			Args: []expr.Arg{{Name: "offset", Type: expr.ArgInt}, {Name: "length", Type: expr.ArgInt}, {Name: "payload offset", Type: expr.ArgInt, Optional: true}},
			Eval: payloadLV}, "req.payload_lv", "res.payload_lv", "payload_lv"),
		register.As(expr.Fetch{Doc: "true once no more bytes will come to be inspected", Out: expr.Bool, Phases: content, Eval: waitEnd}, "wait_end"),
	})
}

func length(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	s.SetInt(int64(len(e.Input)))
	return true
}

// needMore says that the answer may come with more bytes.
func needMore(e *expr.Env) bool {
	if !e.InputDone {
		e.NeedMore = true
	}
	return false
}

func payload(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	off, n := a.Int(0, 0), a.Int(1, 0)
	if off < 0 || n < 0 {
		return false
	}
	if off > int64(len(e.Input)) || n > int64(len(e.Input))-off || n == 0 && !e.InputDone {
		return needMore(e)
	}
	if n == 0 {
		n = int64(len(e.Input)) - off
	}
	s.SetBin(e.Input[off : off+n])
	return true
}

func payloadLV(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	off, size := a.Int(0, 0), a.Int(1, 0)
	if off < 0 || size < 1 || size > 8 {
		return false
	}
	have := int64(len(e.Input))
	if off > have || size > have-off {
		return needMore(e)
	}
	var room [8]byte
	copy(room[8-size:], e.Input[off:off+size])
	n := binary.BigEndian.Uint64(room[:])
	at := off + size
	if a.Given(2) {
		at = a.V[2].Int
	}
	switch {
	case at < 0 || n > 1<<30:
		return false
	case at > have || int64(n) > have-at:
		return needMore(e)
	}
	s.SetBin(e.Input[at : at+int64(n)])
	return true
}

func waitEnd(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if !e.InputDone {
		return needMore(e)
	}
	s.SetBool(true)
	return true
}
