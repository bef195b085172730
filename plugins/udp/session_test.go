package udp

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// alone gives a session without a socket.
func alone() *session {
	e := &endpoint{
		sessions: map[identity]*session{}, storage: sync.Pool{New: func() any { return new([usual]byte) }},
		losses: newLosses(module.NewContext(module.ContextOptions{})),
	}
	return newSession(e, identity{}, netip.Addr{})
}

func TestSessionEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		begin func(s *session)
		after time.Duration
		want  error
	}{
		{"without a deadline", func(*session) {}, idleTime, io.EOF},
		{"at the deadline", func(s *session) { s.SetReadDeadline(time.Now().Add(time.Hour)) }, time.Hour, os.ErrDeadlineExceeded},
		{"at one that comes as it waits", func(s *session) {
			time.AfterFunc(time.Second, func() { s.SetReadDeadline(time.Unix(1, 0)) })
		}, time.Second, os.ErrDeadlineExceeded},
		{"when nobody listens", func(s *session) {
			s.SetReadDeadline(time.Now().Add(time.Hour))
			s.e.leaving.Store(true)
		}, leaveTime, io.EOF},
		{"when nobody listens, after the time for an answer", func(s *session) {
			s.push([]byte("x"))
			s.e.leaving.Store(true)
		}, answerTime, io.EOF},
		{"later for a datagram", func(s *session) {
			time.AfterFunc(idleTime/2, func() { s.push([]byte("x")) })
		}, idleTime/2 + idleTime, io.EOF},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := alone()
			defer s.Close()
			begin := time.Now()
			c.begin(s)
			n, err := s.Read(make([]byte, 10))
			if n == 1 {
				n, err = s.Read(make([]byte, 10))
			}
			if took := time.Since(begin); n != 0 || !errors.Is(err, c.want) || took != c.after {
				t.Errorf("%s: Read gives %d, %v after %v, want %v after %v", c.name, n, err, took, c.want, c.after)
			}
		})
	}
}

func TestQueueIsBounded(t *testing.T) {
	for _, c := range []struct{ length, want int }{{0, maxQueued}, {100, maxQueued}, {60000, 4}} {
		s := alone()
		n := 0
		for s.push(make([]byte, c.length)) {
			n++
		}
		if n != c.want {
			t.Errorf("%d datagrams of %d bytes wait, want %d", n, c.length, c.want)
		}
		b := make([]byte, 65535)
		for range n {
			if got, err := s.Read(b); err != nil || got != c.length {
				t.Fatalf("Read gives %d, %v", got, err)
			}
		}
		if !s.push(nil) {
			t.Error("an empty queue takes nothing")
		}
		s.Close()
		if s.push(nil) {
			t.Error("a session that has ended takes datagrams")
		}
	}
}

// New sessions wait in a queue that is bounded too.
func TestBacklog(t *testing.T) {
	s := alone()
	e := s.e
	e.waiting, e.listeners = make(chan *session, backlog), 1
	for i := range backlog + 10 {
		e.deliver(identity{client: netip.AddrPortFrom(netip.Addr{}, uint16(i+1))}, netip.Addr{}, []byte("x"))
	}
	if len(e.sessions) != backlog || e.losses.metrics[unaccepted].Load() != 10 {
		t.Errorf("%d sessions, %d datagrams not accepted", len(e.sessions), e.losses.metrics[unaccepted].Load())
	}
}

func BenchmarkDeliver(b *testing.B) {
	s := alone()
	e := s.e
	e.waiting, e.listeners = make(chan *session, 1), 1
	id := identity{client: netip.MustParseAddrPort("10.0.0.1:1234"), local: netip.MustParseAddr("10.0.0.2")}
	datagram, buf := make([]byte, 100), make([]byte, 2048)
	b.ReportAllocs()
	for b.Loop() {
		e.deliver(id, netip.Addr{}, datagram)
		e.sessions[id].take(buf)
	}
}
