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

// on-error's ways to count what streams saw.
func TestFail(t *testing.T) {
	for _, c := range []struct {
		name         string
		checks       string // before
		sudden, down bool
		want         string // the state after each failure
	}{
		{"fail-check", "+++", false, false, "UP 2/3, UP 1/3, DOWN"},
		{"sudden-death", "+++", true, false, "UP 1/3, DOWN, DOWN"},
		{"sudden-death of a server that is failing already", "++--", true, false, "DOWN, DOWN, DOWN"},
		{"mark-down", "+++", false, true, "DOWN, DOWN, DOWN"},
		{"while it is coming up", "-+", false, true, "DOWN 1/2, DOWN 1/2, DOWN 1/2"},
	} {
		k := New(&script{text: "+"}, Target{}, Config{Rise: 2, Fall: 3}, &states{})
		for _, r := range c.checks {
			k.note(Result{OK: r == '+'})
		}
		var got []string
		for range 3 {
			k.Fail(Result{Code: "HANA"}, c.sudden, c.down)
			got = append(got, k.State())
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: got %s, want %s", c.name, s, c.want)
		}
	}
}

// A failure that streams saw brings the next check forward to fastinter, and
// many failures bring no more checks than that.
func TestHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check := &script{text: "+"}
		k := New(check, Target{}, Config{Inter: time.Minute, Fastinter: 2 * time.Second, Downinter: time.Minute, Rise: 2, Fall: 30}, &states{})
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		start := time.Now()
		go func() {
			time.Sleep(10 * time.Second)
			for range 50 { // until 15s
				k.Hurry()
				time.Sleep(100 * time.Millisecond)
			}
		}()
		k.Run(ctx)
		var got []string
		for _, at := range check.times {
			got = append(got, at.Sub(start).String())
		}
		if s, want := strings.Join(got, " "), "0s 12s 14s 16s"; s != want {
			t.Errorf("checks at %s, want %s", s, want)
		}
	})
}

// What the subject hears last is the state, whoever brought it about.
func TestOrder(t *testing.T) {
	subject := &states{}
	k := New(&script{text: "+"}, Target{}, Config{Rise: 1, Fall: 1}, subject)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				if i%2 == 0 {
					k.note(Result{OK: true})
				} else {
					k.Fail(Result{}, false, true)
				}
			}
		})
	}
	wg.Wait()
	log := strings.ReplaceAll(subject.log.String(), ".", "")
	if strings.Contains(log, "UU") || strings.Contains(log, "DD") {
		t.Error("the subject was told the same twice in a row")
	}
	if up := !strings.HasSuffix(log, "D"); up != k.Status().Up {
		t.Errorf("the subject takes the server for up: %v, and the checker %v", up, k.Status().Up)
	}
}

func TestCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := New(&script{text: "++---+++-++"}, Target{}, Config{Inter: time.Second, Fastinter: time.Second, Downinter: time.Second, Rise: 2, Fall: 2}, &states{})
		ctx, cancel := context.WithTimeout(context.Background(), 10500*time.Millisecond)
		defer cancel()
		k.Run(ctx)
		k.Fail(Result{}, false, false)
		// Down from the fourth check to the seventh.
		s := k.Status()
		if s.Checks != 11 || s.Failures != 3 || s.Downs != 1 || s.Observed != 1 || s.Downtime != 3*time.Second {
			t.Errorf("got %+v", s)
		}
		if state := k.State(); state != "UP 1/2" {
			t.Errorf("the state is %s", state)
		}
	})
}

func TestSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check := &script{text: "+"}
		k := New(check, Target{}, Config{Inter: 10 * time.Second, Rise: 2, Fall: 3, Spread: 20}, &states{})
		ctx, cancel := context.WithTimeout(context.Background(), 1000*time.Second)
		defer cancel()
		k.Run(ctx)
		shorter, longer := 0, 0
		for i := range check.times[1:] {
			switch d := check.times[i+1].Sub(check.times[i]); {
			case d < 8*time.Second || d > 12*time.Second:
				t.Errorf("an interval of 10s spread by 20%% is %v", d)
			case d < 10*time.Second:
				shorter++
			case d > 10*time.Second:
				longer++
			}
		}
		if shorter < 20 || longer < 20 {
			t.Errorf("%d intervals were shorter, %d longer", shorter, longer)
		}
	})
}

func TestAdopt(t *testing.T) {
	k := New(&script{text: "+"}, Target{}, Config{Rise: 2, Fall: 1}, &states{})
	k.Adopt(Status{Up: true, Health: 9, Downs: 4})
	if s := k.Status(); s.Health != 2 || !s.Up || s.Downs != 4 {
		t.Errorf("got %+v", s)
	}
}

// A server that is down needs rise successes, also when rise was made smaller.
func TestAdoptDown(t *testing.T) {
	k := New(&script{text: "+"}, Target{}, Config{Rise: 2, Fall: 1}, &states{})
	k.Adopt(Status{Health: 7})
	if s := k.State(); s != "DOWN 1/2" {
		t.Errorf("got %s", s)
	}
}

// The words are those of HAProxy 2.6.
func TestWords(t *testing.T) {
	k := New(&script{text: "+"}, Target{}, Config{Rise: 2, Fall: 3}, &states{})
	for _, c := range []struct{ result, state, progress string }{
		{"+", "UP", "3/3 UP"}, {"-", "UP 2/3", "2/3 UP"}, {"-", "UP 1/3", "1/3 UP"}, {"-", "DOWN", "0/2 DOWN"},
		{"+", "DOWN 1/2", "1/2 DOWN"}, {"+", "UP", "3/3 UP"},
	} {
		k.note(Result{OK: c.result == "+"})
		if k.State() != c.state || k.Progress() != c.progress {
			t.Errorf("after %s: %q and %q, want %q and %q", c.result, k.State(), k.Progress(), c.state, c.progress)
		}
	}
	for code, want := range map[string]string{"L7STS": "Layer7 wrong status", "L4CON": "Layer4 connection problem", "X": "X"} {
		if got := (Result{Code: code}).Reason(); got != want {
			t.Errorf("%s is %q, want %q", code, got, want)
		}
	}
}
