package managed

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// loadTimeout is how long Start waits for what is stored. A reload must not take
// a certificate away for a moment, and a slow storage must not hold it up.
const loadTimeout = 5 * time.Second

// Start loads what is stored, and gets what is missing in the background.
func (c *Manager) Start(ctx *module.Context) error {
	if err := c.parts.Start(ctx); err != nil {
		return err
	}
	loaded := make(chan struct{})
	c.ctx.Go("certificates", func(ctx context.Context) { c.manage(ctx, loaded) })
	late := make(chan struct{})
	timer := c.ctx.Clock().AfterFunc(loadTimeout, func() { close(late) })
	defer timer.Stop()
	select {
	case <-loaded:
	case <-late:
		c.ctx.Log().Warn("the storage of certificates is slow: clients may be refused until they are loaded")
	}
	return nil
}

// manage brings all names under management; those that the storage gives an
// error for are tried again.
func (c *Manager) manage(ctx context.Context, loaded chan<- struct{}) {
	left := c.list()
	for first := true; ; first = false {
		missing, failed := c.load(ctx, left)
		if first {
			close(loaded)
		}
		for _, name := range missing {
			c.obtain(ctx, name)
		}
		// What was loaded may be due since long.
		if err := c.cache.RenewManagedCertificates(ctx); err != nil {
			c.ctx.Log().Error("cannot renew certificates", "error", err)
		}
		if left = failed; len(left) == 0 || !c.wait(ctx, c.o.RenewalCheck) {
			return
		}
	}
}

// loads is how many certificates are loaded at a time.
const loads = 16

// load loads what is stored of names, and gives those that are not, and those
// that the storage gives an error for.
func (c *Manager) load(ctx context.Context, names []string) (missing, failed []string) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	todo := make(chan string)
	for range min(loads, len(names)) {
		wg.Go(func() {
			for name := range todo {
				_, err := c.config.CacheManagedCertificate(ctx, name)
				if err == nil {
					continue
				}
				mu.Lock()
				if errors.Is(err, fs.ErrNotExist) {
					missing = append(missing, name)
				} else {
					failed = append(failed, name)
					c.ctx.Log().Error("cannot load a certificate", "name", name, "error", err)
				}
				mu.Unlock()
			}
		})
	}
	for _, name := range names {
		todo <- name
	}
	close(todo)
	wg.Wait()
	return missing, failed
}

// wait reports whether d went by before ctx ended.
func (c *Manager) wait(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	timer := c.ctx.Clock().AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}
