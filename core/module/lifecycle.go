package module

import (
	"context"
	"errors"
	"slices"
)

// Preparer is implemented by instances that bind or open something before they
// start. There is no traffic yet, and there may never be: when another instance
// cannot be prepared, Stop follows.
type Preparer interface{ Prepare(*Context) error }

// Starter is implemented by instances that run something of their own, from
// when the configuration is in force.
type Starter interface{ Start(*Context) error }

// Stopper is implemented by instances that hold something. Stop is called once
// after Prepare was, whether or not Start was, and returns when all is given
// back, or when ctx ends.
type Stopper interface {
	Stop(ctx context.Context) error
}

// Instances are built modules in the order in which they start; they stop in reverse.
type Instances struct {
	list []any
}

// Add appends an instance. Instances that implement no part of the lifecycle are fine.
func (g *Instances) Add(instance any) { g.list = append(g.list, instance) }

// Prepare prepares all. On an error, those already prepared are stopped.
func (g *Instances) Prepare(c *Context) error {
	for i, x := range g.list {
		if p, ok := x.(Preparer); ok {
			if err := p.Prepare(c); err != nil {
				return errors.Join(err, stop(context.Background(), g.list[:i]))
			}
		}
	}
	return nil
}

// Start starts all. On an error, all are stopped.
func (g *Instances) Start(c *Context) error {
	for _, x := range g.list {
		if s, ok := x.(Starter); ok {
			if err := s.Start(c); err != nil {
				return errors.Join(err, stop(context.Background(), g.list))
			}
		}
	}
	return nil
}

// Stop stops all, the last first, and gives all errors.
func (g *Instances) Stop(ctx context.Context) error { return stop(ctx, g.list) }

func stop(ctx context.Context, list []any) error {
	var errs []error
	for _, x := range slices.Backward(list) {
		if s, ok := x.(Stopper); ok {
			errs = append(errs, s.Stop(ctx))
		}
	}
	return errors.Join(errs...)
}

// All gives the instances in the order in which they were added.
func (g *Instances) All() []any { return g.list }
