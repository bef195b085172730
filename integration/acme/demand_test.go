package acme

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// gate answers whether names may have certificates.
type gate struct {
	mu    sync.Mutex
	asked map[string]int
	hang  chan struct{} // slow.example.com is answered when it closes
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("domain")
	g.mu.Lock()
	g.asked[name]++
	g.mu.Unlock()
	switch name {
	case "a.example.com", "b.example.com":
	case "slow.example.com":
		<-g.hang
		w.WriteHeader(http.StatusForbidden)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (g *gate) times(name string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked[name]
}

// Names that no bind lists get certificates when clients come, if the gate
// allows them and the rate does, and nobody waits for another's.
func TestOnDemand(t *testing.T) {
	g := &gate{asked: map[string]int{}, hang: make(chan struct{})}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	release := sync.OnceFunc(func() { close(g.hang) })
	t.Cleanup(release)
	p := lab.NewPebble(t, lab.PebbleOptions{})
	config := p.Config(quoted(t.TempDir()), `on-demand = { ask = "`+server.URL+`/?key=1", rate = "1/1h" }`, `"one.example.com"`)
	f := lab.Fairlead(t, config)
	p.Obtained(t, "one.example.com", "one.example.com")

	slow := make(chan struct{})
	go func() {
		defer close(slow)
		if lab.Leaf(p.HTTPS, "slow.example.com") != nil {
			t.Error("a name got a certificate that the gate did not allow")
		}
	}()
	p.Obtained(t, "A.example.com", "a.example.com")
	lab.Until(t, limit, "the gate was asked for the slow name", func() bool { return g.times("slow.example.com") == 1 })
	for name, want := range map[string]int{"never.example.com": 1, "b.example.com": 1, "localhost": 0, "": 0} {
		for range 3 {
			if leaf := lab.Leaf(p.HTTPS, name); leaf != nil {
				t.Errorf("%q got the certificate of %s", name, leaf.DNSNames)
			}
		}
		if n := g.times(name); n != want {
			t.Errorf("the gate was asked %d times for %q, want %d", n, name, want)
		}
	}
	release()
	<-slow

	// What was obtained is stored; another process asks the gate, and not the authority.
	f.Kill(t)
	p.Proc.Kill(t)
	lab.Fairlead(t, config)
	p.Obtained(t, "a.example.com", "a.example.com")
	if n := g.times("a.example.com"); n != 2 {
		t.Errorf("the gate was asked %d times for what was stored, want twice", n)
	}
}
