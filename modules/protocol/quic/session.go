package quic

import (
	"context"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// session is a connection of either role.
type session struct {
	c      *quic.Conn
	server bool
	limits *protocol.SessionTuning
	count  *httpmsg.Breaches

	mu       sync.Mutex
	control  *quic.SendStream
	live     int             // streams not yet closed by their users
	idleAt   time.Time       // when the last of them was closed
	next     quic.StreamID   // the peer's next stream
	told     bool            // the peer knows that no more streams are wanted
	shutting bool            // no more streams are taken
	gone     bool            // the peer takes no more
	connects bool            // it takes extended CONNECTs
	carries  bool            // it has WebTransport
	critical map[uint64]bool // its streams that there may be one of
	settled  chan struct{}   // closed once its settings have come
	stop     context.CancelFunc
	patience httpmsg.Patience
	breach   atomic.Pointer[connError] // why we ended the connection, nil for nothing the peer did

	transports map[uint64]*transport // WebTransport's sessions
	joined     chan struct{}         // closed when there is another, and made anew
}

func newSession(c *quic.Conn, server bool, limits *protocol.SessionTuning, count *httpmsg.Breaches) *session {
	return &session{
		c: c, server: server, limits: limits, count: count, patience: httpmsg.Patience{Limit: limits.GlitchLimit},
		critical: map[uint64]bool{}, settled: make(chan struct{}), joined: make(chan struct{}),
	}
}

// begin opens the control stream with our settings and takes the peer's.
func (s *session) begin() error {
	control, err := s.c.OpenUniStream()
	if err != nil {
		return err
	}
	settings := quicvarint.Append(nil, settingMaxFieldSection)
	settings = quicvarint.Append(settings, uint64(s.limits.MaxHead))
	ones := []uint64{settingDatagram, settingTransportDraft06, settingTransport}
	if s.server {
		ones = append(ones, settingConnect, settingTransportDraft14)
	}
	for _, id := range ones {
		settings = quicvarint.Append(quicvarint.Append(settings, id), 1)
	}
	b := quicvarint.Append([]byte{streamControl, frameSettings}, uint64(len(settings)))
	if _, err := control.Write(append(b, settings...)); err != nil {
		return err
	}
	s.mu.Lock()
	s.control = control
	s.mu.Unlock()
	go s.acceptUni()
	return nil
}

// acceptUni takes the peer's unidirectional streams.
func (s *session) acceptUni() {
	for {
		q, err := s.c.AcceptUniStream(s.c.Context())
		if err != nil {
			return // the connection has ended
		}
		go s.uni(q)
	}
}

// uni reads a unidirectional stream to its end.
func (s *session) uni(q *quic.ReceiveStream) {
	r := &reader{from: q, buf: make([]byte, 512)}
	typ, err := quicvarint.Read(r)
	if err != nil {
		return // it said nothing
	}
	switch typ {
	case streamControl, streamEncoder, streamDecoder:
		if !s.first(typ) {
			s.fail(broken(codeStreamCreation, "a stream of a kind that there is already"))
			return
		}
		err := s.controlled(typ, r)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = broken(codeClosedCritical, "a stream ended that the connection needs")
		}
		s.fail(err)
	case streamTransport:
		s.carryUni(q, r)
	case streamPush:
		s.fail(broken(codeStreamCreation, "a push that was not asked for"))
	default:
		q.CancelRead(quic.StreamErrorCode(codeStreamCreation))
		s.chore()
	}
}

// first notes a stream that there may be one of.
func (s *session) first(typ uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.critical[typ] {
		return false
	}
	s.critical[typ] = true
	return true
}

// controlled reads one of the streams that the connection needs.
func (s *session) controlled(typ uint64, r *reader) error {
	switch typ {
	case streamEncoder:
		return s.encoderStream(r)
	case streamDecoder:
		return s.decoderStream(r)
	}
	for settings := false; ; {
		typ, length, err := r.frame()
		if err != nil {
			return err
		}
		switch {
		case !settings && typ != frameSettings:
			return broken(codeMissingSettings, "the first frame is no SETTINGS")
		case settings && typ == frameSettings, typ == frameData, typ == frameHeaders, typ == framePushPromise, reserved(typ),
			typ == frameMaxPushID && !s.server:
			return broken(codeFrameUnexpected, "a frame that has no place in the control stream")
		case length > 8<<10:
			return broken(codeExcessive, "a frame that is too large")
		}
		p, err := r.whole(int(length))
		if err != nil {
			return err
		}
		switch typ {
		case frameSettings:
			settings = true
			if err := s.settings(p); err != nil {
				return err
			}
		case frameGoAway:
			if _, n, err := quicvarint.Parse(p); err != nil || n != len(p) {
				return broken(codeFrame, "a malformed GOAWAY")
			}
			s.peerGoesAway()
		}
		s.chore()
	}
}

