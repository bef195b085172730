package health

import (
	"fmt"
	"time"
)

// Status is what is known of a server's health.
type Status struct {
	// Up is whether it is up; Health counts from 0 (down) to Rise+Fall-1 (well).
	Up     bool
	Health int
	// Last is the last result, whose Code is "" before the first check.
	Last Result
	// Checks counts checks, Failures those that failed while the server was up,
	// and Observed what streams saw of it and was taken for a failed check.
	Checks, Failures, Observed int64
	// Downs counts how often it went down.
	Downs int64
	// Since is when it went up or down last.
	Since time.Time
	// Downtime is how long it was down in all, without the time since Since.
	Downtime time.Duration
}

// check counts the result of a check, and reports whether the server went up or down.
func (s *Status) check(r Result, c Config, now time.Time) (changed bool) {
	s.Last = r
	s.Checks++
	if r.OK {
		return s.succeed(c, now)
	}
	if s.Up {
		s.Failures++
	}
	return s.lose(c, now)
}

// fail counts what streams saw as a failed check.
func (s *Status) fail(r Result, c Config, now time.Time) (changed bool) {
	s.Last = r
	s.Observed++
	return s.lose(c, now)
}

func (s *Status) succeed(c Config, now time.Time) (changed bool) {
	if s.Health < c.top() {
		s.Health++
	}
	if s.Health < c.Rise {
		return false
	}
	s.Health = c.top() // failures count in a row
	if s.Up {
		return false
	}
	s.Downtime += now.Sub(s.Since)
	s.Up, s.Since = true, now
	return true
}

func (s *Status) lose(c Config, now time.Time) (changed bool) {
	if s.Health > c.Rise {
		s.Health--
		return false
	}
	s.Health = 0 // successes count in a row
	if !s.Up {
		return false
	}
	s.Downs++
	s.Up, s.Since = false, now
	return true
}

// progress gives how far it is from the other state.
func (s *Status) progress(c Config) string {
	if s.Up {
		return fmt.Sprintf("%d/%d UP", s.Health-c.Rise+1, c.Fall)
	}
	return fmt.Sprintf("%d/%d DOWN", s.Health, c.Rise)
}

// state gives the state in HAProxy's words.
func (s *Status) state(c Config) string {
	switch {
	case s.Up && s.Health < c.top():
		return fmt.Sprintf("UP %d/%d", s.Health-c.Rise+1, c.Fall)
	case s.Up:
		return "UP"
	case s.Health > 0:
		return fmt.Sprintf("DOWN %d/%d", s.Health, c.Rise)
	}
	return "DOWN"
}
