package udp

import (
	"errors"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// maxQueued and maxQueuedBytes are what waits in a session to be read.
	maxQueued      = 128
	maxQueuedBytes = 256 << 10
	// idleTime ends a session where no timeout of the configuration does.
	idleTime = time.Minute
	// answerTime ends a session that waits for an answer and has no listener any
	// more, leaveTime one that has had its answer.
	answerTime = 5 * time.Second
	leaveTime  = 500 * time.Millisecond
)

// session is a client's as a net.Conn: Read gives a datagram of the client's,
// Write sends one to it. One goroutine may read at a time.
type session struct {
	e       *endpoint
	id      identity
	control []byte // has datagrams sent from where the client expects them

	wake chan struct{} // has something when take may give another result

	mu       sync.Mutex
	queue    queue
	closed   bool
	deadline time.Time // of Read, zero for none
	active   time.Time // when a datagram came or went last
	asked    bool      // it came
	timer    *time.Timer
	fires    time.Time // when the timer does, zero when it is not set
}

func newSession(e *endpoint, id identity, reply netip.Addr) *session {
	return &session{e: e, id: id, control: from(reply), wake: make(chan struct{}, 1), active: time.Now(), queue: queue{storage: &e.storage}}
}

// wakeUp has a Read that waits look again.
func (s *session) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// push adds a copy of a datagram, unless too much waits.
func (s *session) push(datagram []byte) bool {
	s.mu.Lock()
	ok := !s.closed && s.queue.push(datagram)
	if ok {
		s.active, s.asked = time.Now(), true
	}
	s.mu.Unlock()
	s.wakeUp()
	return ok
}

// Read gives the next datagram. One that is longer than p is dropped and
// counted, never cut short.
func (s *session) Read(p []byte) (int, error) {
	for {
		if n, err, done := s.take(p); done {
			return n, err
		}
		<-s.wake
	}
}

// take gives what Read does, or has the session woken when that may have changed.
func (s *session) take(p []byte) (n int, err error, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.closed {
		return 0, net.ErrClosed, true
	}
	if !s.deadline.IsZero() && !now.Before(s.deadline) {
		return 0, os.ErrDeadlineExceeded, true
	}
	for s.queue.len() > 0 {
		n, ok := s.queue.pop(p)
		if ok {
			return n, nil, true
		}
		s.e.losses.count(tooLong)
	}
	until := s.deadline
	switch end := s.active.Add(s.patience()); {
	case !now.Before(end):
		return 0, io.EOF, true
	case until.IsZero() || end.Before(until):
		until = end
	}
	s.wakeAt(until)
	return 0, nil, false
}

// patience gives for how long nothing need come or go before the session ends
// by itself.
func (s *session) patience() time.Duration {
	switch leaving := s.e.leaving.Load(); {
	case leaving && s.asked:
		return answerTime
	case leaving:
		return leaveTime
	case s.deadline.IsZero():
		return idleTime
	}
	return math.MaxInt64 // the deadline is what ends it
}

// wakeAt sets the timer, unless it fires before then anyway.
func (s *session) wakeAt(t time.Time) {
	if !s.fires.IsZero() && !t.Before(s.fires) {
		return
	}
	s.fires = t
	if s.timer == nil {
		s.timer = time.AfterFunc(time.Until(t), s.fired)
	} else {
		s.timer.Reset(time.Until(t))
	}
}

func (s *session) fired() {
	s.mu.Lock()
	s.fires = time.Time{}
	s.mu.Unlock()
	s.wakeUp()
}

// Write sends a datagram to the client. One that the system does not take now,
// or at all for its length, is dropped and counted: the session goes on.
func (s *session) Write(p []byte) (int, error) {
	_, _, err := s.e.socket.WriteMsgUDPAddrPort(p, s.control, s.id.client)
	if reason, ok := refusal(err); ok {
		s.e.losses.count(reason)
		err = nil
	}
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.active, s.asked = time.Now(), false
	s.mu.Unlock()
	return len(p), nil
}

// refusal tells the errors of sending that are about one datagram alone.
func refusal(err error) (loss, bool) {
	switch {
	case errors.Is(err, syscall.EMSGSIZE):
		return tooLong, true
	case errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.EPERM):
		return unsent, true
	}
	return 0, false
}

// Close ends the session; what waits to be read is dropped.
func (s *session) Close() error {
	s.e.forget(s)
	if !s.end() {
		return net.ErrClosed
	}
	return nil
}

// end reports false when the session had ended already.
func (s *session) end() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.closed = true
	s.queue.drop()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.wakeUp()
	return true
}

// SetReadDeadline sets when Read gives up; the zero time means never.
func (s *session) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	s.deadline = t
	s.mu.Unlock()
	s.wakeUp()
	return nil
}

// SetWriteDeadline does nothing: Write waits at most for room in the system's
// buffer, which empties without anyone's doing.
func (s *session) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is SetReadDeadline.
func (s *session) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// LocalAddr gives the address that the client sends to.
func (s *session) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.id.local, s.e.local.Port()))
}

// RemoteAddr gives the client's address.
func (s *session) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(s.id.client) }