// encoderStream reads what the peer says of the dynamic table, which has no room:
// nothing but that it knows (RFC 9204 section 4.3.1).
func (s *session) encoderStream(r *reader) error {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		if b != 0x20 {
			return broken(codeQPACKEncoder, "an entry for a table that has no room")
		}
		s.chore()
	}
}

// decoderStream reads what the peer says of heads that it got. None of ours depends
// on the table, so it has streams to give up alone (RFC 9204 section 4.4.2).
func (s *session) decoderStream(r *reader) error {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		if b&0xc0 != 0x40 {
			return broken(codeQPACKDecoder, "an answer to what was not said")
		}
		for more := b&0x3f == 0x3f; more; more = b&0x80 != 0 { // the stream's number
			if b, err = r.ReadByte(); err != nil {
				return err
			}
		}
		s.chore()
	}
}

// settings takes the peer's settings.
func (s *session) settings(p []byte) error {
	seen := map[uint64]bool{}
	for len(p) > 0 {
		id, n, err := quicvarint.Parse(p)
		if err != nil {
			return broken(codeFrame, "malformed SETTINGS")
		}
		v, m, err := quicvarint.Parse(p[n:])
		if err != nil {
			return broken(codeFrame, "malformed SETTINGS")
		}
		p = p[n+m:]
		if seen[id] || id >= 0x2 && id <= 0x5 {
			return broken(codeSettings, "a setting that comes twice, or is HTTP/2's")
		}
		seen[id] = true
		if id == settingConnect {
			if v > 1 {
				return broken(codeSettings, "ENABLE_CONNECT_PROTOCOL out of range")
			}
			s.mu.Lock()
			s.connects = v == 1
			s.mu.Unlock()
		}
		switch id {
		case settingTransportDraft06, settingTransportDraft14, settingTransport:
			s.mu.Lock()
			s.carries = s.carries || v > 0
			s.mu.Unlock()
		}
	}
	close(s.settled)
	return nil
}

// peerConnects reports whether the peer takes extended CONNECTs for a protocol,
// once it has said so.
func (s *session) peerConnects(protocol string) bool {
	select {
	case <-s.settled:
	case <-s.c.Context().Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connects && (s.carries || !strings.HasPrefix(protocol, "webtransport"))
}

func (s *session) peerGoesAway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
}

// fail ends the connection for what the peer did.
func (s *session) fail(err error) {
	c, msg := codeInternal, ""
	if ce, ok := err.(*connError); ok {
		c, msg = ce.code, ce.msg
		if s.breach.CompareAndSwap(nil, ce) {
			s.count.Conns.Add(1)
		}
	} else if err == nil {
		return
	}
	_ = s.c.CloseWithError(quic.ApplicationErrorCode(c), msg) // it may have ended already
}

// glitch counts an oddity, which a sane peer has few of, and ends the connection
// of one that has too many.
func (s *session) glitch() {
	s.count.Glitches.Add(1)
	if !s.patience.Glitch(time.Duration(relay.Ticks())) {
		s.fail(broken(codeExcessive, "too many oddities"))
	}
}

// chore counts what every peer sends now and then, though it carries nothing, and
// ends the connection of one that sends too much of it.
func (s *session) chore() {
	if !s.patience.Chore(1, time.Duration(relay.Ticks())) {
		s.fail(broken(codeExcessive, "too much that carries nothing"))
	}
}

// headEarns is how many chores of the peer each head that we send gives reason for:
// priorities, or giving the stream up.
const headEarns = 5

// streamEnded counts a stream out.
func (s *session) streamEnded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live--; s.live == 0 {
		s.idleAt = time.Now()
	}
	s.rest()
}

// rest ends the wait for streams once no more come. The lock is held.
func (s *session) rest() {
	if s.shutting && s.live == 0 && s.stop != nil {
		s.stop()
	}
}

// Close ends the connection.
func (s *session) Close() error {
	return s.c.CloseWithError(quic.ApplicationErrorCode(codeNo), "")
}

// serverSession is a client's connection; see httpmsg.ServerSession.
type serverSession struct {
	*session
	handshake <-chan struct{} // see httpmsg.EarlySession

	idleTimeout, headTimeout time.Duration // see protocol.SessionOptions
}

