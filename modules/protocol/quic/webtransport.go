package quic

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// WebTransport (draft-ietf-webtrans-http3) begins with an extended CONNECT, whose
// stream's ID is that of the session: other streams of the connection name it in
// their first bytes, and datagrams (RFC 9297) too. A session passes over two
// connections with an ID on each: what comes on one goes out on the other with
// the other's.
//
// There is one session on a connection at a time, as the draft has it where no flow
// control of sessions was agreed on, and none is offered here.

// frameTransport begins a bidirectional stream of a session, streamTransport a
// unidirectional one.
const (
	frameTransport  = 0x41
	streamTransport = 0x54
)

// Settings that announce WebTransport, by the drafts that peers speak, and
// datagrams (RFC 9297 section 2.1.1).
const (
	settingDatagram         = 0x33
	settingTransportDraft06 = 0x2b603742
	settingTransportDraft14 = 0x14e9cd29 // how many sessions there may be
	settingTransport        = 0x2c7cf000
)

// Codes of WebTransport's and of datagrams.
const (
	codeDatagram         code = 0x33
	codeTransportUnknown code = 0x3994bd84 // of a stream whose session never came
	codeTransportGone    code = 0x170d7b68 // of one whose session has ended
)

// Streams may overtake their session: how long they wait for it to be there, and how
// many may.
const (
	joinTime   = 5 * time.Second
	mayWait    = 16
	noDatagram = 1 << 60 // the first number that no datagram has (RFC 9297 section 2.1)
)

// transport is a session on one of its connections.
type transport struct {
	s     *session
	id    uint64
	peer  *transport
	ctx   context.Context // ends with the session
	alive func()
}

var errNoTransport = errors.New("the server has no WebTransport")

// Join has the streams and datagrams of the session that this exchange is pass to
// that of another; see httpmsg.Joiner.
func (x *stream) Join(other httpmsg.Stream, alive func()) error {
	y, ok := other.(*stream)
	if !ok {
		return errNoTransport
	}
	ctx, stop := context.WithCancel(context.Background())
	a := &transport{s: x.s, id: uint64(x.id), ctx: ctx, alive: alive}
	b := &transport{s: y.s, id: uint64(y.id), ctx: ctx, alive: alive, peer: a}
	a.peer = b
	x.leave, y.leave = stop, stop
	x.capsules, y.capsules = newCapsules(readerFunc(x.content)), newCapsules(readerFunc(y.content))
	a.join()
	b.join()
	return nil
}

// join makes the session known to its connection.
func (t *transport) join() {
	s := t.s
	s.mu.Lock()
	first := s.transports == nil
	if first {
		s.transports = map[uint64]*transport{}
	}
	s.transports[t.id] = t
	close(s.joined)
	s.joined = make(chan struct{})
	s.mu.Unlock()
	context.AfterFunc(t.ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.transports, t.id)
		s.past = max(s.past, t.id+4)
	})
	if !first {
		return
	}
	go s.receiveDatagrams()
	if !s.server {
		go s.acceptStreams()
	}
}

// readerFunc is a function as an io.Reader.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// seat gives a session its place on the connection, unless another has that.
func (s *session) seat(x *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seated != nil {
		return false
	}
	s.seated = x
	return true
}

// leave gives the place up, once the client has ended the session.
func (s *session) leave(x *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unseat(x)
}

// unseat gives the place up. The lock is held.
func (s *session) unseat(x *stream) {
	if s.seated == x {
		s.seated = nil
	}
}

// asksTransport reports whether a protocol is WebTransport.
func asksTransport(protocol []byte) bool { return bytes.HasPrefix(protocol, []byte("webtransport")) }

// errSession ends the connection for a session's ID that no request has.
var errSession = broken(codeID, "a session that no request can have begun")

// namesRequest reports whether an ID is that of a stream which a client opens for a
// request (RFC 9000 section 2.1).
func namesRequest(id uint64) bool { return id%4 == 0 }

// transport waits for a session to be there. Where it does not come, or is over, it
// gives the code for its stream.
func (s *session) transport(id uint64) (*transport, code) {
	t, why := s.await(id)
	if t == nil {
		s.chore()
	}
	return t, why
}

func (s *session) await(id uint64) (*transport, code) {
	timer := time.NewTimer(joinTime)
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting++
	defer func() { s.waiting-- }()
	for late := s.waiting > mayWait; ; {
		switch t := s.transports[id]; {
		case t != nil:
			return t, codeNo
		case id < s.past:
			return nil, codeTransportGone
		case late:
			return nil, codeTransportUnknown
		}
		joined := s.joined
		s.mu.Unlock()
		select {
		case <-joined:
		case <-timer.C:
			late = true
		case <-s.c.Context().Done():
			late = true
		}
		s.mu.Lock()
	}
}

