// Package acme tests certificates that come by themselves with Pebble, a real
// ACME authority made for tests, which checks names for real.
package acme

import (
	"path/filepath"
	"strings"
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
	f = lab.Fairlead(t, replaced(t, p.Config(quoted(storage), "", `"one.example.com", "new.example.com"`),
		"[defaults]", "[[global.log]]\nto = \"stdout\"\n[defaults]\nlog = \"global\""))
	p.Obtained(t, "one.example.com", "one.example.com")
	if leaf := lab.Leaf(p.HTTPS, "new.example.com"); leaf != nil {
		t.Errorf("a name without a certificate got that of %s", leaf.DNSNames)
	}
	lab.Until(t, 20*time.Second, "it is logged, and the client's certificate not blamed", func() bool {
		return strings.Contains(f.Output(), ": SSL handshake failure\n")
	})
	if _, stderr, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.Socket()); code != 0 {
		t.Fatalf("reload: exit status %d\n%s", code, stderr)
	}
	p.Obtained(t, "one.example.com", "one.example.com")
	if strings.Contains(f.Output(), "context canceled") {
		t.Errorf("what the reload has ended is logged as an error:\n%s", f.Output())
	}
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