func newServerSession(c *quic.Conn, early bool, o *protocol.SessionOptions) *serverSession {
	s := &serverSession{session: newSession(c, true, &o.SessionTuning, &o.Counters.Breaches)}
	if early {
		s.handshake = c.HandshakeComplete()
	}
	s.idleTimeout, s.headTimeout, s.idleAt = o.IdleTimeout, o.HeadTimeout, time.Now()
	return s
}

// Done is closed when the connection has ended.
func (s *serverSession) Done() <-chan struct{} { return s.c.Context().Done() }

// Handshake is closed once the handshake has succeeded; nil when it had from the start.
func (s *serverSession) Handshake() <-chan struct{} { return s.handshake }

// Serve gives the client's streams to handle.
func (s *serverSession) Serve(handle func(httpmsg.Stream)) error {
	ctx, stop := context.WithCancel(s.c.Context())
	defer stop()
	if err := s.begin(); err != nil {
		return nil // it ended before it began
	}
	s.mu.Lock()
	s.stop = stop
	if s.shutting {
		s.goAway(s.next)
	}
	s.rest()
	s.mu.Unlock()
	defer s.watchIdling()()
	for {
		q, err := s.c.AcceptStream(ctx)
		if err != nil {
			s.linger()
			if ce := s.breach.Load(); ce != nil {
				return ce
			}
			return nil // every other connection ends so
		}
		s.mu.Lock()
		refused := s.shutting
		if !refused {
			s.live++
			s.next = q.StreamID() + 4
		}
		s.mu.Unlock()
		if n := s.limits.MaxRequests; n > 0 && int64(q.StreamID()/4)+1 >= int64(n) {
			s.shut()
		}
		if refused {
			refuse(q)
			continue
		}
		handle(newStream(s.session, q, true))
	}
}

// watchIdling ends a connection that carries no requests for too long, though its
// packets may come. The timer is set anew once it has fired, not at each request.
func (s *serverSession) watchIdling() (stop func()) {
	if s.idleTimeout == 0 || s.headTimeout == 0 {
		return func() {}
	}
	var t *time.Timer
	look := func() {
		s.mu.Lock()
		left := s.idleTimeout
		if s.next == 0 {
			left = s.headTimeout
		}
		if s.live == 0 {
			left -= time.Since(s.idleAt)
		}
		s.mu.Unlock()
		if left <= 0 {
			s.shut()
			return
		}
		t.Reset(left)
	}
	s.mu.Lock() // look waits until there is a timer
	t = time.AfterFunc(s.headTimeout, look)
	s.mu.Unlock()
	return func() { t.Stop() }
}

// lingerTime is how long the last packets have to arrive before the connection
// is closed, which would keep them from being sent again.
const lingerTime = time.Second

// linger waits for the client to close the connection. Requests that were on
// their way may be sent again elsewhere.
func (s *serverSession) linger() {
	ctx, stop := context.WithTimeout(s.c.Context(), lingerTime)
	defer stop()
	for {
		q, err := s.c.AcceptStream(ctx)
		if err != nil {
			return
		}
		refuse(q)
	}
}

// refuse resets a stream of which nothing was looked at.
func refuse(q *quic.Stream) {
	q.CancelRead(quic.StreamErrorCode(codeRejected))
	q.CancelWrite(quic.StreamErrorCode(codeRejected))
}

// lastStream is the greatest ID of a client's stream.
const lastStream quic.StreamID = 1<<62 - 4

// Shutdown tells the client to open no more streams. Those that are on their way
// are still served: only once it must have heard are more of them refused (RFC
// 9114 section 5.2).
func (s *serverSession) Shutdown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told {
		return
	}
	s.told = true
	s.goAway(lastStream)
	time.AfterFunc(s.hearing(), s.shut)
}

// hearing is how long the client takes to hear what it is told, and what it said
// before to arrive.
func (s *serverSession) hearing() time.Duration {
	const shortest, longest = 100 * time.Millisecond, time.Second
	return min(max(2*s.c.ConnectionStats().SmoothedRTT, shortest), longest)
}

// shut refuses more streams than there were.
func (s *serverSession) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutting {
		return
	}
	s.told, s.shutting = true, true
	s.goAway(s.next)
	s.rest()
}

// goAway tells the client which streams are served: those before one. The lock
// is held.
func (s *serverSession) goAway(before quic.StreamID) {
	if s.control == nil {
		return // Serve sees to it
	}
	id := quicvarint.Append(nil, uint64(before))
	_ = s.control.SetWriteDeadline(time.Now().Add(time.Second))               // it does not fail
	_, _ = s.control.Write(append([]byte{frameGoAway, byte(len(id))}, id...)) // a connection that has ended needs none
}