// acceptStreams takes the bidirectional streams that a server opens.
func (s *session) acceptStreams() {
	for {
		q, err := s.c.AcceptStream(s.c.Context())
		if err != nil {
			return
		}
		go func() {
			r := &reader{from: q, buf: make([]byte, 512)}
			typ, id, err := r.frame()
			if err != nil {
				return // it said nothing
			}
			if typ != frameTransport {
				s.fail(broken(codeStreamCreation, "a request from a server"))
				return
			}
			if !namesRequest(id) {
				s.fail(errSession)
				return
			}
			s.carry(q, id, r.buf[r.r:r.w])
		}()
	}
}

// setAside has a stream that turned out to belong to a session carried as such.
func (x *stream) setAside(id uint64) {
	x.aside = true
	rest := slices.Clone(x.in.buf[x.in.r:x.in.w])
	go x.s.carry(x.q, id, rest)
}

// carry passes a bidirectional stream on. rest was read already.
func (s *session) carry(q *quic.Stream, id uint64, rest []byte) {
	t, why := s.transport(id)
	if t == nil {
		cancel(q, q, why)
		return
	}
	to, err := t.peer.s.c.OpenStreamSync(t.ctx)
	if err != nil {
		cancel(q, q, codeTransportGone)
		return
	}
	if _, err := to.Write(t.peer.header(frameTransport)); err != nil {
		cancel(q, q, codeTransportGone)
		return
	}
	to.SetReliableBoundary()
	go t.pass(q, to, nil)
	t.pass(to, q, rest)
}

// carryUni passes a unidirectional stream on.
func (s *session) carryUni(q *quic.ReceiveStream, r *reader) {
	id, err := quicvarint.Read(r)
	if err != nil {
		return // it said nothing
	}
	if !namesRequest(id) {
		s.fail(errSession)
		return
	}
	t, why := s.transport(id)
	if t == nil {
		q.CancelRead(quic.StreamErrorCode(why))
		return
	}
	to, err := t.peer.s.c.OpenUniStreamSync(t.ctx)
	if err == nil {
		_, err = to.Write(t.peer.header(streamTransport))
	}
	if err != nil {
		q.CancelRead(quic.StreamErrorCode(codeTransportGone))
		return
	}
	to.SetReliableBoundary()
	t.pass(to, q, r.buf[r.r:r.w])
}

// header gives the first bytes of a stream of the session.
func (t *transport) header(typ uint64) []byte {
	return quicvarint.Append(quicvarint.Append(nil, typ), t.id)
}

// receiving and sending are the directions of streams.
type receiving interface {
	io.Reader
	CancelRead(quic.StreamErrorCode)
}

type sending interface {
	io.WriteCloser
	CancelWrite(quic.StreamErrorCode)
	Context() context.Context
}

func cancel(to sending, from receiving, c code) {
	to.CancelWrite(quic.StreamErrorCode(c))
	from.CancelRead(quic.StreamErrorCode(c))
}

// pass carries one direction of a stream to its end: the end, and the codes of
// resets, are passed on as they come.
func (t *transport) pass(to sending, from receiving, first []byte) {
	unread := context.AfterFunc(to.Context(), func() {
		if err := context.Cause(to.Context()); !errors.Is(err, quic.ErrStreamClosed) {
			from.CancelRead(reset(err)) // nobody wants it any more
		}
	})
	defer unread()
	gone := context.AfterFunc(t.ctx, func() { cancel(to, from, codeTransportGone) })
	defer gone()
	if len(first) > 0 {
		if _, err := to.Write(first); err != nil {
			from.CancelRead(reset(err))
			return
		}
	}
	buf := make([]byte, small)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			t.alive()
			if _, err := to.Write(buf[:n]); err != nil {
				from.CancelRead(reset(err))
				return
			}
		}
		if err == io.EOF {
			_ = to.Close() // it was reset, if it cannot be
			return
		}
		if err != nil {
			to.CancelWrite(reset(err))
			return
		}
	}
}

// reset gives the code that a stream was reset with.
func reset(err error) quic.StreamErrorCode {
	var se *quic.StreamError
	if errors.As(err, &se) {
		return se.ErrorCode
	}
	return quic.StreamErrorCode(codeTransportGone)
}

// receiveDatagrams passes datagrams on, as far as there is room for them.
func (s *session) receiveDatagrams() {
	for {
		b, err := s.c.ReceiveDatagram(s.c.Context())
		if err != nil {
			return
		}
		quarter, n, err := quicvarint.Parse(b)
		if err != nil || quarter >= noDatagram {
			s.fail(broken(codeDatagram, "a datagram without the ID of its stream"))
			return
		}
		s.mu.Lock()
		t := s.transports[4*quarter]
		s.mu.Unlock()
		if t == nil {
			continue // datagrams may get lost
		}
		t.alive()
		_ = t.peer.s.c.SendDatagram(append(quicvarint.Append(nil, t.peer.id/4), b[n:]...))
	}
}
