package proxy

import (
	"context"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// departure ends a stream's waits for a server when its client has left: nobody
// wants the response. Streams of HTTP/2 and HTTP/3 tell of that by themselves; a
// connection that carries one stream is watched for it, as nobody reads from it
// meanwhile, but only once a wait has become long: most never do. It is the context
// of what the stream waits for.
type departure struct {
	left chan struct{} // closed when the client has left

	mu    sync.Mutex
	gone  bool
	waits interrupter // what is waited for, nil for what looks at left

	// Of connections that are watched:
	client  *conn // that is to be watched, nil between waits
	ends    ends
	watched bool
	asked   bool        // what is waited for is the response of a server that can be told
	busy    bool        // the request is still being sent
	half    bool        // the client has closed its half, which the server is to be told
	passed  bool        // it was
	wait    int         // counts waits
	timed   int         // the wait that the timer was set for, 0 while it is not
	timer   *time.Timer // nil before the first wait
}

// ends says what the client's closing of its half means; a reset is always its end.
type ends uint8

const (
	halfGoesOn ends = iota // it may still wait for the response
	emptyEnds              // so it may, unless it has sent nothing
	halfEnds               // it has left
)

// interrupter is what a wait can be ended by.
type interrupter interface{ Interrupt() }

// interrupt is an interrupter that calls a function.
type interrupt func()

func (f interrupt) Interrupt() { f() }

// patience is how long a wait lasts at least before the client is watched. The timer
// is neither stopped nor set again while it runs, so that short waits, one after the
// other, have it fire once in that time.
const patience = 100 * time.Millisecond

// begin makes ready for another stream.
func (d *departure) begin() {
	if d.gone || d.left == nil { // nobody else knows of it yet
		d.gone, d.left = false, make(chan struct{})
	}
}

// Aborted is called when the client has aborted (httpmsg.Watcher).
func (d *departure) Aborted() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leave()
}

// leave ends the waits. The lock is held.
func (d *departure) leave() {
	if d.gone {
		return
	}
	d.gone = true
	close(d.left)
	if d.waits != nil {
		d.waits.Interrupt()
	}
}

// set says what is waited for from now on, nil for what looks at left.
func (d *departure) set(waits interrupter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waits, d.asked = waits, false
	if d.gone && waits != nil {
		waits.Interrupt()
	}
}

// Done is closed when the client has left.
func (d *departure) Done() <-chan struct{} { return d.left }

// Err gives context.Canceled once the client has left.
func (d *departure) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		return context.Canceled
	}
	return nil
}

// Deadline gives none.
func (*departure) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value gives nothing.
func (*departure) Value(any) any { return nil }

// AfterFunc has f called, by a goroutine of its own, when the client leaves before stop
// is called; one at a time. Package context asks for that, so that contexts made of this
// one need no goroutine.
func (d *departure) AfterFunc(f func()) (stop func() bool) {
	d.set(interrupt(func() { go f() }))
	return func() bool {
		d.set(nil)
		return d.Err() == nil
	}
}

// await begins a wait that ends with the client's connection.
func (d *departure) await(client *conn, ends ends) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait++
	d.client, d.ends = client, ends
	d.asked, d.busy, d.half, d.passed = false, false, false, false
	if d.timed == 0 {
		d.setTimer()
	}
}

// setTimer sets the timer for the wait. The lock is held.
func (d *departure) setTimer() {
	d.timed = d.wait
	if d.timer == nil {
		d.timer = time.AfterFunc(patience, d.expired)
	} else {
		d.timer.Reset(patience)
	}
}

// over ends such a wait. That for a stream, which is watched longer, goes on.
func (d *departure) over() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.client == nil {
		return
	}
	if d.watched {
		d.client.fe.engine.watcher.Forget(d.client.Conn)
	}
	d.client, d.waits, d.watched = nil, nil, false
}

// expired is what the timer calls.
func (d *departure) expired() {
	d.mu.Lock()
	defer d.mu.Unlock()
	timed := d.timed
	d.timed = 0
	switch {
	case d.client == nil: // nothing waits
	case d.wait != timed:
		d.setTimer()
	default:
		d.watch()
	}
}

