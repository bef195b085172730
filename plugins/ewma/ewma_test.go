package ewma

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
)

func TestConformance(t *testing.T) {
	moduletest.Run(t, balancer.Kind, "ewma", ``, `decay = "3s"`, "decay = \"1ms\"\npenalty = \"5s\"")
}

func TestLaws(t *testing.T) {
	// The numbers of seeded are for one goroutine.
	balancertest.Laws(t, func() balancer.Balancer { return moduletest.New(t, balancer.Kind, "ewma", ``) }, balancertest.Options{})
}

// clock is a clock that stands still unless it is moved.
type clock struct {
	module.RealClock
	now time.Time
}

func (c *clock) Now() time.Time { return c.now }

// seeded draws the same numbers each time, decays in 10 s and fails with 1 s.
func seeded() (*Balancer, *clock) {
	c := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	return newBalancer(Config{Decay: 10 * time.Second, Penalty: time.Second}, c, rand.New(rand.NewPCG(1, 2)).IntN), c
}

const ms = int64(time.Millisecond)

func TestCost(t *testing.T) {
	for _, c := range []struct {
		name    string
		latency []int64 // -1: not observed
		conns   []int64
		weights []int
		want    string
	}{
		{"the faster", []int64{20 * ms, 10 * ms}, []int64{0, 0}, []int{1, 1}, "s2"},
		{"for its load", []int64{20 * ms, 10 * ms}, []int64{0, 2}, []int{1, 1}, "s1"},
		{"for its weight", []int64{20 * ms, 10 * ms}, []int64{0, 0}, []int{3, 1}, "s1"},
		{"the new one first", []int64{-1, 10 * ms}, []int64{0, 0}, []int{1, 1}, "s1"},
		{"the new one once", []int64{-1, 10 * ms}, []int64{1, 50}, []int{1, 1}, "s2"},
		{"no latencies", []int64{-1, -1}, []int64{3, 2}, []int{1, 1}, "s2"},
	} {
		b, _ := seeded()
		list := balancertest.Servers(c.weights...)
		p := b.Update(balancertest.Set(list))
		for i, s := range list {
			s.InFlight = c.conns[i]
			if c.latency[i] >= 0 {
				b.Observe(s, c.latency[i], false)
			}
		}
		for range 20 { // in whichever order they are drawn
			if got := p.Pick(&balancer.Request{}).Name(); got != c.want {
				t.Errorf("%s: picked %s, want %s", c.name, got, c.want)
				break
			}
		}
	}
}

func TestAverage(t *testing.T) {
	const sec = 1000 // in ticks
	type seen struct {
		at uint32
		ns int64
	}
	e := func(x float64) float64 { return math.Exp(-x) }
	for _, c := range []struct {
		name string
		seen []seen
		at   uint32
		want float64
	}{
		{"the first as it is", []seen{{0, 100}}, 0, 100},
		{"a peak at once", []seen{{0, 100}, {1, 900}}, 1, 900},
		{"lower ones by and by", []seen{{0, 100}, {10 * sec, 50}}, 10 * sec, 100*e(1) + 50*(1-e(1))},
		{"one at the same time changes nothing", []seen{{0, 100}, {0, 50}}, 0, 100},
		{"less when it is old", []seen{{0, 100}}, 20 * sec, 100 * e(2)},
		{"time that comes round", []seen{{math.MaxUint32 - 5*sec + 1, 100}}, 5 * sec, 100 * e(1)},
		{"a reader that is late", []seen{{1 * sec, 100}}, 1*sec - 3, 100},
		{"over half the clock's round", []seen{{0, 100}}, math.MaxInt32 + 5, 0},
		{"no time at all", []seen{{0, 0}}, 0, 1},
	} {
		var l latency
		for _, s := range c.seen {
			l.observe(s.at, s.ns, 10*time.Second)
		}
		got, known := l.value(c.at, 10*time.Second)
		if !known || math.Abs(got-c.want) > 1e-4*(1+c.want) {
			t.Errorf("%s: %v (known: %v), want %v", c.name, got, known, c.want)
		}
	}
}

func TestFailureCountsAsPenalty(t *testing.T) {
	b, _ := seeded()
	list := balancertest.Servers(1, 1)
	p := b.Update(balancertest.Set(list))
	b.Observe(list[0], 1*ms, true) // refused at once, which is not what fast means
	b.Observe(list[1], 900*ms, false)
	if got := balancertest.Counts(p, 100); got["s2"] != 100 {
		t.Errorf("picked %v, want the slow server that does not fail", got)
	}
}

func TestSlowServerIsTriedAgain(t *testing.T) {
	b, c := seeded()
	list := balancertest.Servers(1, 1)
	p := b.Update(balancertest.Set(list))
	b.Observe(list[0], 2000*ms, false)
	for i := range 600 { // one request each second to a server of 10 ms
		b.Observe(list[1], 10*ms, false)
		if p.Pick(&balancer.Request{}) == balancer.Server(list[0]) {
			if i < 20 {
				t.Errorf("tried after %d s, while its latency is higher still", i)
			}
			return
		}
		c.now = c.now.Add(time.Second)
	}
	t.Error("not tried in ten minutes")
}

func TestUpdateKeepsLatencies(t *testing.T) {
	b, _ := seeded()
	list := balancertest.Servers(1, 1, 1)
	b.Update(balancertest.Set(list[:2]))
	b.Observe(list[0], 10*ms, false)
	b.Observe(list[1], 500*ms, false)
	b.Observe(list[2], 1*ms, false) // not in the set: nothing to remember it by
	p := b.Update(balancertest.Set(list[:2]))
	if got := balancertest.Counts(p, 100); got["s1"] != 100 {
		t.Errorf("after an update: picked %v, want s1", got)
	}
	b.Update(balancertest.Set(list[:1]))
	p = b.Update(balancertest.Set(list[:2]))
	if got := balancertest.Counts(p, 100); got["s2"] != 100 {
		t.Errorf("a server that came back: picked %v, want s2, whose latency is not known", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	b, err := New(nil, Config{Decay: time.Second, Penalty: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	list := balancertest.Servers(1, 2, 3)
	p := b.Update(balancertest.Set(list))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 2000 {
				s := p.Pick(&balancer.Request{})
				b.(balancer.Observer).Observe(s, int64(i)*1000, i%7 == 0)
			}
		})
	}
	for range 200 {
		b.Update(balancertest.Set(list))
	}
	wg.Wait()
	for _, c := range p.(*picker).list {
		if ns, known := c.latency.value(b.(*Balancer).ticks(), time.Second); !known || ns <= 0 || ns > float64(time.Second) {
			t.Errorf("%s has latency %v (known: %v)", c.Name(), ns, known)
		}
	}
}

func BenchmarkPick(b *testing.B) {
	bal, err := New(nil, Config{Decay: time.Second, Penalty: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	list := balancertest.Servers(1, 2, 3, 4)
	p := bal.Update(balancertest.Set(list))
	for _, s := range list {
		bal.(balancer.Observer).Observe(s, 10*ms, false)
	}
	r := &balancer.Request{}
	b.ReportAllocs()
	for b.Loop() {
		p.Pick(r)
	}
}
