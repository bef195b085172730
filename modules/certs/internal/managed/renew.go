package managed

import (
	"context"
	"fmt"
)

// begin marks a name as being worked on.
func (c *Manager) begin(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s := c.names[name]; {
	case s == nil:
		return fmt.Errorf("there is no certificate for %s", name)
	case s.running:
		return fmt.Errorf("the certificate for %s is being obtained already", name)
	default:
		s.running = true
		s.stop()
		return nil
	}
}

// Renew gets a new certificate for a name, in the background.
func (c *Manager) Renew(name string) error {
	if err := c.begin(name); err != nil {
		return err
	}
	c.ctx.Go("renewal", func(ctx context.Context) {
		err := c.renew(ctx, name)
		c.note(name, false, err)
		if err != nil {
			c.ctx.Log().Error("certificate not renewed", "name", name, "error", err)
		}
	})
	return nil
}

func (c *Manager) renew(ctx context.Context, name string) error {
	old := c.held(name)
	if err := c.config.RenewCertAsync(ctx, name, true); err != nil {
		return err
	}
	cert, err := c.config.CacheManagedCertificate(ctx, name)
	if err != nil {
		return err
	}
	var over []string
	for _, o := range old {
		if o.Hash() != cert.Hash() {
			over = append(over, o.Hash())
		}
	}
	c.cache.Remove(over)
	return nil
}
