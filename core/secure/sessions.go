package secure

import (
	"crypto/rand"
	"crypto/tls"
	"sync"
	"time"
)

// Sessions are those that clients may resume, kept here: what a client holds is a
// number that tells nothing. There are up to a number of them, each for a time, and a
// new one takes the place of the oldest. It is safe for several goroutines.
type Sessions struct {
	life time.Duration

	mu    sync.Mutex
	slots []kept
	next  int // the slot of the oldest
	byID  map[sessionID]int
}

type sessionID [32]byte

type kept struct {
	id    sessionID
	state *tls.SessionState
	until time.Time
}

// NewSessions makes room for size sessions, each for the time life; with a size of
// 0 none is kept.
func NewSessions(size int, life time.Duration) *Sessions {
	return &Sessions{life: life, slots: make([]kept, size), byID: map[sessionID]int{}}
}

// Use has a bind's sessions kept by s.
func (s *Sessions) Use(c *tls.Config) {
	c.SessionTicketsDisabled = len(s.slots) == 0
	c.WrapSession = func(_ tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
		id := s.add(state)
		return id[:], nil
	}
	c.UnwrapSession = func(ticket []byte, _ tls.ConnectionState) (*tls.SessionState, error) {
		return s.find(ticket), nil
	}
}

func (s *Sessions) add(state *tls.SessionState) sessionID {
	k := kept{state: state, until: time.Now().Add(s.life)}
	rand.Read(k.id[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, s.slots[s.next].id)
	s.slots[s.next], s.byID[k.id] = k, s.next
	s.next = (s.next + 1) % len(s.slots)
	return k.id
}

// find gives a session, or nil. One with early data is given once, so that nobody
// can send that data again (RFC 8446 section 8.1).
func (s *Sessions) find(ticket []byte) *tls.SessionState {
	if len(ticket) != len(sessionID{}) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.byID[sessionID(ticket)]
	if !ok {
		return nil
	}
	k := s.slots[i]
	if late := time.Now().After(k.until); late || k.state.EarlyData {
		delete(s.byID, k.id)
		s.slots[i] = kept{}
		if late {
			return nil
		}
	}
	return k.state
}
