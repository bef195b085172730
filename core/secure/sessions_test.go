package secure

import (
	"crypto/tls"
	"testing"
	"testing/synctest"
	"time"
)

// Sessions that are kept are resumed until their time is up, or others take their
// places, by nobody but the one who keeps them.
func TestSessions(t *testing.T) {
	s := NewSessions(2, time.Minute)
	if !resumes(t, s, s) {
		t.Error("a session was not resumed")
	}
	if resumes(t, s, NewSessions(2, time.Minute)) || resumes(t, s, NewTickets()) || resumes(t, NewTickets(), s) {
		t.Error("a session was resumed that another keeps")
	}
	if none := NewSessions(0, time.Minute); resumes(t, none, none) {
		t.Error("a session was resumed with room for none")
	}
}

func TestSessionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSessions(2, time.Minute)
		add := func(early bool) []byte {
			id := s.add(&tls.SessionState{EarlyData: early})
			return id[:]
		}
		first, second := add(false), add(false)
		for range 2 {
			if s.find(first) == nil || s.find(second) == nil {
				t.Error("a session is gone before its time")
			}
		}
		third := add(true)
		if s.find(first) != nil || s.find(second) == nil {
			t.Error("a third did not take the place of the oldest of two")
		}
		if s.find(third) == nil {
			t.Error("a session with early data is not found")
		}
		if s.find(third) != nil {
			t.Error("a session with early data is found again")
		}
		time.Sleep(time.Minute + 1)
		if s.find(second) != nil || len(s.byID) != 0 {
			t.Error("a session outlives its time")
		}
		if s.find([]byte("short")) != nil {
			t.Error("a number of another length")
		}
	})
}
