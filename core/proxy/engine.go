package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Tuning are the limits of the [global] table that the data path works within.
type Tuning struct {
	BufSize   int           // tune.bufsize, bytes
	MaxFields int           // tune.http.maxhdr
	MaxConn   int64         // maxconn of the process
	ParkAfter time.Duration // how long an idle client keeps its goroutine
}

// TuningOf gives what a configuration says, and maxConn for the process.
func TuningOf(g *config.Global, maxConn int) Tuning {
	return Tuning{BufSize: int(g.Tune.Bufsize), MaxFields: g.Tune.Maxhdr, MaxConn: int64(maxConn), ParkAfter: time.Second}
}

// Engine is what all connections of the process share, across reloads: buffers,
// pipes, the watcher of idle connections and the process's counters.
type Engine struct {
	Tuning   Tuning
	Counters Counters

	pool    *relay.Pool
	mover   *relay.Mover
	watcher *relay.Watcher
	workers relay.Workers
	streams sync.Pool
	lastID  atomic.Uint64
	slots   slots
}

// NewEngine makes an engine; Close ends it.
func NewEngine(t Tuning) (*Engine, error) {
	w, err := relay.NewWatcher()
	if err != nil {
		return nil, err
	}
	e := &Engine{Tuning: t, pool: relay.NewPool(t.BufSize), mover: relay.NewMover(), watcher: w}
	e.streams.New = func() any { return newStream(e) }
	e.slots.limit = t.MaxConn
	return e, nil
}

// Close ends the watcher. All listeners and streams must have ended.
func (e *Engine) Close() error { return e.watcher.Close() }

// Parked gives the number of idle client connections that hold no goroutine.
func (e *Engine) Parked() int { return e.watcher.Parked() }

// slots is a counting semaphore for maxconn: taking one waits while all are taken.
type slots struct {
	limit int64 // 0: none
	taken atomic.Int64

	mu   sync.Mutex
	free sync.Cond
}

// take waits for a slot and reports whether there is one: there is none once
// stopped reports true after a wake.
func (s *slots) take(stopped func() bool) bool {
	for {
		n := s.taken.Add(1)
		if s.limit == 0 || n <= s.limit {
			return true
		}
		s.taken.Add(-1)
		s.mu.Lock()
		s.free.L = &s.mu
		for s.taken.Load() >= s.limit && !stopped() {
			s.free.Wait()
		}
		s.mu.Unlock()
		if stopped() {
			return false
		}
	}
}

func (s *slots) give() {
	n := s.taken.Add(-1)
	if s.limit != 0 && n >= s.limit-1 {
		s.wake()
	}
}

// wake lets waiters look again.
func (s *slots) wake() {
	s.mu.Lock()
	s.free.L = &s.mu
	s.free.Broadcast()
	s.mu.Unlock()
}

// wakeParked ends the parked connections of a graph that is being drained.
func (e *Engine) wakeParked(g *Graph) {
	e.watcher.Wake(func(owner any) bool { return owner.(*conn).fe.graph == g })
}
