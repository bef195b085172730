//go:build !linux || portable

package relay

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// Watcher looks after idle connections: parked ones, until bytes arrive or their
// time is over, with a goroutine for each that holds no buffer; and lent ones,
// until their peer closes, by looking at all of them now and then.
//
// It is safe for concurrent use. Callbacks run on goroutines of the watcher and
// must not block.
type Watcher struct {
	stop, ended chan struct{}

	mu      sync.Mutex
	parked  map[*Conn]*parking
	lent    map[*Conn]lending
	stopped bool
}

// lending is the watch on a connection that is lent.
type lending struct {
	event func(Event)
	over  func() bool // whether it is time to call event
}

// parking is one connection that is parked.
type parking struct {
	conn     *Conn
	socket   *socket
	owner    any   // for Wake
	deadline int64 // tick; 0: none
	event    func(Event)
	waited   chan struct{} // closed once nobody waits for the socket
}

// lookEvery is how often lent connections are looked at.
const lookEvery = 250 * time.Millisecond

// NewWatcher starts a watcher; Close ends it.
func NewWatcher() (*Watcher, error) {
	w := &Watcher{stop: make(chan struct{}), ended: make(chan struct{}), parked: map[*Conn]*parking{}, lent: map[*Conn]lending{}}
	go w.look()
	return w, nil
}

// Park hands c, which belongs to owner, over until bytes arrive or timeout (0: none) has passed; then
// event is called once and c is the callback's. It reports whether c could be
// parked; if not, c is still the caller's.
func (w *Watcher) Park(c *Conn, owner any, timeout time.Duration, event func(Event)) bool {
	p := &parking{conn: c, socket: c.socket(), owner: owner, event: event, waited: make(chan struct{})}
	if timeout > 0 {
		p.deadline = Ticks() + int64(timeout)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || p.socket == nil {
		return false
	}
	w.parked[c] = p
	p.setTimer()
	go w.run(p)
	return true
}

// setTimer has the wait end when the time is over, if it ever is.
func (p *parking) setTimer() { p.conn.setTimer(&p.conn.read, p.deadline, p.conn.h.SetReadDeadline) }

// run waits and tells.
func (w *Watcher) run(p *parking) {
	ev, over := w.await(p)
	close(p.waited)
	if over {
		p.event(ev)
	}
}

// await gives what ended the parking; false says that somebody else did.
func (w *Watcher) await(p *parking) (Event, bool) {
	for {
		err := p.socket.raw.Read(func(fd uintptr) bool {
			_, err := peek(fd)
			return err != errNothing
		})
		w.mu.Lock()
		if w.parked[p.conn] != p {
			w.mu.Unlock()
			return 0, false
		}
		ev := Readable
		if errors.Is(err, os.ErrDeadlineExceeded) {
			switch {
			case p.conn.Interrupted():
				ev = Stopped
			case p.deadline != 0 && Ticks() >= p.deadline:
				ev = Expired
			default: // a timer of an earlier wait fired
				p.setTimer()
				w.mu.Unlock()
				continue
			}
		}
		delete(w.parked, p.conn)
		p.deadline = 0
		p.setTimer()
		w.mu.Unlock()
		return ev, !errors.Is(err, net.ErrClosed)
	}
}

// callOff ends a parking without an event; the lock is held. The connection can
// be used after settle.
func (w *Watcher) callOff(p *parking) {
	delete(w.parked, p.conn)
	_ = p.conn.h.SetReadDeadline(past) // it fails when the connection is closed, which ends the wait too
}

func (p *parking) settle() {
	<-p.waited
	p.deadline = 0
	p.setTimer()
}

// Closed calls event once, with Readable, when the peer of c closes its side; c stays the
// caller's, who calls Forget before closing it. Behind bytes that nobody reads the
// end is not seen.
func (w *Watcher) Closed(c *Conn, event func(Event)) bool {
	return w.lend(c, lending{event, c.PeerClosed})
}

// Reset is Closed for a peer that may close its side as it likes: event is called
// when it resets the connection.
func (w *Watcher) Reset(c *Conn, event func(Event)) bool {
	return w.lend(c, lending{event, c.peerReset})
}

func (w *Watcher) lend(c *Conn, l lending) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || c.socket() == nil {
		return false
	}
	w.lent[c] = l
	return true
}

// look looks at the lent connections until the watcher ends.
func (w *Watcher) look() {
	defer close(w.ended)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
			for _, event := range w.takeOver() {
				event(Readable)
			}
		}
	}
}

// takeOver takes out the lent connections whose watch is over.
func (w *Watcher) takeOver() (events []func(Event)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c, l := range w.lent {
		if l.over() {
			delete(w.lent, c)
			events = append(events, l.event)
		}
	}
	return events
}

// Forget ends the watch on c without an event and reports whether there was one.
func (w *Watcher) Forget(c *Conn) bool {
	w.mu.Lock()
	_, was := w.lent[c]
	delete(w.lent, c)
	p := w.parked[c]
	if p != nil {
		w.callOff(p)
	}
	w.mu.Unlock()
	if p != nil {
		p.settle()
	}
	return was || p != nil
}

// Parked gives the number of connections parked.
func (w *Watcher) Parked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.parked)
}

// Wake ends every parking whose owner is accepted by which, with Stopped.
func (w *Watcher) Wake(which func(owner any) bool) {
	w.mu.Lock()
	var woken []*parking
	for _, p := range w.parked {
		if which(p.owner) {
			w.callOff(p)
			woken = append(woken, p)
		}
	}
	w.mu.Unlock()
	for _, p := range woken {
		p.settle()
		p.event(Stopped)
	}
}

// Close ends the watcher; every parked connection gets Stopped.
func (w *Watcher) Close() error {
	w.mu.Lock()
	w.stopped = true
	clear(w.lent)
	w.mu.Unlock()
	close(w.stop)
	<-w.ended
	w.Wake(func(any) bool { return true })
	return nil
}
