package quic

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// ReadHead reads the next head.
func (x *stream) ReadHead(m *httpmsg.Message) error {
	for first := true; ; first = false {
		typ, length, err := x.in.frame()
		if err != nil {
			return x.failed(err)
		}
		switch {
		case typ == frameTransport && first && x.server:
			if !namesRequest(length) {
				return x.failed(errSession)
			}
			x.setAside(length)
			return httpmsg.ErrAside
		case typ == frameHeaders:
			return x.readHead(m, length)
		case typ == frameData:
			return x.failed(broken(codeFrameUnexpected, "DATA before the head"))
		}
		if err := x.skip(typ, length); err != nil {
			return x.failed(err)
		}
	}
}

func (x *stream) readHead(m *httpmsg.Message, length uint64) error {
	if length > 2*uint64(x.s.limits.MaxHead) {
		x.q.CancelRead(quic.StreamErrorCode(codeExcessive))
		return &httpmsg.StreamError{Status: 431, Msg: "the head is too large"}
	}
	block, err := x.in.whole(int(length))
	if err != nil {
		return x.failed(err)
	}
	d := &x.head
	d.Begin(m, httpmsg.HTTP3, x.server, false)
	if err := decode(d, block, false); err != nil {
		return x.failed(err)
	}
	switch {
	case d.Malformed != "":
		return x.malformed(d.Malformed)
	case d.TooLarge:
		return &httpmsg.StreamError{Status: 431, Msg: "the head is too large"}
	}
	if !x.server && d.Status < 200 {
		x.s.chore()
		m.Body = httpmsg.NoBody
		return nil
	}
	if x.server && asksTransport(m.Protocol()) && !x.s.seat(x) {
		x.cancel(codeRejected)
		x.s.chore()
		return &httpmsg.StreamError{Msg: "there is a session of WebTransport on the connection", Malformed: true}
	}
	x.headSeen, x.declared = true, d.Length
	x.bodyless = x.isHead || d.Status == 204 || d.Status == 304
	if string(m.Method()) == "CONNECT" {
		return nil
	}
	if x.endsHere(m) {
		m.Body, m.ContentLength = httpmsg.NoBody, 0
		x.ended = true
		if x.declared > 0 && !x.bodyless {
			return x.malformed("less content than content-length says")
		}
	}
	return nil
}

// endWait is how long the end of a request that has no content may lag behind it.
const endWait = 20 * time.Millisecond

// endsHere reports whether the message ends with its head.
func (x *stream) endsHere(m *httpmsg.Message) bool {
	if x.in.drained() || m.Body == httpmsg.Length && m.ContentLength == 0 && x.server {
		return true
	}
	if !x.server || m.Body == httpmsg.Length || x.in.r < x.in.w {
		return x.isHead
	}
	switch string(m.Method()) {
	case "GET", "HEAD", "OPTIONS", "DELETE", "TRACE":
	default:
		return false
	}
	// The end comes with the head, or in the next packet.
	_ = x.q.SetReadDeadline(time.Now().Add(endWait)) // it does not fail
	_ = x.in.fill()                                  // whatever it is comes again
	_ = x.q.SetReadDeadline(time.Time{})
	return x.in.drained()
}

// skip passes a frame over that means nothing here: peers send some to keep others
// used to them.
func (x *stream) skip(typ, length uint64) error {
	switch {
	case typ == frameSettings, typ == frameGoAway, typ == frameMaxPushID, typ == frameCancelPush, typ == framePushPromise,
		typ == framePriority, typ == framePushPriority, reserved(typ):
		return broken(codeFrameUnexpected, "a frame that has no place in a request's stream")
	case typ == frameTransport:
		return broken(codeFrame, "a stream of WebTransport that begins as another")
	case length > 64<<10:
		return broken(codeExcessive, "an unknown frame that is too large")
	}
	x.s.chore()
	_, err := io.CopyN(io.Discard, &x.in, int64(length))
	return unexpected(err)
}

