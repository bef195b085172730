package acme

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/certs/internal/managed"
)

// OnDemand is about certificates that are obtained at the first handshake for a name.
type OnDemand struct {
	// Ask is a URL that is asked, with ?domain=NAME behind it, whether a name may have
	// a certificate: it may if the answer's status is 200. It is asked again before
	// the certificate is renewed.
	Ask string `toml:"ask,required"`
	// Rate is how many certificates may be obtained in what time. Default "10/1m".
	Rate Rate `toml:"rate"`
	// MaxNames is how many names may have certificates this way at a time. Default 10000.
	MaxNames int `toml:"max-names" min:"1"`
}

// SetDefaults limits what clients can set off.
func (o *OnDemand) SetDefaults() { o.Rate, o.MaxNames = Rate{10, time.Minute}, 10000 }

const (
	askTimeout    = 5 * time.Second
	obtainTimeout = 2 * time.Minute
	// waitTimeout is how long a handshake waits; obtaining goes on without it.
	waitTimeout = 30 * time.Second
	// refusedFor is how long a name that was refused is not asked for again.
	refusedFor = time.Minute
	// maxFlights is how many names are asked for and obtained at a time, and
	// maxRefused how many refusals are remembered.
	maxFlights, maxRefused = 100, 10000
)

// demand decides about names that nobody listed, and obtains their certificates.
type demand struct {
	ctx    *module.Context
	o      *OnDemand
	url    *url.URL
	client *http.Client
	certs  *managed.Manager

	mu      sync.Mutex
	flights map[string]*flight
	refused map[string]refusal
	names   map[string]bool
	recent  []time.Time // when the last certificates were obtained, at most Rate.Count
}

// flight is a name that is being worked on.
type flight struct {
	done chan struct{}
	err  error // once done is closed
}

type refusal struct {
	err   error
	until time.Time
}

func newDemand(ctx *module.Context, o *OnDemand) (*demand, error) {
	u, err := url.Parse(o.Ask)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, module.Wrong("on-demand.ask", "%q is not a URL such as \"http://127.0.0.1:9000/check\"", o.Ask)
	}
	d := &demand{
		ctx: ctx, o: o, url: u,
		flights: map[string]*flight{}, refused: map[string]refusal{}, names: map[string]bool{},
	}
	d.client = &http.Client{
		Timeout:       askTimeout,
		Transport:     &http.Transport{DialContext: ctx.Dial, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return d, nil
}

// Obtain gets the certificate for a name.
func (d *demand) Obtain(ctx context.Context, name string) error {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	f, err := d.join(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, waitTimeout)
	defer cancel()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return fmt.Errorf("the certificate for %s is still to come: %w", name, ctx.Err())
	}
}

// join gives the flight of a name, beginning it if it is the first.
func (d *demand) join(name string) (*flight, error) {
	if err := wellFormed(name); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.flights[name]; f != nil {
		return f, nil
	}
	if r, ok := d.refused[name]; ok && d.ctx.Clock().Now().Before(r.until) {
		return nil, r.err
	}
	if len(d.flights) >= maxFlights {
		return nil, errors.New("too many certificates are asked for at a time")
	}
	f := &flight{done: make(chan struct{})}
	d.flights[name] = f
	d.ctx.Go("on-demand", func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, obtainTimeout)
		defer cancel()
		f.err = d.get(ctx, name)
		d.land(name, f)
	})
	return f, nil
}

// wellFormed refuses names that no authority certifies, without asking anyone.
func wellFormed(name string) error {
	_, err := netip.ParseAddr(name)
	if err == nil || len(name) > 253 || !strings.Contains(name, ".") || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" ||
		strings.Contains(name, "..") || name[0] == '.' {
		return fmt.Errorf("%q is no name that certificates are obtained for", name)
	}
	return nil
}

// land ends a flight.
func (d *demand) land(name string, f *flight) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.flights, name)
	if f.err != nil {
		now := d.ctx.Clock().Now()
		if len(d.refused) >= maxRefused {
			for n, r := range d.refused {
				if !now.Before(r.until) {
					delete(d.refused, n)
				}
			}
		}
		if len(d.refused) < maxRefused {
			d.refused[name] = refusal{f.err, now.Add(refusedFor)}
		}
	}
	close(f.done)
}

// get asks, and loads or obtains the certificate.
func (d *demand) get(ctx context.Context, name string) error {
	if err := d.ask(ctx, name); err != nil {
		return err
	}
	if err := d.reserve(name); err != nil {
		return err
	}
	err := d.certs.Watch(ctx, name, d.slow)
	if err != nil {
		d.free(name)
		d.ctx.Log().Error("certificate not obtained on demand", "name", name, "error", err)
	}
	return err
}
