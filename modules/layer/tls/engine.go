package tls

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// engine is what the TLS of all connections of the process shares, over reloads.
type engine struct {
	tickets  *secure.Tickets
	sessions *secure.Sessions // of binds without tickets
	staples  *secure.Staples
	turns    turns
	clients  secrets // of handshakes with clients
	servers  secrets
	conns    chan struct{} // maxsslconn; nil: no limit
	rate     *pace         // maxsslrate; nil: no limit
}

func newEngine(maxConn, maxRate int, sessions *secure.Sessions) *engine {
	e := &engine{
		tickets: secure.NewTickets(), sessions: sessions, staples: secure.NewStaples(),
		turns: turns{free: make(chan struct{}, runtime.GOMAXPROCS(0))},
	}
	if maxConn > 0 {
		e.conns = make(chan struct{}, maxConn)
	}
	if maxRate > 0 {
		e.rate = &pace{every: int64(time.Second) / int64(maxRate), burst: int64(time.Second) / 10}
	}
	return e
}

// errTooMany is the error of a connection that waited in vain.
var errTooMany = fmt.Errorf("too many TLS connections: %w", os.ErrDeadlineExceeded)

// enter waits until a connection may begin to speak TLS, for as long as ctx lasts.
// rated ones count for maxsslrate.
func (e *engine) enter(ctx context.Context, timeout time.Duration, rated bool) error {
	var expired <-chan time.Time
	wait := time.Duration(0)
	if rated && e.rate != nil {
		wait = e.rate.delay(relay.Ticks())
	}
	if wait == 0 {
		if e.conns == nil {
			return nil
		}
		select {
		case e.conns <- struct{}{}:
			return nil
		default:
		}
	}
	if timeout > 0 {
		if wait >= timeout {
			return errTooMany
		}
		t := time.NewTimer(timeout)
		defer t.Stop()
		expired = t.C
	}
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		<-t.C
	}
	if e.conns == nil {
		return nil
	}
	select {
	case e.conns <- struct{}{}:
		return nil
	case <-expired:
		return errTooMany
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave ends what enter began.
func (e *engine) leave() {
	if e.conns != nil {
		<-e.conns
	}
}

// turns let as many handshakes compute at once as there are places.
type turns struct {
	free   chan struct{}
	Waited atomic.Int64 // how many had to wait for one
}

func (t *turns) take() {
	select {
	case t.free <- struct{}{}:
	default:
		t.Waited.Add(1)
		t.free <- struct{}{}
	}
}

func (t *turns) give() { <-t.free }

// pace spreads events so that in any second about as many begin as may, and
// none waits while there were fewer.
type pace struct {
	every, burst int64 // nanoseconds

	mu   sync.Mutex
	next int64 // tick at which the next event would be due without a burst
}

// delay counts an event and gives how long it has to wait.
func (p *pace) delay(now int64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = max(p.next, now-p.burst) + p.every
	return time.Duration(max(0, p.next-now))
}
