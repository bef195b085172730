package managed

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/fairleadproxy/fairlead/core/secure"
)

// state is what is known of a name beside its certificate.
type state struct {
	watched bool // Watch added it
	running bool
	err     error
	cancel  context.CancelFunc // ends what goes on trying to obtain it; nil for nothing
}

// event follows what becomes of certificates.
func (c *Manager) event(ctx context.Context, event string, data map[string]any) error {
	name, _ := data["identifier"].(string)
	switch event {
	case "cert_obtaining":
		if err := c.renewable(ctx, name, data["renewal"] == true); err != nil {
			return err
		}
		c.note(name, true, nil)
	case "cert_obtained":
		c.note(name, false, nil)
		c.ctx.Log().Info("certificate obtained", "name", name, "issuer", data["issuer"], "renewal", data["renewal"])
	case "cert_failed":
		err, _ := data["error"].(error)
		c.note(name, false, err)
		if ctx.Err() != nil || errors.Is(err, context.Canceled) {
			return nil // the source stops, or the name is not wanted any more
		}
		c.ctx.Log().Error("certificate not obtained", "name", name, "error", err)
	}
	return nil
}

// ErrUnwanted is the error of Renewable for names that are to be forgotten.
var ErrUnwanted = errors.New("no certificate is wanted")

// renewable asks whether a name that came by Watch is still wanted; if not, it is
// forgotten.
func (c *Manager) renewable(ctx context.Context, name string, renewal bool) error {
	c.mu.Lock()
	s := c.names[name]
	watched := s != nil && s.watched
	c.mu.Unlock()
	if !renewal || !watched || c.o.Renewable == nil {
		return nil
	}
	err := c.o.Renewable(ctx, name)
	if errors.Is(err, ErrUnwanted) {
		c.ctx.Log().Info("certificate given up", "name", name, "reason", err)
		c.forget(name)
	}
	return err
}

func (c *Manager) note(name string, running bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.names[name]; s != nil {
		s.running, s.err = running, err
	}
}

// held gives the certificates for just this name.
func (c *Manager) held(name string) []certmagic.Certificate {
	return slices.DeleteFunc(c.cache.AllMatchingCertificates(name), func(one certmagic.Certificate) bool {
		return !slices.Contains(one.Names, name)
	})
}

// Certificates gives the state of each name.
func (c *Manager) Certificates() []secure.State {
	var list []secure.State
	for _, name := range c.list() {
		one := secure.State{Name: name}
		c.mu.Lock()
		if s := c.names[name]; s != nil {
			one.Running, one.Err = s.running, s.err
		}
		c.mu.Unlock()
		for _, cert := range c.held(name) {
			if one.Leaf == nil || cert.Leaf.NotAfter.After(one.Leaf.NotAfter) {
				one.Leaf = cert.Leaf
			}
		}
		if one.Leaf != nil {
			life := one.Leaf.NotAfter.Sub(one.Leaf.NotBefore)
			one.Renewal = one.Leaf.NotAfter.Add(-time.Duration(float64(life) * c.o.RenewalRatio))
		}
		list = append(list, one)
	}
	return list
}
