// Package payload is the sample fetches of bytes that were received and not yet
// forwarded (HAProxy manual section 7.3.5): of the client in tcp-request
// content rules, of the server in tcp-response. Importing the package registers
// them.
//
// A fetch that cannot tell yet says that it needs more, and the rule waits for
// it within inspect-delay. In HTTP rules nothing is waited for: the request is
// there. Values are views of the buffer. TLS hellos are read from one TLS
// record, as clients send them; SSLv2 hellos are not.
package payload

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// The phases in which bytes of the client and of the server can be looked at.
var (
	ofClient = expr.WithContent
	ofServer = expr.In(expr.TCPResponse)
)

func init() {
	block := []expr.Arg{{Name: "offset", Type: expr.ArgInt}, {Name: "length", Type: expr.ArgInt}}
	sized := []expr.Arg{{Name: "offset of the length", Type: expr.ArgInt}, {Name: "bytes of the length", Type: expr.ArgInt}, {Name: "offset", Type: expr.ArgStr, Optional: true}}
	sides := func(f expr.Fetch, client, server []string, both ...string) []register.Entry {
		req, res, any := f, f, f
		req.Phases, res.Phases, any.Phases = ofClient, ofServer, ofClient|ofServer
		return []register.Entry{register.As(req, client...), register.As(res, server...), register.As(any, both...)}
	}
	register.Fetches(sides(expr.Fetch{Doc: "the number of bytes received so far", Out: expr.Int, Eval: length},
		[]string{"req.len", "req_len"}, []string{"res.len"}))
	register.Fetches(sides(expr.Fetch{Doc: "the bytes from an offset; a length of 0 means all that come", Out: expr.Bin, Args: block, Bind: bindBlock, Eval: payload},
		[]string{"req.payload"}, []string{"res.payload"}, "payload"))
	register.Fetches(sides(expr.Fetch{Doc: "the bytes whose length stands at an offset in so many bytes; they follow it or stand at another offset, with a sign one from there",
		Out: expr.Bin, Args: sized, Bind: bindLV, Eval: payloadLV}, []string{"req.payload_lv"}, []string{"res.payload_lv"}, "payload_lv"))
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "true once no more bytes will come to be inspected", Out: expr.Bool, Phases: expr.Everywhere, Eval: waitEnd}, "wait_end"),
	})
}

// final reports whether no more bytes will come to be inspected.
func final(e *expr.Env) bool {
	return e.InputDone || e.Req != nil || e.Phase != expr.TCPContent && e.Phase != expr.TCPResponse
}

// needMore says that the answer may come with more bytes; there is none now.
func needMore(e *expr.Env) bool {
	if !final(e) {
		e.NeedMore = true
	}
	return false
}

// length is 0 only when it is clear that nothing will come: a rule on what is
// received waits for the first bytes.
func length(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	s.SetInt(int64(len(e.Input)))
	return len(e.Input) > 0 || final(e) || needMore(e)
}

func bindBlock(_ *expr.Scope, a *expr.Args) error {
	if a.V[0].Int < 0 || a.V[1].Int < 0 {
		return fmt.Errorf("offset and length are not negative")
	}
	return nil
}

func payload(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	off, n, have := a.V[0].Int, a.V[1].Int, int64(len(e.Input))
	if off > have || n > have-off || n == 0 && !final(e) {
		return needMore(e)
	}
	if n == 0 {
		n = have - off
	}
	s.SetBin(e.Input[off : off+n])
	return true
}

// place says where the bytes after a length are.
type place struct {
	off      int64
	relative bool // to the end of the length
}

func bindLV(_ *expr.Scope, a *expr.Args) error {
	if a.V[0].Int < 0 || a.V[0].Int > 1<<30 {
		return fmt.Errorf("the offset %d of the length is not from 0 to 2^30", a.V[0].Int)
	}
	if n := a.V[1].Int; n < 1 || n > 8 {
		return fmt.Errorf("a length takes 1 to 8 bytes, not %d", n)
	}
	text := a.Str(2)
	p := place{relative: text == "" || text[0] == '+' || text[0] == '-'}
	if text != "" {
		n, err := strconv.ParseInt(text, 10, 31)
		if err != nil {
			return fmt.Errorf("%q is no offset: write a number, with + or - before it to count from the end of the length", text)
		}
		p.off = n
	}
	a.Data = p
	return nil
}

func payloadLV(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	off, size, have := a.V[0].Int, a.V[1].Int, int64(len(e.Input))
	if off > have || size > have-off {
		return needMore(e)
	}
	var room [8]byte
	copy(room[8-size:], e.Input[off:off+size])
	n := binary.BigEndian.Uint64(room[:])
	p, _ := a.Data.(place)
	at := p.off
	if p.relative {
		at += off + size
	}
	switch {
	case at < 0 || n == 0 || n > 1<<30:
		return false // an empty block is no value, as with HAProxy
	case at > have || int64(n) > have-at:
		return needMore(e)
	}
	s.SetBin(e.Input[at : at+int64(n)])
	return true
}

func waitEnd(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if !final(e) {
		return needMore(e)
	}
	s.SetBool(true)
	return true
}
