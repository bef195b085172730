// Package certstest checks what every source of certificates must do.
//
//	certstest.Laws(t, "acme.vault", `url = "..."`)
//
// It is for tests alone.
package certstest

import (
	"context"
	"crypto/tls"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// Laws checks what every source must do, with a configuration: handshakes for
// names that it does not manage get an error and no wait, whether it has started
// or stopped; requests that are not an authority's are not answered; and it
// offers none of the protocols that Fairlead speaks itself.
func Laws(t *testing.T, name, config string) {
	t.Helper()
	moduletest.NoLeaks(t)
	s := moduletest.New(t, secure.Kind, name, config)
	if err := s.Manage("managed.example", 0, 0); err != nil {
		t.Fatal(err)
	}
	var list module.Instances
	list.Add(s)
	ctx := module.NewContext(module.ContextOptions{})
	t.Cleanup(func() {
		over, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := ctx.Close(over); err != nil {
			t.Error(err)
		}
	})
	if err := list.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	if err := list.Start(ctx); err != nil {
		t.Fatal(err)
	}
	strangers(t, s)
	for _, p := range s.Protocols() {
		if slices.Contains([]string{"http/1.1", "h2", "h3"}, p) {
			t.Errorf("Protocols has %s, which is Fairlead's own", p)
		}
	}
	for _, path := range []string{"/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/unknown", "/%00"} {
		if body, ok := s.Challenge("stranger.example", path); ok {
			t.Errorf("Challenge answers %q to a request for %s that no authority was told of", body, path)
		}
	}
	over, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := list.Stop(over); err != nil {
		t.Errorf("Stop: %v", err)
	}
	strangers(t, s)
}

// strangers are clients that ask for names which are not managed.
func strangers(t *testing.T, s secure.Source) {
	t.Helper()
	var wg sync.WaitGroup
	for _, name := range []string{"stranger.example", "", "*.example", "a..b", "\x00"} {
		wg.Go(func() {
			begin := time.Now()
			c, err := s.Choose(&tls.ClientHelloInfo{ServerName: name, SupportedVersions: []uint16{tls.VersionTLS13}})
			if err == nil && c == nil {
				t.Errorf("Choose for %q gives neither a certificate nor an error", name)
			}
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("Choose for %q takes %v: handshakes must not wait", name, took)
			}
		})
	}
	wg.Wait()
}
