package quic

import (
	"context"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

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
		x := s.begun(q)
		if n := s.limits.MaxRequests; n > 0 && int64(q.StreamID()/4)+1 >= int64(n) {
			s.shut()
		}
		if x == nil {
			refuse(q)
			continue
		}
		handle(x)
	}
}

// begun takes a stream that the client has opened; nil where no more are taken.
func (s *serverSession) begun(q *quic.Stream) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutting {
		return nil
	}
	s.next = q.StreamID() + 4
	return s.take(q)
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
		if len(s.streams) == 0 {
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
