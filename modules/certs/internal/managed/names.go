package managed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/caddyserver/certmagic"
)

// Watch adds a name while the source runs. It loads the certificate, or obtains
// one if allowed gives no error.
func (c *Manager) Watch(ctx context.Context, name string, allowed func() error) error {
	_, err := c.config.CacheManagedCertificate(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := allowed(); err != nil {
			return err
		}
		if err := c.config.ObtainCertAsync(ctx, name); err != nil {
			return err
		}
		_, err = c.config.CacheManagedCertificate(ctx, name)
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names[name] == nil {
		c.names[name] = &state{watched: true}
	}
	return nil
}

// obtain loads or obtains a certificate in the background, trying again and again.
func (c *Manager) obtain(ctx context.Context, name string) {
	c.mu.Lock()
	s := c.names[name]
	if s == nil { // it was taken away meanwhile
		c.mu.Unlock()
		return
	}
	ctx, s.cancel = context.WithCancel(ctx)
	c.mu.Unlock()
	if err := c.config.ManageAsync(ctx, []string{name}); err != nil {
		c.note(name, false, err)
	}
}

// stop ends what goes on trying.
func (s *state) stop() {
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
}

// Insert adds a name while the source runs, whose certificate comes in the background.
func (c *Manager) Insert(name string) error {
	c.mu.Lock()
	if c.names[name] != nil {
		c.mu.Unlock()
		return fmt.Errorf("%s is there already", name)
	}
	c.names[name] = &state{}
	c.mu.Unlock()
	c.ctx.Go("certificates", func(ctx context.Context) { c.obtain(ctx, name) })
	return nil
}

// Remove takes a name away.
func (c *Manager) Remove(name string) error {
	if n, err := Name(name); err == nil {
		name = n
	}
	c.mu.Lock()
	known := c.names[name] != nil
	c.mu.Unlock()
	if !known {
		return fmt.Errorf("there is no certificate for %s", name)
	}
	c.forget(name)
	return nil
}

func (c *Manager) forget(name string) {
	c.mu.Lock()
	if s := c.names[name]; s != nil {
		s.stop()
	}
	delete(c.names, name)
	c.mu.Unlock()
	c.cache.RemoveManaged([]certmagic.SubjectIssuer{{Subject: name}})
}
