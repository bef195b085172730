package health

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Config are the times and numbers of a server's checks (manual section 5.2).
type Config struct {
	// Inter is the time from check to check, Fastinter that while the state is
	// changing, Downinter that while the server is down.
	Inter, Fastinter, Downinter time.Duration
	// Rise and Fall are how many checks in a row bring it up or down.
	Rise, Fall int
	// Delay is the time to the first check.
	Delay time.Duration
	// Spread makes intervals longer or shorter by up to so many percent.
	Spread int
}

// Subject is told what becomes of the server.
type Subject interface {
	// Changed says that the server went up or down, and by which result.
	Changed(up bool, r Result)
	// Checked is called after every check.
	Checked(r Result)
}

// Status is what is known of a server's health.
type Status struct {
	// Up is whether it is up; Health counts from 0 (down) to Rise+Fall-1 (well).
	Up     bool
	Health int
	// Last is the last result, whose Code is "" before the first check.
	Last Result
	// Checks and Failures count checks, Downs how often it went down.
	Checks, Failures, Downs int64
	// Since is when it went up or down last.
	Since time.Time
}

// Checker checks one server.
type Checker struct {
	check   Check
	target  Target
	config  Config
	subject Subject

	mu     sync.Mutex
	status Status
	wake   chan struct{} // the next check is to be soon
}

// New makes a checker of a server that counts as up until a check fails, as
// HAProxy's do.
func New(check Check, t Target, c Config, s Subject) *Checker {
	return &Checker{
		check: check, target: t, config: c, subject: s, wake: make(chan struct{}, 1),
		status: Status{Up: true, Health: c.Rise, Since: time.Now()},
	}
}

// Status gives what is known.
func (c *Checker) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// Adopt takes over the status of a checker of the same server, before Run.
func (c *Checker) Adopt(s Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Health = min(s.Health, c.config.Rise+c.config.Fall-1)
	if s.Up {
		s.Health = max(s.Health, c.config.Rise)
	}
	c.status = s
}

// Run checks until ctx ends.
func (c *Checker) Run(ctx context.Context) {
	t := time.NewTimer(c.config.Delay)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-c.wake:
			t.Stop()
		}
		start := time.Now()
		r := c.check.Run(&c.target)
		r.Duration = time.Since(start)
		if ctx.Err() != nil {
			return // the server's configuration is gone
		}
		c.note(r)
		t.Reset(c.interval())
	}
}

// interval is the time to the next check.
func (c *Checker) interval() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.config.Inter
	switch h, top := c.status.Health, c.config.Rise+c.config.Fall-1; {
	case h == 0:
		d = c.config.Downinter
	case h < top:
		d = c.config.Fastinter
	}
	if c.config.Spread > 0 {
		if most := int64(d) * int64(c.config.Spread) / 100; most > 0 {
			d += time.Duration(rand.Int64N(2*most+1) - most)
		}
	}
	return d
}

// note counts a result and tells the subject.
func (c *Checker) note(r Result) {
	c.mu.Lock()
	was := c.status.Up
	c.status.Last = r
	c.status.Checks++
	c.count(r.OK)
	is := c.status.Up
	if is != was {
		c.status.Since = time.Now()
	}
	c.mu.Unlock()
	if is != was {
		c.subject.Changed(is, r)
	}
	c.subject.Checked(r)
}

// count moves the health by one result.
func (c *Checker) count(ok bool) {
	s, top := &c.status, c.config.Rise+c.config.Fall-1
	switch {
	case ok && s.Health < top:
		if s.Health++; s.Health >= c.config.Rise {
			s.Up, s.Health = true, top // failures count in a row
		}
	case !ok:
		s.Failures++
		if s.Health > c.config.Rise {
			s.Health--
			return
		}
		if s.Up {
			s.Downs++
		}
		s.Up, s.Health = false, 0
	}
}

// Hurry has the next check follow at once.
func (c *Checker) Hurry() {
	select {
	case c.wake <- struct{}{}:
	default: // it is due already
	}
}

// Fail counts a failure that streams saw as a failed check; with sudden, one
// more failure takes the server down, and with down this one does.
func (c *Checker) Fail(r Result, sudden, down bool) {
	c.mu.Lock()
	if sudden && c.status.Up {
		c.status.Health = c.config.Rise + 1
	}
	if down {
		c.status.Health = min(c.status.Health, c.config.Rise)
	}
	c.mu.Unlock()
	c.note(r)
	c.Hurry()
}
