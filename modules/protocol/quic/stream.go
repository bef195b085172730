package quic

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/httphead"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// stream is one exchange; see httpmsg.Stream. One goroutine may read it while
// another writes.
type stream struct {
	s      *session
	q      *quic.Stream
	id     quic.StreamID
	server bool // our side

	// Reading.
	in       reader
	head     httphead.Decoder
	headSeen bool  // the head that is not interim was read
	declared int64 // content-length, -1 for none
	got      int64
	left     uint64 // of the DATA frame being read
	ended    bool   // all content was read
	trailers httpmsg.Message
	isHead   bool // the request is a HEAD
	bodyless bool // its response has no content

	// Writing.
	out       []byte // a head that waits for content
	sent      bool   // our direction has ended
	canceled  atomic.Bool
	reset     atomic.Bool // by the peer, with the code
	resetCode atomic.Uint64
	closed    bool

	watched *watch // nil: nobody watches

	// Of WebTransport.
	capsules *capsules          // what it says as the CONNECT of a session
	leave    context.CancelFunc // ends the session
	aside    bool               // it is a stream of a session, which others carry
}

var pool = sync.Pool{New: func() any { return &stream{in: reader{buf: make([]byte, bufSize)}} }}

func newStream(s *session, q *quic.Stream, server bool) *stream {
	x := pool.Get().(*stream)
	x.s, x.q, x.id, x.server = s, q, q.StreamID(), server
	x.in = reader{from: q, buf: x.in.buf}
	x.head.MaxSize, x.head.MaxFields = s.limits.MaxHead, s.limits.MaxFields
	x.headSeen, x.declared, x.got, x.left, x.ended, x.isHead = false, -1, 0, 0, false, false
	x.bodyless = false
	x.trailers.Reset(nil)
	x.out, x.sent, x.closed = x.out[:0], false, false
	x.capsules, x.leave, x.aside = nil, nil, false
	x.canceled.Store(false)
	x.reset.Store(false)
	x.resetCode.Store(0)
	return x
}

// reasons are the codes of reasons.
var reasons = [...]code{
	httpmsg.Cancelled: codeCancelled, httpmsg.NoError: codeNo, httpmsg.Refused: codeRejected,
	httpmsg.Broken: codeInternal, httpmsg.Malformed: codeMessage,
}

// Cancel ends the exchange.
func (x *stream) Cancel(why httpmsg.Reason) {
	if why == httpmsg.NoError {
		x.q.CancelRead(quic.StreamErrorCode(codeNo))
		return
	}
	x.cancel(reasons[why])
}

func (x *stream) cancel(c code) {
	x.canceled.Store(true)
	x.q.CancelRead(quic.StreamErrorCode(c))
	x.q.CancelWrite(quic.StreamErrorCode(c))
}

// Close gives the stream up, cancelling what is not over.
func (x *stream) Close() error {
	if x.closed {
		return os.ErrClosed
	}
	x.closed = true
	x.Watch(nil)
	if x.leave != nil {
		x.leave()
	}
	if !x.canceled.Load() && !x.aside {
		if !x.ended {
			x.q.CancelRead(quic.StreamErrorCode(codeNo))
		}
		if !x.sent {
			x.q.CancelWrite(quic.StreamErrorCode(codeCancelled))
		}
	}
	if x.reset.Load() {
		x.s.chore()
	}
	x.s.streamEnded(x)
	x.s, x.q, x.in.from = nil, nil, nil
	if cap(x.out) > 4*small {
		x.out = nil
	}
	pool.Put(x)
	return nil
}

func (x *stream) SetDeadline(t time.Time) error      { return x.q.SetDeadline(t) }
func (x *stream) SetReadDeadline(t time.Time) error  { return x.q.SetReadDeadline(t) }
func (x *stream) SetWriteDeadline(t time.Time) error { return x.q.SetWriteDeadline(t) }

// LocalAddr and RemoteAddr give nothing: the session knows the addresses.
func (*stream) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
func (*stream) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
