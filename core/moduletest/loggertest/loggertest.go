// Package loggertest checks what every logger must do.
//
//	loggertest.Laws(t, "acme.mail", loggertest.Options{Config: `path = "x"`, Lines: func() []string { ... }})
//
// It is for tests alone.
package loggertest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
)

// Options say how a logger is tried.
type Options struct {
	// Config is the TOML of its table.
	Config string
	// Lines gives what the sink has got since the test began, in order. Nil for
	// sinks that cannot be looked at; then what depends on it is not checked.
	Lines func() []string
	// Stalled is the TOML for a sink that takes nothing, such as a server that
	// does not read; "" when there is no such sink.
	Stalled string
}

// slow is longer than a logger that does not block takes for what is logged here.
const slow = 30 * time.Second

// Laws checks what every logger must do: Log never blocks, before Start and
// after Stop neither, does not keep its line and does not allocate; lines arrive
// whole and in order, those of many streams too; Stop has all of them written;
// Reopen loses none; and a sink that takes nothing makes lines be dropped and
// counted.
func Laws(t *testing.T, name string, o Options) {
	t.Helper()
	moduletest.NoLeaks(t)
	t.Run("arrive", func(t *testing.T) { arrive(t, name, o) })
	t.Run("never started", func(t *testing.T) {
		l := moduletest.New(t, logs.Kind, name, o.Config)
		promptly(t, func() { flood(l, 1000) })
	})
	if o.Stalled == "" {
		return
	}
	t.Run("stalled", func(t *testing.T) {
		l := moduletest.New(t, logs.Kind, name, o.Stalled)
		stop := begin(t, l)
		promptly(t, func() { flood(l, 100_000) })
		d, ok := l.(logs.Dropper)
		if !ok {
			t.Error("it has no Dropped, by which it is known that lines were lost: embed a *logs.Writer")
		} else if d.Dropped() == 0 {
			t.Error("the sink takes nothing, 100 MB were logged, and nothing counts as dropped: where is it kept?")
		}
		promptly(t, func() { _ = stop() }) // that lines are lost is no surprise
	})
}

func arrive(t *testing.T, name string, o Options) {
	l := moduletest.New(t, logs.Kind, name, o.Config)
	var want []string
	line := make([]byte, 0, 100)
	send := func(what string, n int) {
		for i := range n {
			line = fmt.Appendf(line[:0], "%s %d.", what, i)
			want = append(want, string(line))
			l.Log(logs.Info, line)
			for i := range line {
				line[i] = 'X' // the caller uses its buffer again
			}
		}
	}
	promptly(t, func() { send("before the start", 10) })
	stop := begin(t, l)
	promptly(t, func() { send("running", 100) })
	if r, ok := l.(logs.Reopener); ok {
		if err := r.Reopen(); err != nil {
			t.Errorf("Reopen: %v", err)
		}
		send("reopened", 100)
	}
	crowd(t, l)
	if n := allocations(l); n > 0 {
		t.Errorf("Log allocates %v times: copy the line into space that is used again", n)
	}
	if err := stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if o.Lines != nil {
		check(t, o.Lines(), want)
	}
	if d, ok := l.(logs.Dropper); ok && d.Dropped() > 0 {
		t.Errorf("%d lines were dropped of a few hundred", d.Dropped())
	}
	promptly(t, func() { flood(l, 1000) })
}

// check compares what has arrived. Lines may have more on them than was logged.
func check(t *testing.T, got, want []string) {
	t.Helper()
	var mine []string
	for _, g := range got {
		if !strings.Contains(g, "crowd ") && !strings.Contains(g, "again") {
			mine = append(mine, g)
		}
	}
	for i, w := range want {
		if i >= len(mine) || !strings.Contains(mine[i], w) {
			g := "nothing"
			if i < len(mine) {
				g = fmt.Sprintf("%q", mine[i])
			}
			t.Fatalf("line %d that arrived is %s, want %q (%d of %d arrived): Log must copy, and Stop must write what waits", i+1, g, w, len(mine), len(want))
		}
	}
	for n := range crowdSize {
		next := 0
		for _, g := range got {
			if strings.Contains(g, fmt.Sprintf("crowd %d.%d.", n, next)) {
				next++
			}
		}
		if next != crowdLines {
			t.Errorf("of %d lines of one of %d streams %d arrived, in order", crowdLines, crowdSize, next)
		}
	}
}

const crowdSize, crowdLines = 8, 100

// crowd logs from many goroutines.
func crowd(t *testing.T, l logs.Logger) {
	t.Helper()
	promptly(t, func() {
		var wg sync.WaitGroup
		for n := range crowdSize {
			wg.Go(func() {
				for i := range crowdLines {
					l.Log(logs.Level(i%8), fmt.Appendf(nil, "crowd %d.%d.", n, i))
				}
			})
		}
		wg.Wait()
	})
}

func flood(l logs.Logger, n int) {
	line := []byte(strings.Repeat("x", 1000))
	for range n {
		l.Log(logs.Info, line)
	}
}

func allocations(l logs.Logger) float64 {
	line := []byte("again")
	return allocs.Of(func() { l.Log(logs.Info, line) })
}

// promptly fails when fn takes long.
func promptly(t *testing.T, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); fn() }()
	select {
	case <-done:
	case <-time.After(slow):
		t.Fatalf("it blocks for %v: queue lines, and drop those that find no room", slow)
	}
}
