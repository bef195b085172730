package quic

import (
	"context"
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
	streams  map[*stream]struct{} // not yet closed by their users
	idleAt   time.Time            // when the last of them was closed
	next     quic.StreamID        // the peer's next stream
	told     bool                 // the peer knows that no more streams are wanted
	shutting bool                 // no more streams are taken
	gone     bool                 // the peer takes no more
	unserved uint64               // from its last GOAWAY: as a server it serves the streams before this one
	maxPush  uint64               // how many pushes it allows
	connects bool                 // it takes extended CONNECTs
	carries  bool                 // it has WebTransport
	critical map[uint64]bool      // its streams that there may be one of
	settled  chan struct{}        // closed once its settings have come
	stop     context.CancelFunc
	patience httpmsg.Patience
	breach   atomic.Pointer[connError] // why we ended the connection, nil for nothing the peer did

	transports map[uint64]*transport // WebTransport's sessions
	seated     *stream               // the CONNECT of the one that there may be
	past       uint64                // sessions with IDs below this one are over, unless they are there
	waiting    int                   // streams whose session is not yet there
	joined     chan struct{}         // closed when there is another, and made anew
}

func newSession(c *quic.Conn, server bool, limits *protocol.SessionTuning, count *httpmsg.Breaches) *session {
	return &session{
		c: c, server: server, limits: limits, count: count, patience: httpmsg.Patience{Limit: limits.GlitchLimit},
		unserved: quicvarint.Max, streams: map[*stream]struct{}{}, critical: map[uint64]bool{}, settled: make(chan struct{}), joined: make(chan struct{}),
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

// take makes a stream of one of QUIC's. The lock is held.
func (s *session) take(q *quic.Stream) *stream {
	x := newStream(s, q, s.server)
	s.streams[x] = struct{}{}
	return x
}

// streamEnded counts a stream out.
func (s *session) streamEnded(x *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, x)
	s.unseat(x)
	if len(s.streams) == 0 {
		s.idleAt = time.Now()
	}
	s.rest()
}

// rest ends the wait for streams once no more come. The lock is held.
func (s *session) rest() {
	if s.shutting && len(s.streams) == 0 && s.stop != nil {
		s.stop()
	}
}

// Close ends the connection.
func (s *session) Close() error {
	return s.c.CloseWithError(quic.ApplicationErrorCode(codeNo), "")
}
