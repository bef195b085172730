package proxy

import (
	"sync"
	"sync/atomic"
	"time"
)

// waiter is a stream that waits for a slot at a server.
type waiter struct {
	turn       chan *Server // capacity 1: the server whose slot it was given
	prev, next *waiter
	in         *queue
}

var waiters = sync.Pool{New: func() any { return &waiter{turn: make(chan *Server, 1)} }}

// queue is a first-in, first-out queue of streams.
type queue struct {
	mu         sync.Mutex
	head, tail *waiter
	n          atomic.Int64
	max        atomic.Int64 // the longest it was
}

func (q *queue) len() int64 { return q.n.Load() }

// join appends w and gives the number of streams before it.
func (q *queue) join(w *waiter) int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	w.in, w.prev, w.next = q, q.tail, nil
	if q.tail != nil {
		q.tail.next = w
	} else {
		q.head = w
	}
	q.tail = w
	n := q.n.Add(1)
	if n > q.max.Load() {
		q.max.Store(n)
	}
	return n - 1
}

// leave takes w out and reports whether it was still there.
func (q *queue) leave(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.in != q {
		return false
	}
	q.unlink(w)
	return true
}

// grant gives the first waiter the slot of srv and reports whether there was one.
func (q *queue) grant(srv *Server) bool {
	if q.n.Load() == 0 {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.head
	if w == nil {
		return false
	}
	q.unlink(w)
	w.turn <- srv
	return true
}

func (q *queue) unlink(w *waiter) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		q.head = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		q.tail = w.prev
	}
	w.prev, w.next, w.in = nil, nil, nil
	q.n.Add(-1)
}

// await waits in q for a slot, at most timeout (0: for ever) and until something
// comes from stop, and gives the server, nil for none, and the streams that were
// before.
func (q *queue) await(timeout time.Duration, stop <-chan struct{}, again func() *Server) (*Server, int64) {
	w := waiters.Get().(*waiter)
	defer waiters.Put(w)
	before := q.join(w)
	// A slot may have come free between the last look and joining.
	if srv := again(); srv != nil {
		if q.leave(w) {
			return srv, before
		}
		srv.release() // both came: one slot is enough
		return <-w.turn, before
	}
	var over <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	select {
	case srv := <-w.turn:
		return srv, before
	case <-over:
	case <-stop:
	}
	if q.leave(w) {
		return nil, before
	}
	return <-w.turn, before
}

// occupy takes a slot of s if it has one.
func (s *Server) occupy() bool {
	if s.maxConn == 0 {
		s.served.Add(1)
		return true
	}
	for {
		n := s.served.Load()
		if n >= s.maxConn {
			return false
		}
		if s.served.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release gives a slot back, to a stream that waits for it if there is one.
func (s *Server) release() {
	if s.maxConn > 0 && s.served.Load() <= s.maxConn {
		if s.waiting.grant(s) || s.Usable() && s.backend.waiting.grant(s) {
			return
		}
	}
	s.served.Add(-1)
	// One may have joined after the look above and before the slot was free.
	if s.maxConn > 0 && (s.waiting.len() > 0 || s.backend.waiting.len() > 0) && s.occupy() {
		s.release()
	}
}
