package relay

import (
	"sync"
)

// Runner is something that a worker runs.
type Runner interface{ Run() }

// Workers run Runners, each on a goroutine of its own that serves the next one
// afterwards: a new goroutine would have to grow its stack again each time.
// The zero Workers is ready for use; it is safe for concurrent use.
type Workers struct {
	mu   sync.Mutex
	idle []chan Runner // the one used last is on top
	rest int           // the least that were idle at a time since Trim
}

// Go runs r on a goroutine.
func (w *Workers) Go(r Runner) {
	w.mu.Lock()
	n := len(w.idle)
	if n == 0 {
		w.rest = 0
		w.mu.Unlock()
		go w.work(make(chan Runner, 1), r)
		return
	}
	ch := w.idle[n-1]
	w.idle[n-1] = nil
	w.idle = w.idle[:n-1]
	w.rest = min(w.rest, n-1)
	w.mu.Unlock()
	ch <- r
}

func (w *Workers) work(ch chan Runner, r Runner) {
	for r != nil {
		r.Run()
		w.mu.Lock()
		w.idle = append(w.idle, ch)
		w.mu.Unlock()
		r = <-ch
	}
}

// Trim ends the workers that nobody needed since the last call.
func (w *Workers) Trim() {
	w.mu.Lock()
	old := make([]chan Runner, w.rest)
	copy(old, w.idle)
	w.idle = append(w.idle[:0], w.idle[w.rest:]...)
	clear(w.idle[len(w.idle):cap(w.idle)])
	w.rest = len(w.idle)
	w.mu.Unlock()
	for _, ch := range old {
		ch <- nil
	}
}
