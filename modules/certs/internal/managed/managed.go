// Package managed holds the certificates of a source: it loads those that are
// stored, gets what is missing from the source's issuers, renews in time, and
// answers handshakes. certmagic does the work.
//
//	c, err := managed.New(ctx, managed.Options{Issuers: ...})
//	c.Add("example.com")
//
// Add belongs before Prepare; all else is safe for concurrent use from Start to Stop.
package managed

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/storage"
)

// Options are what differs from source to source.
type Options struct {
	// Storage is where certificates and keys are kept.
	Storage storage.Choice
	// RenewalCheck is how often certificates are looked through.
	RenewalCheck time.Duration
	// RenewalRatio is the part of a certificate's life in which it is renewed.
	RenewalRatio float64
	// KeyType is the type of certificates' keys.
	KeyType string
	// Issuers gives what certificates come from, the best first.
	Issuers func(*certmagic.Config) []certmagic.Issuer
	// Renewable says whether the certificate of a name that Watch added may be renewed;
	// nil: it may. With ErrUnwanted the name is forgotten.
	Renewable func(ctx context.Context, name string) error
}

// Manager has the certificates of a source.
type Manager struct {
	ctx     *module.Context
	o       Options
	storage storage.Storage
	parts   module.Instances

	cache  *certmagic.Cache
	config *certmagic.Config
	end    sync.Once

	mu    sync.Mutex
	names map[string]*state
}

// New makes them; nothing is opened.
func New(ctx *module.Context, o Options) (*Manager, error) {
	var errs []error
	if o.RenewalRatio <= 0 || o.RenewalRatio >= 1 {
		errs = append(errs, module.Wrong("renewal-ratio", "%v is not between 0 and 1", o.RenewalRatio))
	}
	c := &Manager{ctx: ctx, o: o, names: map[string]*state{}}
	m := o.Storage.Module
	if m.IsZero() {
		m.Type = "file"
	}
	var err error
	c.storage, err = Part(c, storage.Kind, &m)
	return c, errors.Join(append(errs, err)...)
}

// Part makes a module that a source uses; it lives as long as the certificates.
func Part[I any](c *Manager, kind *module.Kind[I], m *tree.Module) (I, error) {
	var none I
	entry, err := kind.Lookup(c.ctx.Registry(), m.Type)
	if err != nil {
		return none, m.Error(err)
	}
	x, err := entry.Build(c.ctx, m.Decode)
	if err != nil {
		return none, m.Error(err)
	}
	c.parts.Add(x)
	return x, nil
}

// Storage gives where certificates are kept.
func (c *Manager) Storage() storage.Storage { return c.storage }

// Prepare opens the storage and sets certmagic up.
func (c *Manager) Prepare(ctx *module.Context) error {
	if err := c.parts.Prepare(ctx); err != nil {
		return err
	}
	c.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert:   func(certmagic.Certificate) (*certmagic.Config, error) { return c.config, nil },
		RenewCheckInterval: c.o.RenewalCheck,
		Logger:             zap.NewNop(),
	})
	c.config = certmagic.New(c.cache, certmagic.Config{
		Storage:            kept{c.storage},
		RenewalWindowRatio: c.o.RenewalRatio,
		KeySource:          certmagic.StandardKeyGenerator{KeyType: certmagic.KeyType(c.o.KeyType)},
		OnEvent:            c.event,
		Logger:             zap.NewNop(),
	})
	c.config.Issuers = c.o.Issuers(c.config)
	return nil
}

// Stop ends what runs in the background.
func (c *Manager) Stop(ctx context.Context) error {
	c.end.Do(c.cache.Stop)
	return c.parts.Stop(ctx)
}

// Add adds a name that is wanted from the start.
func (c *Manager) Add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[name] = &state{}
}

// list gives the names in order.
func (c *Manager) list() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := make([]string, 0, len(c.names))
	for n := range c.names {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// kept is a storage as certmagic wants it.
type kept struct{ storage.Storage }

// Stat tells of a key.
func (k kept) Stat(ctx context.Context, key string) (certmagic.KeyInfo, error) {
	i, err := k.Storage.Stat(ctx, key)
	return certmagic.KeyInfo{Key: i.Key, Modified: i.Modified, Size: i.Size, IsTerminal: i.Terminal}, err
}
