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

// top is the health of a server that is well.
func (c *Config) top() int { return c.Rise + c.Fall - 1 }

// Subject is told what becomes of the server, one thing at a time and in order.
// It must not call the checker's Fail from within.
type Subject interface {
	// Changed says that the server went up or down, and by which result.
	Changed(up bool, r Result)
	// Checked is called after every check.
	Checked(r Result)
}

// Checker checks one server.
type Checker struct {
	check   Check
	target  Target
	config  Config
	subject Subject

	order  sync.Mutex // held while a result is counted and told, so that the last word told is the last state
	mu     sync.Mutex // guards status
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

// State gives the state in HAProxy's words for statistics (management guide
// section 9.1): "UP" and "DOWN", and while checks in a row change it "UP 2/3",
// which is two failures from going down, or "DOWN 1/2".
func (c *Checker) State() string {
	s := c.Status()
	return s.state(c.config)
}

// Progress gives the state in the words that HAProxy's logs of checks end with,
// also when it is settled: "3/3 UP", "0/2 DOWN".
func (c *Checker) Progress() string {
	s := c.Status()
	return s.progress(c.config)
}

// Adopt takes over the status of a checker of the same server, before Run.
func (c *Checker) Adopt(s Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Health = min(s.Health, c.config.top())
	if s.Up {
		s.Health = max(s.Health, c.config.Rise)
	} else {
		s.Health = min(s.Health, c.config.Rise-1)
	}
	c.status = s
}

// Run checks until ctx ends, which also interrupts a check's waiting for an answer.
func (c *Checker) Run(ctx context.Context) {
	target := c.target
	target.ctx = ctx
	due := time.Now().Add(c.config.Delay)
	t := time.NewTimer(c.config.Delay)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
			if soon := time.Now().Add(c.config.Fastinter); soon.Before(due) {
				due = soon
				t.Reset(c.config.Fastinter)
			}
			continue
		case <-t.C:
		}
		start := time.Now()
		r := c.check.Run(&target)
		r.Duration = time.Since(start)
		if ctx.Err() != nil {
			return // the server's configuration is gone
		}
		c.note(r)
		wait := c.interval()
		due = time.Now().Add(wait)
		t.Reset(wait)
	}
}

// interval is the time to the next check.
func (c *Checker) interval() time.Duration {
	d := c.config.Inter
	switch s := c.Status(); {
	case s.Health == 0:
		d = c.config.Downinter
	case s.Health < c.config.top():
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
	c.order.Lock()
	defer c.order.Unlock()
	c.mu.Lock()
	changed := c.status.check(r, c.config, time.Now())
	up := c.status.Up
	c.mu.Unlock()
	c.tell(changed, up, r)
}

func (c *Checker) tell(changed, up bool, r Result) {
	if changed {
		c.subject.Changed(up, r)
	}
	c.subject.Checked(r)
}

// Hurry has the next check follow after fastinter at most.
func (c *Checker) Hurry() {
	select {
	case c.wake <- struct{}{}:
	default: // it is being hurried already
	}
}

// Fail counts what streams saw as a failed check, and hurries the next one (on-error
// in section 5.2). With sudden, one more failure takes the server down, and with
// down this one does. A server that is down has nothing to lose by it.
func (c *Checker) Fail(r Result, sudden, down bool) {
	c.order.Lock()
	defer c.order.Unlock()
	c.mu.Lock()
	if !c.status.Up {
		c.mu.Unlock()
		return
	}
	switch {
	case down:
		c.status.Health = c.config.Rise
	case sudden:
		c.status.Health = min(c.status.Health, c.config.Rise+1)
	}
	changed := c.status.fail(r, c.config, time.Now())
	up := c.status.Up
	c.mu.Unlock()
	c.Hurry()
	c.tell(changed, up, r)
}
