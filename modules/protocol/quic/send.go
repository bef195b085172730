package quic

import (
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// appendHeaders appends a HEADERS frame. Its length is written in four bytes,
// before it is known.
func appendHeaders(b []byte, encode func([]byte) []byte) []byte {
	at := len(b)
	b = encode(append(b, frameHeaders, 0, 0, 0, 0))
	n := len(b) - at - 5
	b[at+1], b[at+2], b[at+3], b[at+4] = 0x80|byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	return b
}

// WriteHead sends a head.
func (x *stream) WriteHead(h *httpmsg.Message, end bool) error {
	if !x.server && len(h.Protocol()) > 0 && !x.s.peerConnects(h.Protocol()) {
		return &httpmsg.StreamError{Msg: "the server takes no extended CONNECT"}
	}
	x.s.patience.Earn(headEarns)
	x.out = appendHeaders(x.out, func(b []byte) []byte {
		if x.server {
			return appendResponse(b, h)
		}
		return appendRequest(b, h)
	})
	if !x.server {
		x.isHead = string(h.Method()) == "HEAD"
	}
	switch {
	case end:
		return x.CloseWrite()
	case x.server && h.Status < 200:
		return x.Flush()
	}
	return nil
}

// Flush sends the head that was held back.
func (x *stream) Flush() error {
	if len(x.out) == 0 {
		return nil
	}
	_, err := x.q.Write(x.out)
	x.out = x.out[:0]
	return x.lost(err)
}

// small is how much content is copied behind what waits, to leave with it.
const small = 16 << 10

// Write sends content.
func (x *stream) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	x.out = quicvarint.Append(append(x.out, frameData), uint64(len(p)))
	if len(p) <= small {
		x.out = append(x.out, p...)
		if err := x.Flush(); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	if err := x.Flush(); err != nil {
		return 0, err
	}
	n, err := x.q.Write(p)
	return n, x.lost(err)
}

// WriteLast sends the last content.
func (x *stream) WriteLast(p []byte) (int, error) {
	if len(p) > 0 {
		if n, err := x.Write(p); err != nil {
			return n, err
		}
	}
	return len(p), x.CloseWrite()
}

// CloseWrite ends our direction.
func (x *stream) CloseWrite() error {
	if err := x.Flush(); err != nil {
		return err
	}
	x.sent = true
	return x.lost(x.q.Close())
}

// WriteTrailers sends the fields after the content.
func (x *stream) WriteTrailers(h *httpmsg.Message) error {
	x.out = appendHeaders(x.out, func(b []byte) []byte { return appendTrailers(b, h) })
	return x.CloseWrite()
}
