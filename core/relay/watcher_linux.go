//go:build !portable

package relay

import (
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Watcher looks after idle connections without a goroutine for each: parked
// ones, until bytes arrive or their time is over, and lent ones, until their
// peer closes.
//
// It is safe for concurrent use. Callbacks run on the watcher's goroutine and
// must not block.
type Watcher struct {
	file *os.File
	raw  syscall.RawConn
	epfd int
	done chan struct{}

	mu      sync.Mutex
	watches map[int32]*watch
	stopped bool
}

// watch is one connection looked after.
type watch struct {
	conn     *Conn
	owner    any   // of a parked one, for Wake
	deadline int64 // tick; 0: none
	parked   bool
	event    func(Event)
}

// sweepEvery is how often deadlines are looked at; they are that exact.
const sweepEvery = 250 * time.Millisecond

// NewWatcher starts a watcher; Close ends it.
func NewWatcher() (*Watcher, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(epfd, true); err != nil {
		unix.Close(epfd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	w := &Watcher{file: os.NewFile(uintptr(epfd), "epoll"), epfd: epfd, done: make(chan struct{}), watches: map[int32]*watch{}}
	if w.raw, err = w.file.SyscallConn(); err != nil {
		w.file.Close()
		return nil, err
	}
	go w.run()
	return w, nil
}

// Park hands c, which belongs to owner, over until bytes arrive or timeout (0: none) has passed; then
// event is called once and c is the callback's. It reports whether c could be
// parked; if not, c is still the caller's.
func (w *Watcher) Park(c *Conn, owner any, timeout time.Duration, event func(Event)) bool {
	deadline := int64(0)
	if timeout > 0 {
		deadline = Ticks() + int64(timeout)
	}
	return w.add(&watch{conn: c, owner: owner, deadline: deadline, parked: true, event: event}, unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLONESHOT)
}

// Closed calls event once, with Readable, when the peer of c closes its side; c stays the
// caller's, who calls Forget before closing it.
func (w *Watcher) Closed(c *Conn, event func(Event)) bool {
	return w.add(&watch{conn: c, event: event}, unix.EPOLLRDHUP|unix.EPOLLONESHOT)
}

// Reset is Closed for a peer that may close its side as it likes: event is called
// when it resets the connection, or no side of a UNIX socket is left.
func (w *Watcher) Reset(c *Conn, event func(Event)) bool {
	return w.add(&watch{conn: c, event: event}, unix.EPOLLONESHOT)
}

func (w *Watcher) add(x *watch, events uint32) bool {
	fd := x.conn.FD()
	if fd < 0 {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return false
	}
	w.watches[int32(fd)] = x
	err := unix.EpollCtl(w.epfd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
	if err != nil {
		delete(w.watches, int32(fd))
		return false
	}
	return true
}

// Forget ends the watch on c without an event and reports whether there was one.
func (w *Watcher) Forget(c *Conn) bool {
	fd := c.FD()
	if fd < 0 {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.watches[int32(fd)]
	if x == nil || x.conn != c {
		return false
	}
	w.remove(x)
	return true
}

// remove takes x out; the lock is held.
func (w *Watcher) remove(x *watch) {
	delete(w.watches, int32(x.conn.FD()))
	// The only failure is that the descriptor is not there, which is what is wanted.
	_ = unix.EpollCtl(w.epfd, unix.EPOLL_CTL_DEL, x.conn.FD(), nil)
}

func (w *Watcher) run() {
	defer close(w.done)
	events := make([]unix.EpollEvent, 256)
	n := 0
	poll := func(fd uintptr) bool {
		var err error
		n, err = unix.EpollWait(int(fd), events, 0)
		return n > 0 || err != nil && err != unix.EINTR
	}
	next := time.Now().Add(sweepEvery)
	_ = w.file.SetReadDeadline(next)
	for {
		n = 0
		if err := w.raw.Read(poll); err != nil && !os.IsTimeout(err) {
			return
		}
		for _, ev := range events[:max(n, 0)] {
			if x := w.take(ev.Fd); x != nil {
				x.event(Readable)
			}
		}
		if now := time.Now(); !now.Before(next) {
			w.sweep()
			next = now.Add(sweepEvery)
			_ = w.file.SetReadDeadline(next)
		}
	}
}

func (w *Watcher) take(fd int32) *watch {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.watches[fd]
	if x != nil {
		w.remove(x)
	}
	return x
}

func (w *Watcher) sweep() {
	for _, x := range w.expired(Ticks()) {
		x.event(Expired)
	}
}

func (w *Watcher) expired(now int64) (over []*watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.watches {
		if x.deadline != 0 && x.deadline <= now {
			over = append(over, x)
		}
	}
	for _, x := range over {
		w.remove(x)
	}
	return over
}

// Parked gives the number of connections parked.
func (w *Watcher) Parked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, x := range w.watches {
		if x.parked {
			n++
		}
	}
	return n
}

// Wake ends every parking whose owner is accepted by which, with Stopped.
func (w *Watcher) Wake(which func(owner any) bool) {
	w.mu.Lock()
	var woken []*watch
	for _, x := range w.watches {
		if x.parked && which(x.owner) {
			woken = append(woken, x)
		}
	}
	for _, x := range woken {
		w.remove(x)
	}
	w.mu.Unlock()
	for _, x := range woken {
		x.event(Stopped)
	}
}

// Close ends the watcher; every parked connection gets Stopped.
func (w *Watcher) Close() error {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	w.Wake(func(any) bool { return true })
	err := w.file.Close()
	<-w.done
	return err
}
