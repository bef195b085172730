// Package balancertest checks what every balancer must do, beside what
// moduletest checks of every module.
//
//	func TestLaws(t *testing.T) {
//		balancertest.Laws(t, func() balancer.Balancer { return New(...) }, balancertest.Options{})
//	}
package balancertest

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
)

// Server is a server whose state a test sets.
type Server struct {
	Label    string
	Number   int
	Wt       int
	InFlight int64
	Max      int64 // 0: never full
}

// Name gives the label.
func (s *Server) Name() string { return s.Label }

// ID gives the number.
func (s *Server) ID() int { return s.Number }

// Weight gives the weight.
func (s *Server) Weight() int { return s.Wt }

// Conns gives the streams in flight.
func (s *Server) Conns() int64 { return s.InFlight }

// Full reports whether Max is reached.
func (s *Server) Full() bool { return s.Max > 0 && s.InFlight >= s.Max }

// Servers makes servers s1, s2 and so on with the weights.
func Servers(weights ...int) []*Server {
	out := make([]*Server, len(weights))
	for i, w := range weights {
		out[i] = &Server{Label: fmt.Sprintf("s%d", i+1), Number: i + 1, Wt: w}
	}
	return out
}

// Set gives the servers as a balancer takes them.
func Set(list []*Server) []balancer.Server {
	out := make([]balancer.Server, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// Client gives a request of the nth client.
func Client(n int) *balancer.Request {
	return &balancer.Request{Env: &expr.Env{}, Src: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})}
}

// Counts picks for n clients and counts by name.
func Counts(p balancer.Picker, n int) map[string]int {
	got := map[string]int{}
	for i := range n {
		s := p.Pick(Client(i))
		if s == nil {
			got[""]++
			continue
		}
		got[s.Name()]++
	}
	return got
}

// Options say what a balancer may do.
type Options struct {
	// Affinity says that a full server may be picked, since the stream belongs there.
	Affinity bool
}

// Laws checks a balancer that make makes anew each time.
func Laws(t *testing.T, make func() balancer.Balancer, o Options) {
	t.Helper()
	t.Run("no server", func(t *testing.T) {
		if s := make().Update(nil).Pick(Client(1)); s != nil {
			t.Errorf("picked %s of no servers: return nil, and keep none of an earlier set", s.Name())
		}
	})
	t.Run("one server", func(t *testing.T) {
		p := make().Update(Set(Servers(1)))
		r := Client(1)
		for range 3 {
			if s := p.Pick(r); s == nil || s.Name() != "s1" {
				t.Fatalf("picked %v of s1 alone: pick it, and pick r.Avoid too when there is no other", s)
			}
			r.Avoid = p.Pick(r) // there is no other
		}
	})
	t.Run("all are used", func(t *testing.T) {
		list := Servers(1, 2, 3)
		p := make().Update(Set(list))
		got := map[string]bool{}
		for i := range 1000 {
			s := p.Pick(Client(i * 7919)).(*Server)
			s.InFlight++ // so that balancers by load go on
			got[s.Label] = true
			if s.Label == "s1" && s.InFlight > 500 {
				s.Max = s.InFlight // and those that fill servers
			}
			if s.Max == 0 && s.InFlight > 300 && !o.Affinity {
				s.Max = s.InFlight
			}
			if len(got) == 3 {
				return
			}
		}
		t.Errorf("of s1, s2 and s3, with free slots and weights above 0, only %v were picked for a thousand clients", slices.Sorted(maps.Keys(got)))
	})
	t.Run("avoided", func(t *testing.T) {
		list := Servers(1, 1, 1)
		p := make().Update(Set(list))
		for i := range 100 {
			r := Client(i)
			r.Avoid = p.Pick(r)
			if s := p.Pick(r); s == r.Avoid || s == nil {
				t.Fatalf("picked %v, and r.Avoid is %s, which has just failed the stream: pick another one while there is one", s, r.Avoid.Name())
			}
		}
	})
	t.Run("full", func(t *testing.T) {
		list := Servers(1, 1, 1)
		list[0].InFlight, list[0].Max = 5, 5
		list[2].InFlight, list[2].Max = 5, 5
		p := make().Update(Set(list))
		for i := range 100 {
			s := p.Pick(Client(i))
			if s == nil || !o.Affinity && s.Name() != "s2" {
				t.Fatalf("picked %v while only s2 has a free slot: look at Full, or set Options.Affinity if streams belong to servers", s)
			}
		}
		list[1].InFlight, list[1].Max = 5, 5
		if s := p.Pick(Client(1)); s != nil && !o.Affinity {
			t.Errorf("picked %s while all are full: return nil, so that the stream waits in the backend's queue", s.Name())
		}
	})
	t.Run("at once", func(t *testing.T) { atOnce(t, make()) })
	t.Run("allocations", func(t *testing.T) {
		p := make().Update(Set(Servers(3, 1, 2)))
		r := Client(1)
		if n := allocs.Of(func() { p.Pick(r); r.Env.Recycle() }); n != 0 {
			t.Errorf("Pick allocates %v times: do the work in Update, and take space from r.Env.Scratch", n)
		}
	})
}

// atOnce has streams pick, and report, while the set of servers changes, as in a
// backend at work. What is not guarded, the race detector tells.
func atOnce(t *testing.T, b balancer.Balancer) {
	list := Servers(1, 2, 3)
	p := b.Update(Set(list))
	observer, _ := b.(balancer.Observer)
	var streams sync.WaitGroup
	for i := range 8 {
		streams.Go(func() {
			for n := range 200 {
				s := p.Pick(Client(8*n + i))
				if s == nil {
					t.Error("no server was picked, and all have free slots: does Update change a picker that is in use?")
					return
				}
				if observer != nil {
					observer.Observe(s, 1000, n%10 == 0)
				}
			}
		})
	}
	for i := range 20 {
		b.Update(Set(list[:1+i%3]))
	}
	streams.Wait()
}
