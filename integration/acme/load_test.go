package acme

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// clients shake hands all the time, until stop is called.
type clients struct {
	handshakes, failed atomic.Int64
	serials            map[string]bool // belongs to the clients until they have stopped
	end, ended         chan struct{}
}

func newClients(port, name string) *clients {
	c := &clients{serials: map[string]bool{}, end: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		for {
			select {
			case <-c.end:
				return
			default:
			}
			leaf := lab.Leaf(port, name)
			c.handshakes.Add(1)
			if leaf == nil || time.Now().After(leaf.NotAfter) {
				c.failed.Add(1)
				continue
			}
			c.serials[leaf.SerialNumber.String()] = true
		}
	}()
	return c
}

// stop ends the clients. None of their handshakes may have failed.
func (c *clients) stop(t *testing.T) {
	t.Helper()
	close(c.end)
	<-c.ended
	t.Logf("%d handshakes, %d certificates", c.handshakes.Load(), len(c.serials))
	if c.failed.Load() > 0 {
		t.Errorf("%d of %d handshakes failed", c.failed.Load(), c.handshakes.Load())
	}
}

// Certificates that live for seconds are renewed again and again while clients
// come all the time: none of them sees a handshake fail, or a certificate that is
// over. The authority refuses nonces now and then.
func TestRenewalUnderLoad(t *testing.T) {
	p := lab.NewPebble(t, lab.PebbleOptions{Validity: 20 * time.Second, Env: map[string]string{"PEBBLE_WFE_NONCEREJECT": "20"}})
	lab.Fairlead(t, p.Config(quoted(t.TempDir()), "renewal-check = \"1s\"\nrenewal-ratio = 0.8", `"one.example.com"`))
	first := p.Obtained(t, "one.example.com", "one.example.com")
	c := newClients(p.HTTPS, "one.example.com")
	lab.Until(t, 60*time.Second, "it was renewed twice", func() bool {
		leaf := lab.Leaf(p.HTTPS, "one.example.com")
		return leaf != nil && leaf.NotBefore.After(first.NotBefore.Add(6*time.Second))
	})
	c.stop(t)
	if len(c.serials) < 3 {
		t.Errorf("%d certificates were seen, want at least 3", len(c.serials))
	}
}

// A reload, and a renewal that is asked for, take no certificate away.
func TestReloadUnderLoad(t *testing.T) {
	p := lab.NewPebble(t, lab.PebbleOptions{})
	f := lab.Fairlead(t, p.Config(quoted(t.TempDir()), "", `"one.example.com"`))
	p.Obtained(t, "one.example.com", "one.example.com")
	c := newClients(p.HTTPS, "one.example.com")
	for range 5 {
		if got := ask(t, f, "reload"); got != "Success=1\n--" {
			t.Fatal(got)
		}
	}
	first := lab.Leaf(p.HTTPS, "one.example.com")
	if got := ask(t, f, "acme renew one.example.com"); got != "" {
		t.Fatal(got)
	}
	lab.Until(t, 30*time.Second, "it was renewed", func() bool {
		leaf := lab.Leaf(p.HTTPS, "one.example.com")
		return leaf != nil && !leaf.Equal(first)
	})
	c.stop(t)
}
