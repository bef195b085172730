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
}

// Go runs r on a goroutine.
func (w *Workers) Go(r Runner) {
	w.mu.Lock()
	n := len(w.idle)
	if n == 0 {
		w.mu.Unlock()
		go w.work(make(chan Runner, 1), r)
		return
	}
	ch := w.idle[n-1]
	w.idle[n-1] = nil
	w.idle = w.idle[:n-1]
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

// Trim ends the workers that are idle beyond the keep used last.
func (w *Workers) Trim(keep int) {
	w.mu.Lock()
	n := max(0, len(w.idle)-keep)
	old := make([]chan Runner, n)
	copy(old, w.idle)
	w.idle = append(w.idle[:0], w.idle[n:]...)
	w.mu.Unlock()
	for _, ch := range old {
		ch <- nil
	}
}
