package process

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// generation records what happens to it.
type generation struct {
	openErr  error
	busy     chan struct{} // Stop waits for it, or for its context
	hardStop time.Duration
	served   atomic.Bool
	refuses  atomic.Bool
	stopped  atomic.Bool
	cut      atomic.Bool
	fds      map[string]int
	got      int
}

func (g *generation) Open() error                  { return g.openErr }
func (g *generation) Serve()                       { g.served.Store(true) }
func (g *generation) Sockets() map[string]int      { return g.fds }
func (g *generation) HardStopAfter() time.Duration { return g.hardStop }
func (g *generation) Reopen() error                { return nil }
func (g *generation) StopAccepting()               { g.refuses.Store(true) }

func (g *generation) Stop(ctx context.Context) error {
	defer g.stopped.Store(true)
	if g.busy == nil {
		return nil
	}
	select {
	case <-g.busy:
		return nil
	case <-ctx.Done():
		g.cut.Store(true)
		return ctx.Err()
	}
}

// supervise gives a supervisor whose generations are taken from list in turn.
func supervise(list ...*generation) *Supervisor {
	n := 0
	return New(func(before Generation, inherit func(string) int) (Generation, error) {
		g := list[n]
		n++
		if g == nil {
			return nil, errors.New("bad configuration")
		}
		g.got = inherit("tcp@:80")
		return g, nil
	}, nil, slog.New(slog.DiscardHandler))
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

func TestReloadDrainsTheOldGeneration(t *testing.T) {
	a, b := &generation{busy: make(chan struct{})}, &generation{}
	s := supervise(a, b)
	if err := s.Start(); err != nil || !a.served.Load() {
		t.Fatalf("start: %v, served %v", err, a.served.Load())
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	if s.Current() != b || !b.served.Load() || !a.refuses.Load() || a.stopped.Load() {
		t.Error("the new generation alone should serve new clients while the old one drains")
	}
	close(a.busy)
	eventually(t, "the old generation ends", a.stopped.Load)
	if a.cut.Load() {
		t.Error("the old generation was cut off")
	}
}

func TestBrokenReloadChangesNothing(t *testing.T) {
	a := &generation{}
	unopenable := &generation{openErr: errors.New("port in use")}
	s := supervise(a, nil, unopenable)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bad configuration", "port in use"} {
		if err := s.Reload(); err == nil || err.Error() != want {
			t.Errorf("reload: %v, want %s", err, want)
		}
	}
	if s.Current() != a || a.stopped.Load() || !unopenable.stopped.Load() {
		t.Error("the old generation should stay, the failed one be stopped")
	}
	if ok, failed := s.Counts(); ok != 0 || failed != 2 {
		t.Errorf("counted %d reloads, %d errors", ok, failed)
	}
}

func TestHardStop(t *testing.T) {
	a := &generation{busy: make(chan struct{}), hardStop: 10 * time.Millisecond}
	s := supervise(a, &generation{})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "hard-stop-after cuts the old generation", a.cut.Load)
}

func TestStopEndsAllGenerations(t *testing.T) {
	a, b := &generation{busy: make(chan struct{})}, &generation{busy: make(chan struct{})}
	s := supervise(a, b)
	if err := errors.Join(s.Start(), s.Reload()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Stop(ctx) }()
	time.Sleep(10 * time.Millisecond)
	if a.stopped.Load() || b.stopped.Load() {
		t.Error("stopped before the work was done")
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || !a.cut.Load() || !b.cut.Load() {
		t.Errorf("stop: %v, cut %v %v", err, a.cut.Load(), b.cut.Load())
	}
	if err := s.Reload(); err == nil {
		t.Error("a reload after the stop should fail")
	}
}

func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	if err := Notify(Reloading()); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 200)
	n, err := c.Read(b)
	if err != nil || !strings.HasPrefix(string(b[:n]), "RELOADING=1\nMONOTONIC_USEC=") {
		t.Errorf("got %q, %v", b[:n], err)
	}
	t.Setenv("NOTIFY_SOCKET", "")
	if err := Notify("READY=1"); err != nil {
		t.Errorf("without systemd: %v", err)
	}
}
