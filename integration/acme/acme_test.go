// Package acme tests certificates that come by themselves with Pebble, a real
// ACME authority made for tests, which checks names for real.
package acme

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

func TestChallenges(t *testing.T) {
	for way, other := range map[string]string{"HTTP-01": "tls-alpn-challenge = false", "TLS-ALPN-01": "http-challenge = false"} {
		t.Run(way, func(t *testing.T) {
			p := lab.NewPebble(t, lab.PebbleOptions{})
			f := lab.Fairlead(t, p.Config(quoted(t.TempDir()), other, `"one.example.com", "two.example.com"`))
			p.Obtained(t, "one.example.com", "one.example.com")
			p.Obtained(t, "two.example.com", "two.example.com")
			if !strings.Contains(f.Output(), `msg="certificate obtained" name=one.example.com`) {
				t.Error("it is not logged")
			}
		})
	}
}

// What was obtained is used while the authority is down, after a restart too,
// and a site without a certificate does not take others down.
func TestAuthorityDown(t *testing.T) {
	p := lab.NewPebble(t, lab.PebbleOptions{})
	storage := t.TempDir()
	f := lab.Fairlead(t, p.Config(quoted(storage), "", `"one.example.com"`))
	p.Obtained(t, "one.example.com", "one.example.com")
	p.Proc.Kill(t)
	f.Kill(t)
	f = lab.Fairlead(t, p.Config(quoted(storage), "", `"one.example.com", "new.example.com"`))
	p.Obtained(t, "one.example.com", "one.example.com")
	if leaf := lab.Leaf(p.HTTPS, "new.example.com"); leaf != nil {
		t.Errorf("a name without a certificate got that of %s", leaf.DNSNames)
	}
	if _, stderr, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.Socket()); code != 0 {
		t.Fatalf("reload: exit status %d\n%s", code, stderr)
	}
	p.Obtained(t, "one.example.com", "one.example.com")
}

// Keys and accounts are their owner's only.
func TestStorage(t *testing.T) {
	p := lab.NewPebble(t, lab.PebbleOptions{})
	storage := filepath.Join(t.TempDir(), "made")
	lab.Fairlead(t, p.Config(quoted(storage), "", `"one.example.com"`))
	p.Obtained(t, "one.example.com", "one.example.com")
	out, _, _ := lab.Run(t, lab.Need(t, "find"), storage, "(", "-type", "f", "-o", "-type", "d", ")", "-perm", "/077")
	if out != "" {
		t.Errorf("others may read\n%s", out)
	}
}

func quoted(s string) string { return `"` + s + `"` }

// Certificates that live for seconds are renewed again and again while clients
// come all the time: none of them sees a handshake fail, or a certificate that is
// over. The authority refuses nonces now and then.
func TestRenewalUnderLoad(t *testing.T) {
	p := lab.NewPebble(t, lab.PebbleOptions{Validity: 12 * time.Second, Env: map[string]string{"PEBBLE_WFE_NONCEREJECT": "20"}})
	lab.Fairlead(t, p.Config(quoted(t.TempDir()), "renewal-check = \"1s\"\nrenewal-ratio = 0.7", `"one.example.com"`))
	first := p.Obtained(t, "one.example.com", "one.example.com")
	var handshakes, failed atomic.Int64
	stop, ended := make(chan struct{}), make(chan struct{})
	serials := map[string]bool{}
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
			}
			leaf := lab.Leaf(p.HTTPS, "one.example.com")
			handshakes.Add(1)
			if leaf == nil || time.Now().After(leaf.NotAfter) {
				failed.Add(1)
				continue
			}
			serials[leaf.SerialNumber.String()] = true
		}
	}()
	lab.Until(t, 60*time.Second, "it was renewed twice", func() bool {
		leaf := lab.Leaf(p.HTTPS, "one.example.com")
		return leaf != nil && leaf.NotBefore.After(first.NotBefore.Add(6*time.Second))
	})
	close(stop)
	<-ended
	t.Logf("%d handshakes, %d certificates", handshakes.Load(), len(serials))
	if failed.Load() > 0 || len(serials) < 3 {
		t.Errorf("%d of %d handshakes failed, %d certificates were seen", failed.Load(), handshakes.Load(), len(serials))
	}
}
