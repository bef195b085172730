package health

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// script answers checks by a script of '+' and '-', and then as its last one.
type script struct {
	mu    sync.Mutex
	text  string
	times []time.Time
}

func (s *script) Run(*Target) Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, time.Now())
	ok := s.text[0] == '+'
	if len(s.text) > 1 {
		s.text = s.text[1:]
	}
	if ok {
		return Result{OK: true, Code: "L4OK"}
	}
	return Result{Code: "L4CON"}
}

// states notes what the checker tells.
type states struct {
	mu  sync.Mutex
	log strings.Builder
}

func (s *states) Changed(up bool, _ Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if up {
		s.log.WriteString("U")
	} else {
		s.log.WriteString("D")
	}
}

func (s *states) Checked(Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.WriteString(".")
}

func TestRiseAndFall(t *testing.T) {
	for _, c := range []struct {
		name, script string
		rise, fall   int
		want         string // U and D where the state changes, a point after each check
	}{
		{"well", "+++", 2, 3, "..."},
		{"down at the first failure after the start", "-", 2, 3, "D..."},
		{"one failure is forgiven", "++-+++", 2, 3, "......"},
		{"fall in a row", "++++---+", 2, 3, "......D.."},
		{"failures that are not in a row", "++++--+--+--+", 2, 3, "............."},
		{"rise in a row", "-+-++", 2, 3, "D....U."},
		{"rise 1 fall 1", "+-+-", 1, 1, ".D.U.D."},
	} {
		synctest.Test(t, func(t *testing.T) {
			check, subject := &script{text: c.script}, &states{}
			k := New(check, Target{}, Config{Inter: time.Second, Fastinter: time.Second, Downinter: time.Second, Rise: c.rise, Fall: c.fall}, subject)
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(strings.Count(c.want, "."))*time.Second-time.Millisecond)
			defer cancel()
			k.Run(ctx)
			if got := subject.log.String(); got != c.want {
				t.Errorf("%s: got %s, want %s", c.name, got, c.want)
			}
			if s := k.Status(); s.Checks != int64(strings.Count(c.want, ".")) || s.Up != (strings.LastIndexAny(c.want, "UD") < 0 || c.want[strings.LastIndexAny(c.want, "UD")] == 'U') {
				t.Errorf("%s: status %+v", c.name, s)
			}
		})
	}
}

// The intervals follow the state: inter, fastinter while it changes, downinter.
func TestIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check := &script{text: "+++-----+++"}
		k := New(check, Target{}, Config{Delay: 500 * time.Millisecond, Inter: 10 * time.Second, Fastinter: time.Second, Downinter: 5 * time.Second, Rise: 2, Fall: 3}, &states{})
		ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
		defer cancel()
		start := time.Now()
		k.Run(ctx)
		var got []string
		last := start
		for _, at := range check.times {
			got = append(got, at.Sub(last).String())
			last = at
		}
		want := "500ms 10s 10s 10s 1s 1s 5s 5s 5s 1s 10s 10s 10s 10s"
		if s := strings.Join(got, " "); !strings.HasPrefix(s, want) {
			t.Errorf("got  %s\nwant %s", s, want)
		}
	})
}

func TestFail(t *testing.T) {
	for _, c := range []struct {
		sudden, down bool
		downAfter    int
	}{{false, true, 1}, {true, false, 2}, {false, false, 3}} {
		subject := &states{}
		k := New(&script{text: "+"}, Target{}, Config{Rise: 2, Fall: 3}, subject)
		for range 3 {
			k.note(Result{OK: true})
		}
		n := 0
		for k.Status().Up && n < 10 {
			k.Fail(Result{Code: "HANA"}, c.sudden && n == 0, c.down)
			n++
		}
		if n != c.downAfter {
			t.Errorf("sudden %v, down %v: down after %d failures, want %d", c.sudden, c.down, n, c.downAfter)
		}
	}
}

func TestAdopt(t *testing.T) {
	k := New(&script{text: "+"}, Target{}, Config{Rise: 2, Fall: 1}, &states{})
	k.Adopt(Status{Up: true, Health: 9, Downs: 4})
	if s := k.Status(); s.Health != 2 || !s.Up || s.Downs != 4 {
		t.Errorf("got %+v", s)
	}
}
