package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// sink keeps batches, and can be blocked or made to fail.
type sink struct {
	mu      sync.Mutex
	batches [][]string
	times   []time.Time
	gate    chan struct{} // when set, each batch takes one from it
	err     error         // when set, the second line and all after it are lost
}

func (s *sink) WriteLines(ctx context.Context, b *Batch) (int, error) {
	if s.gate != nil {
		select {
		case <-s.gate:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var batch []string
	var l Line
	for b.Next(&l) {
		if s.err != nil && len(batch) == 1 {
			return 1, s.err
		}
		batch = append(batch, fmt.Sprintf("%s%v %s", l.Facility, l.Level, l.Text))
	}
	s.batches = append(s.batches, batch)
	s.times = append(s.times, l.Time)
	return 0, nil
}

func (s *sink) lines() []string { return slices.Concat(s.all()...) }

func (s *sink) all() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.batches)
}

// text collects what is logged of the writer itself.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

// take gives what came since it was last called.
func (t *text) take() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.b.String()
	t.b.Reset()
	return s
}

// start gives a running writer, and the text of the warnings it gives.
func start(t *testing.T, s Sink, o Options) (*Writer, *text) {
	t.Helper()
	var warnings text
	ctx := module.NewContext(module.ContextOptions{Log: slog.New(slog.NewTextHandler(&warnings, nil))})
	o.Name = "logger.test"
	w := NewWriter(ctx, s, o)
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Stop(context.Background())
		if err := ctx.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return w, &warnings
}

func TestWriterOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		w, _ := start(t, &s, Options{})
		line := []byte("one")
		w.Log(Info, line)
		copy(line, "xxx") // Log has copied it
		w.LogAs(Daemon, Err, []byte("two"))
		w.Log(Debug, nil)
		synctest.Wait()
		want := []string{"info one", "daemonerr two", "debug "}
		if got := s.lines(); !slices.Equal(got, want) {
			t.Errorf("lines %q, want %q", got, want)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.times[0].Equal(time.Now()) {
			t.Errorf("time %v, want %v", s.times[0], time.Now())
		}
		if w.Dropped() != 0 {
			t.Errorf("%d lines dropped", w.Dropped())
		}
	})
}

func TestWriterPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		w, _ := start(t, &s, Options{Interval: time.Second, QueueBytes: 1})
		for range 4 {
			w.Log(Info, []byte("x"))
			synctest.Wait()
		}
		if len(s.all()) != 1 {
			t.Errorf("%d batches at once, want 1", len(s.all()))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(s.all()) != 2 || len(s.all()[1]) != 3 {
			t.Errorf("batches %q, want one of 1 and one of 3 lines", s.all())
		}
		for range 3 { // half a queue does not wait
			w.Log(Info, make([]byte, 20000))
		}
		synctest.Wait()
		if len(s.all()) != 3 {
			t.Errorf("%d batches, want 3: a half full queue is in a hurry", len(s.all()))
		}
	})
}

// A sink that hangs makes lines drop, not wait, and one warning tells of them.
func TestWriterFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sink{gate: make(chan struct{})}
		w, warnings := start(t, &s, Options{QueueBytes: 100000})
		line := bytes.Repeat([]byte("x"), 1000-recordHead)
		w.Log(Info, []byte("first"))
		synctest.Wait() // the sink has it now
		for range 130 {
			w.Log(Info, line)
		}
		if w.Dropped() != 30 {
			t.Errorf("%d lines dropped, want 30", w.Dropped())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := warnings.take(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "lines=30 total=30") ||
			!strings.Contains(got, "logger=logger.test") || !strings.Contains(got, "queue was full") {
			t.Errorf("warnings:\n%s\nwant one of 30 lines", got)
		}
		w.Log(Info, line)
		time.Sleep(5 * time.Second)
		w.Log(Info, line)
		synctest.Wait()
		if got := warnings.take(); got != "" {
			t.Errorf("a second warning within 10 s: %s", got)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := warnings.take(); !strings.Contains(got, "lines=2 total=32") {
			t.Errorf("second warning %q, want one of 2 lines", got)
		}
		close(s.gate)
		if err := w.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if n := len(s.lines()); n != 101 {
			t.Errorf("%d lines came through, want 101", n)
		}
	})
}

func TestWriterSinkFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sink{err: errors.New("no space left"), gate: make(chan struct{}, 1)}
		w, warnings := start(t, &s, Options{})
		w.Log(Info, []byte("first"))
		synctest.Wait() // the sink has it now, so the next lines come together
		for range 5 {
			w.Log(Info, []byte("x"))
		}
		s.gate <- struct{}{}
		synctest.Wait()
		s.gate <- struct{}{}
		synctest.Wait()
		if w.Dropped() != 4 {
			t.Errorf("%d lines dropped, want the 4 that failed or were left", w.Dropped())
		}
		s.mu.Lock()
		s.err = nil
		s.mu.Unlock()
		s.gate <- struct{}{}
		w.Log(Info, []byte("y"))
		synctest.Wait()
		if got := s.lines(); !slices.Equal(got, []string{"info first", "info y"}) {
			t.Errorf("after the failure: %q", got)
		}
		w.Stop(t.Context())
		if got := warnings.take(); !strings.Contains(got, "lines=4") || !strings.Contains(got, "no space left") {
			t.Errorf("warnings %q, want the reason", got)
		}
	})
}

func TestWriterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sink{gate: make(chan struct{}, 10)}
		w, _ := start(t, &s, Options{Interval: time.Hour})
		for range 3 {
			w.Log(Info, []byte("x"))
			synctest.Wait()
		}
		close(s.gate)
		began := time.Now()
		if err := w.Stop(t.Context()); err != nil || time.Since(began) != 0 {
			t.Errorf("stop: %v after %v", err, time.Since(began))
		}
		if n := len(s.lines()); n != 3 {
			t.Errorf("%d lines came through, want 3", n)
		}
		w.Log(Info, []byte("late"))
		if w.Dropped() != 1 {
			t.Errorf("%d dropped, want the line after Stop", w.Dropped())
		}
		if err := w.Stop(t.Context()); err != nil {
			t.Errorf("second stop: %v", err)
		}
		if err := w.Start(module.NewContext(module.ContextOptions{})); err == nil {
			t.Error("start after stop gives no error")
		}
	})
}

// A sink that hangs cannot hold Stop up, and what it left is counted.
func TestWriterStopDeadline(t *testing.T) {
	for _, deadline := range []time.Duration{time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := sink{gate: make(chan struct{})}
			w, warnings := start(t, &s, Options{})
			w.Log(Info, []byte("x"))
			synctest.Wait()
			for range 9 {
				w.Log(Info, []byte("x"))
			}
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			began := time.Now()
			err := w.Stop(ctx)
			if took := time.Since(began); err == nil || took != min(deadline, 3*time.Second) {
				t.Errorf("stop gave %v after %v", err, took)
			}
			synctest.Wait()
			if w.Dropped() != 10 {
				t.Errorf("%d dropped, want 10", w.Dropped())
			}
			if got := warnings.take(); !strings.Contains(got, "log lines dropped") {
				t.Errorf("warnings %q", got)
			}
		})
	}
}

func TestWriterNeverStarted(t *testing.T) {
	var s sink
	w := NewWriter(module.NewContext(module.ContextOptions{}), &s, Options{})
	w.Log(Info, []byte("x"))
	if err := w.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if w.Dropped() != 1 || len(s.all()) != 0 {
		t.Errorf("%d dropped and %q written, want the line dropped", w.Dropped(), s.all())
	}
}

// The end of a module's life ends the goroutine, even without Stop.
func TestWriterLifeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sink{gate: make(chan struct{})}
		ctx := module.NewContext(module.ContextOptions{})
		w := NewWriter(ctx, &s, Options{})
		if err := w.Start(ctx); err != nil {
			t.Fatal(err)
		}
		w.Log(Info, []byte("x"))
		synctest.Wait()
		if err := ctx.Close(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.Log(Info, []byte("y"))
		if w.Dropped() != 2 {
			t.Errorf("%d dropped, want 2", w.Dropped())
		}
		if err := w.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestWriterLongLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		w, _ := start(t, &s, Options{QueueBytes: 1})
		w.Log(Info, make([]byte, MaxLine+5))
		synctest.Wait()
		if got := s.lines(); len(got) != 1 || len(got[0]) != len("info ")+MaxLine {
			t.Errorf("a long line came as %d lines", len(got))
		}
	})
}

// All lines of all goroutines come out, each goroutine's in order.
func TestWriterConcurrent(t *testing.T) {
	var s sink
	w, _ := start(t, &s, Options{QueueBytes: 4 << 20})
	const routines, each = 8, 2000
	var wg sync.WaitGroup
	for r := range routines {
		wg.Go(func() {
			for i := range each {
				w.Log(Info, fmt.Appendf(nil, "%d %d", r, i))
			}
		})
	}
	wg.Wait()
	if err := w.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := make([]int, routines)
	for _, line := range s.lines() {
		var r, i int
		if _, err := fmt.Sscanf(line, "info %d %d", &r, &i); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if i != next[r] {
			t.Fatalf("goroutine %d: line %d came, want %d", r, i, next[r])
		}
		next[r]++
	}
	for r, n := range next {
		if n != each {
			t.Errorf("goroutine %d: %d lines came, want %d", r, n, each)
		}
	}
}
