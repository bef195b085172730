// Package process is the life of the Fairlead process: it starts a generation
// of the configuration, replaces it at a reload without refusing a connection,
// drains what is replaced, and ends gracefully.
//
//	s := process.New(build, process.Options{HardStopAfter: 30 * time.Second})
//	err := s.Start()          // the first generation
//	err = s.Reload()          // the next; on an error the old one stays
//	s.Stop(ctx)               // drain and end
//
// A Supervisor is safe for concurrent use; reloads happen one after another.
// The package knows neither configuration nor proxies: it is given a Builder.
package process

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Generation is one configuration at work.
type Generation interface {
	// Open opens listeners and starts modules; nothing is served yet.
	Open() error
	// Serve begins to serve; it cannot fail.
	Serve()
	// Sockets gives the listening descriptors by key, for the next generation.
	Sockets() map[string]int
	// StopAccepting returns when nobody is accepted any more. Stop does it, too.
	StopAccepting()
	// Stop stops accepting, waits for what is in progress until ctx ends, then
	// cuts it off. It is also called after Open failed.
	Stop(ctx context.Context) error
	// HardStopAfter is how long the generation may drain, 0 for any time.
	HardStopAfter() time.Duration
	// Reopen reopens log files.
	Reopen() error
}

// Builder makes a generation from the configuration as it is now, without
// opening anything. inherit gives a duplicate of the descriptor that listens
// under a key already, -1 for none; before is the generation in force, nil at first.
type Builder func(before Generation, inherit func(key string) int) (Generation, error)

// Supervisor runs generations.
type Supervisor struct {
	build   Builder
	log     *slog.Logger
	sockets *Sockets

	reload  sync.Mutex // held through a reload
	mu      sync.Mutex
	current Generation
	stopped bool
	drains  sync.WaitGroup
	cut     context.Context
	cutAll  context.CancelFunc
	// Reloads and ReloadErrors count.
	reloads, reloadErrors int
}

// New makes a supervisor. sockets are those given to the process at its start.
func New(build Builder, sockets *Sockets, log *slog.Logger) *Supervisor {
	s := &Supervisor{build: build, log: log, sockets: sockets}
	s.cut, s.cutAll = context.WithCancel(context.Background())
	return s
}

// ErrStopping is the error of a reload while the process ends.
var ErrStopping = errors.New("the process is stopping")

// Start builds and serves the first generation.
func (s *Supervisor) Start() error { return s.next() }

// Reload builds, opens and serves the next generation, then drains the one
// before in the background. On an error nothing has changed.
func (s *Supervisor) Reload() error {
	err := s.next()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.reloadErrors++
	} else {
		s.reloads++
	}
	return err
}

func (s *Supervisor) next() error {
	s.reload.Lock()
	defer s.reload.Unlock()
	s.mu.Lock()
	before, stopped := s.current, s.stopped
	s.mu.Unlock()
	if stopped {
		return ErrStopping
	}
	inherit := s.sockets.Take
	if before != nil {
		inherit = duplicates(before.Sockets())
	}
	g, err := s.build(before, inherit)
	if err != nil {
		return err
	}
	if err := g.Open(); err != nil {
		return errors.Join(err, g.Stop(s.cut))
	}
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return errors.Join(ErrStopping, g.Stop(s.cut))
	}
	s.current = g
	if before != nil {
		s.drains.Add(1)
	}
	s.mu.Unlock()
	g.Serve()
	if before != nil {
		before.StopAccepting() // who connects from now on gets what was reloaded
		go s.drain(before)
	}
	return nil
}

// drain lets a replaced generation end what it has in progress.
func (s *Supervisor) drain(g Generation) {
	defer s.drains.Done()
	ctx, cancel := s.cut, context.CancelFunc(func() {})
	if d := g.HardStopAfter(); d > 0 {
		ctx, cancel = context.WithTimeout(s.cut, d)
	}
	defer cancel()
	if err := g.Stop(ctx); err != nil {
		s.log.Warn("a replaced configuration did not end in time", "error", err)
	}
}

// Current gives the generation in force, nil before Start.
func (s *Supervisor) Current() Generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// Counts gives how many reloads succeeded and failed.
func (s *Supervisor) Counts() (reloads, errors int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reloads, s.reloadErrors
}

// Reopen has the generation in force reopen its log files.
func (s *Supervisor) Reopen() error {
	if g := s.Current(); g != nil {
		return g.Reopen()
	}
	return nil
}

// Stop ends the process's work: it drains all generations, at most until ctx
// ends or hard-stop-after is over, and cuts off what is left.
func (s *Supervisor) Stop(ctx context.Context) error {
	s.mu.Lock()
	g, again := s.current, s.stopped
	s.stopped = true
	s.mu.Unlock()
	if again {
		return ErrStopping
	}
	stop := context.AfterFunc(ctx, s.cutAll)
	defer stop()
	var err error
	if g != nil {
		if d := g.HardStopAfter(); d > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, d)
			defer cancel()
		}
		err = g.Stop(ctx)
	}
	s.drains.Wait()
	s.cutAll()
	return err
}
