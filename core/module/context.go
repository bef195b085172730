package module

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// ContextOptions are what a Context gives to modules; zero fields get defaults.
type ContextOptions struct {
	Log      *slog.Logger
	Clock    Clock
	Dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	Metrics  *Metrics
	Registry *Registry
	// Shared outlives the context: what Share made is found again by the next.
	Shared *Shared
}

// Context is what a module has of its surroundings. It is safe for concurrent use.
type Context struct {
	o    ContextOptions
	name string

	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	defers  []func()
	running map[string]int
	wg      sync.WaitGroup
	closed  bool
}

// NewContext makes a context.
func NewContext(o ContextOptions) *Context {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = RealClock{}
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	if o.Registry == nil {
		o.Registry = Default()
	}
	if o.Shared == nil {
		o.Shared = NewShared()
	}
	c := &Context{o: o, running: map[string]int{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Child gives a context for a part, named in its logs. It ends with its parent.
func (c *Context) Child(name string) *Context {
	o := c.o
	o.Log = o.Log.With("module", name)
	child := NewContext(o)
	child.name = name
	c.Defer(func() { _ = child.Close(context.Background()) })
	return child
}

// Log gives the logger for what the module itself has to say.
func (c *Context) Log() *slog.Logger { return c.o.Log }

// Clock gives the time.
func (c *Context) Clock() Clock { return c.o.Clock }

// Metrics gives the place for the module's counters.
func (c *Context) Metrics() *Metrics { return c.o.Metrics }

// Registry gives the registry that the configuration is built from.
func (c *Context) Registry() *Registry { return c.o.Registry }

// Dial connects like net.Dialer.DialContext.
func (c *Context) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return c.o.Dial(ctx, network, addr)
}

// Defer has fn called when the context closes, in reverse order.
func (c *Context) Defer(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.defers = append(c.defers, fn)
}

// Go runs fn on a goroutine that Close waits for; its ctx ends when Close
// begins. A panic in fn is logged and ends fn only.
func (c *Context) Go(name string, fn func(ctx context.Context)) {
	c.mu.Lock()
	c.running[name]++
	c.mu.Unlock()
	c.wg.Add(1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				c.o.Log.Error("a goroutine of a module ended by a defect", "goroutine", name, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			}
			c.mu.Lock()
			if c.running[name]--; c.running[name] == 0 {
				delete(c.running, name)
			}
			c.mu.Unlock()
			c.wg.Done()
		}()
		fn(c.ctx)
	}()
}

// Close ends the goroutines, then calls what was deferred. The error names the
// goroutines that had not ended when ctx did.
func (c *Context) Close(ctx context.Context) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	ended := make(chan struct{})
	go func() {
		c.wg.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = c.late()
	}
	c.mu.Lock()
	defers := slices.Clone(c.defers)
	c.mu.Unlock()
	for _, fn := range slices.Backward(defers) {
		fn()
	}
	return err
}

func (c *Context) late() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.running) == 0 {
		return nil
	}
	var names []string
	for n := range c.running {
		names = append(names, n)
	}
	slices.Sort(names)
	return errors.New("goroutines still running: " + strings.Join(names, ", "))
}

// Shared keeps values that several contexts use at a time, as the graphs
// before and after a reload do.
type Shared struct {
	mu sync.Mutex
	m  map[string]*shared
}

type shared struct {
	value   any
	refs    int
	release func()
}

// NewShared makes an empty one.
func NewShared() *Shared { return &Shared{m: map[string]*shared{}} }

// Share gives the value called key, made by make when no open context holds
// it, and released when the last context that holds it closes.
func Share[T any](c *Context, key string, make func() (T, error), release func(T)) (T, error) {
	s := c.o.Shared
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.m[key]
	if x == nil {
		v, err := make()
		if err != nil {
			return v, err
		}
		x = &shared{value: v, release: func() {
			if release != nil {
				release(v)
			}
		}}
		s.m[key] = x
	}
	v, ok := x.value.(T)
	if !ok {
		return v, fmt.Errorf("shared value %q is a %T", key, x.value)
	}
	x.refs++
	c.Defer(func() { s.drop(key, x) })
	return v, nil
}

func (s *Shared) drop(key string, x *shared) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.refs--; x.refs == 0 {
		delete(s.m, key)
		x.release()
	}
}

// Clock tells the time and sets timers.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a pending call.
type Timer interface {
	// Stop prevents the call and reports whether it had not happened yet.
	Stop() bool
}

// RealClock is the system's clock.
type RealClock struct{}

// Now gives time.Now.
func (RealClock) Now() time.Time { return time.Now() }

// AfterFunc is time.AfterFunc.
func (RealClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
