package proxy

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Graph is one configuration at work: its frontends and backends. It does not
// change; a reload starts another graph and drains this one.
type Graph struct {
	engine    *Engine
	log       *slog.Logger
	ctx       *module.Context
	instances module.Instances
	prepared  bool // the instances are to be stopped
	inherit   func(key string) int
	before    *Graph // while this one opens

	hardStopAfter time.Duration
	paths         paths
	challenger    layer.Challenger // nil: authorities ask nothing

	uses      expr.Uses // what expressions read besides logs
	frontends map[string]*Frontend
	backends  map[string]*Backend
	order     []*Frontend // as configured

	backendOrder []*Backend
	accepting    sync.WaitGroup
	done         chan struct{}
}

// Frontend finds a frontend for expressions.
func (g *Graph) Frontend(name string) (expr.Proxy, bool) {
	f, ok := g.frontends[name]
	return f, ok
}

// Backend finds a backend for expressions.
func (g *Graph) Backend(name string) (expr.Proxy, bool) {
	b, ok := g.backends[name]
	return b, ok
}

// Serve begins to accept clients.
func (g *Graph) Serve() {
	for _, f := range g.order {
		f.serve(&g.accepting)
	}
	go g.purgeIdle()
}

// StopAccepting closes the listeners and returns when nobody is accepted any more.
func (g *Graph) StopAccepting() {
	for _, f := range g.order {
		f.stopping.Store(true)
		f.slots.wake()
		for _, b := range f.binds {
			b.maxConn.wake()
			for _, l := range b.listeners {
				_ = l.Close() // an error means that it is closed already
			}
		}
	}
	g.engine.slots.wake()
	g.accepting.Wait()
}

// Stop stops accepting, lets the connections end their requests and returns
// when all have ended, or with the context's error after cutting those left.
func (g *Graph) Stop(ctx context.Context) error {
	g.StopAccepting()
	err := g.drain(ctx)
	close(g.done)
	for _, b := range g.backends {
		for _, s := range b.servers {
			s.idle.shut()
			s.purge(all)
			s.shared.shut()
			s.purgeShared(all)
		}
	}
	if g.prepared {
		err = errors.Join(err, g.instances.Stop(ctx))
	}
	return errors.Join(err, g.paths.undo(), g.ctx.Close(ctx))
}

// drain waits until no connection is left; idle ones are ended at once.
func (g *Graph) drain(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		left := int64(0)
		for _, f := range g.order {
			left += f.Cur.Load()
		}
		if left == 0 {
			return nil
		}
		g.engine.wakeParked(g)
		g.shutSessions()
		select {
		case <-tick.C:
		case <-ctx.Done():
			g.cut()
			return ctx.Err()
		}
	}
}

// shutSessions has the clients' sessions begin no more streams.
func (g *Graph) shutSessions() {
	var list []*clientSession
	for _, f := range g.order {
		f.conns.each(func(c *conn) {
			if x := c.session.Load(); x != nil {
				list = append(list, x)
			}
		})
	}
	for _, x := range list {
		x.Shutdown()
	}
}

// cut ends all connections and waits for their streams to notice.
func (g *Graph) cut() {
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		left := int64(0)
		for _, f := range g.order {
			f.conns.each((*conn).cut) // again: a stream may have resumed its own
			left += f.Cur.Load()
		}
		if left == 0 {
			return
		}
	}
}

// purgeEvery is how often idle connections of servers are looked through.
const purgeEvery = time.Second

// trimEvery is after how many such looks the goroutines end that nobody needed
// meanwhile.
const trimEvery = 5

// purgeIdle closes servers' connections, and ends goroutines, that nobody needed
// for a while.
func (g *Graph) purgeIdle() {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-g.done:
			return
		case <-tick.C:
			if n%trimEvery == 0 {
				g.engine.workers.Trim()
			}
			for _, b := range g.backends {
				for _, s := range b.servers {
					s.purgeOld()
				}
			}
		}
	}
}