// failed ends the connection where the peer broke its rules, and says how the
// stream ended.
func (x *stream) failed(err error) error {
	if ce, ok := err.(*connError); ok {
		x.s.fail(ce)
		return &httpmsg.StreamError{Msg: ce.msg, Malformed: true}
	}
	switch err {
	case io.EOF:
		return &httpmsg.StreamError{Remote: true, Msg: "the stream ended too early"}
	case io.ErrUnexpectedEOF: // RFC 9114 section 7.1
		return x.failed(broken(codeFrame, "a frame that the end of its stream cuts off"))
	}
	return x.lost(err)
}

// lost says how a QUIC stream ended, in the engine's terms.
func (x *stream) lost(err error) error {
	var se *quic.StreamError
	switch {
	case err == nil:
		return nil
	case x.s.passesOver(x.id):
		return &httpmsg.StreamError{Remote: true, Retry: true, Msg: "the server takes no more streams"}
	case errors.As(err, &se):
		if se.Remote {
			x.resetCode.Store(uint64(se.ErrorCode))
		}
		x.reset.Store(se.Remote)
		return &httpmsg.StreamError{Remote: se.Remote, Retry: code(se.ErrorCode) == codeRejected, Msg: "the stream was reset"}
	}
	return err
}

// malformed resets the stream of a message that breaks HTTP's rules.
func (x *stream) malformed(msg string) error {
	x.cancel(codeMessage)
	x.s.count.Streams.Add(1)
	x.s.glitch()
	return &httpmsg.StreamError{Msg: msg, Malformed: true}
}

// Read reads content, or what passes to the other side of a session.
func (x *stream) Read(p []byte) (int, error) {
	if x.capsules == nil {
		return x.content(p)
	}
	n, err := x.capsules.Read(p)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) || x.capsules.ended {
		x.s.leave(x)
	}
	if err == errBadCapsule {
		return n, x.malformed(err.Error())
	}
	return n, err
}

func (x *stream) content(p []byte) (int, error) {
	for !x.ended && x.left == 0 {
		if err := x.nextData(); err != nil {
			return 0, err
		}
	}
	if x.ended {
		return 0, io.EOF
	}
	n, err := x.in.Read(p[:min(uint64(len(p)), x.left)])
	x.left -= uint64(n)
	x.got += int64(n)
	if x.declared >= 0 && x.got > x.declared && !x.bodyless {
		return 0, x.malformed("more content than content-length says")
	}
	if n > 0 {
		return n, nil
	}
	return 0, x.failed(unexpected(err))
}

// nextData reads up to the next DATA frame, or the end.
func (x *stream) nextData() error {
	typ, length, err := x.in.frame()
	switch {
	case err == io.EOF:
		if x.declared >= 0 && x.got != x.declared && !x.bodyless {
			return x.malformed("less content than content-length says")
		}
		x.ended = true
		return nil
	case err != nil:
		return x.failed(err)
	case typ == frameData:
		if x.left = length; length == 0 {
			x.s.glitch()
		}
		return nil
	case typ == frameHeaders:
		return x.readTrailers(length)
	}
	if err := x.skip(typ, length); err != nil {
		return x.failed(err)
	}
	return nil
}

func (x *stream) readTrailers(length uint64) error {
	if length > 2*uint64(x.s.limits.MaxHead) {
		return x.failed(broken(codeExcessive, "trailers that are too large"))
	}
	block, err := x.in.whole(int(length))
	if err != nil {
		return x.failed(err)
	}
	x.head.Begin(&x.trailers, httpmsg.HTTP3, x.server, true)
	if err := decode(&x.head, block, true); err != nil {
		return x.failed(err)
	}
	if x.head.Malformed != "" || x.head.TooLarge {
		return x.malformed("malformed trailers")
	}
	if _, _, err := x.in.frame(); err != io.EOF {
		return x.failed(broken(codeFrameUnexpected, "a frame after the trailers"))
	}
	x.ended = true
	return nil
}

// ReadTrailers gives the fields after the content.
func (x *stream) ReadTrailers(m *httpmsg.Message) bool {
	if !x.ended || x.trailers.Fields() == 0 {
		return false
	}
	*m, x.trailers = x.trailers, *m
	x.trailers.Reset(nil)
	return true
}