// watch has the client watched. The lock is held.
func (d *departure) watch() {
	watcher, wait := d.client.fe.engine.watcher, d.wait
	begin := watcher.Closed
	if d.ends == halfGoesOn {
		begin = watcher.Reset
	}
	d.watched = begin(d.client.Conn, func(relay.Event) { d.told(wait) })
}

// told is the watcher's word that the client has closed its half, or left.
func (d *departure) told(wait int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.client == nil || d.wait != wait {
		return // that wait has just ended
	}
	switch {
	case d.ends == emptyEnds && !d.client.PeerClosed():
	case d.ends == halfEnds && d.asked:
		if d.half = true; !d.busy {
			d.waits.Interrupt() // the stream then calls passOn
		}
	default:
		d.leave()
		return
	}
	d.ends = halfGoesOn // but a reset is still to be seen
	d.watch()
}

// asks says that a server has the request, or with busy is being sent the rest of it: it
// decides what it means that the client closes its half (HAProxy manual section 4.2,
// option abortonclose). One of HTTP/2 or HTTP/3 cannot be told.
func (d *departure) asks(sc *serverConn, busy bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked, d.busy = d.client != nil && sc.x == nil, busy
}

// sent says that the request has been sent.
func (d *departure) sent(sc *serverConn) {
	d.mu.Lock()
	d.busy, d.passed = false, d.half
	now := d.passed
	d.mu.Unlock()
	if now {
		_ = sc.CloseWrite() // that it is closed already is found by whoever reads
	}
}

// passOn tells the server that the client has closed its half, if that is why the wait
// for it was interrupted.
func (d *departure) passOn(sc *serverConn) bool {
	d.mu.Lock()
	now := d.half && !d.busy && !d.passed && !d.gone
	if now {
		d.passed = true
		sc.Resume()
	}
	d.mu.Unlock()
	if now {
		_ = sc.CloseWrite() // as above
	}
	return now
}

// passedOn reports whether it has.
func (d *departure) passedOn() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.passed
}

// watchClient has waits end when the client leaves: those for a server until the
// response begins, of clients that abort streams until unwatchStream.
func (s *stream) watchClient(ends ends) {
	if x, ok := s.c.x.(httpmsg.Abortable); ok {
		x.Watch(&s.departure)
	} else {
		s.departure.await(s.c, ends)
	}
}

func (s *stream) unwatchStream() {
	if x, ok := s.c.x.(httpmsg.Abortable); ok {
		x.Watch(nil)
		s.departure.set(nil)
	}
}

// halfClosed says what it means that the client closes its half: option abortonclose
// of the backend, and until there is one of the frontend. One that has sent nothing
// to carry to a server needs none.
func (s *stream) halfClosed() ends {
	opts := s.fe.opts
	if s.be != nil {
		opts = s.be.opts
	}
	switch {
	case opts.abortOnClose:
		return halfEnds
	case s.facts.HTTP || s.c.in.Len() > 0:
		return halfGoesOn
	}
	return emptyEnds
}

// departed ends a stream whose client left in a phase of HAProxy's letters.
func (s *stream) departed(phase byte) bool {
	s.be.CliAborts.Add(1)
	if s.srv != nil {
		s.srv.CliAborts.Add(1)
	}
	s.term('C', phase)
	return false
}

// unanswered reports whether a server that was told of the client's end has closed its
// connection as well.
func (s *stream) unanswered(f *failure) bool {
	return s.departure.passedOn() && f.op == awaiting && !f.began && !f.timeout
}

// leftAlone ends a stream whose client left while an attempt was made. One that may
// still read is told.
func (s *stream) leftAlone(f *failure) bool {
	switch {
	case f.op == connecting:
		return s.departed('C')
	case s.c.x != nil:
		return s.departed('H')
	case !s.reqDone:
		return s.departed('D')
	}
	s.departed('H')
	s.requestKeep = false
	return s.fail(400)
}

// clientGone reports whether the client left while a server was waited for.
func (s *stream) clientGone() bool {
	s.departure.mu.Lock()
	defer s.departure.mu.Unlock()
	return s.departure.gone
}
