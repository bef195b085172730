// Package useservice is the action use-service: a service answers the request
// (HAProxy manual section 4.4).
//
//	http-request = [ { do = "use-service", service = "echo" } ]
//
// The other keys of the table are the service's. The action has the lifecycle of
// its service and no state of its own: it may run for many streams at a time.
package useservice

import (
	"context"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/service"
)

func init() {
	module.Register(action.Kind, "use-service", module.Spec[Config, action.Action]{
		Doc: "Has a service answer the request",
		New: New,
	})
}

// Config is the configuration of use-service.
type Config struct {
	// Service is the service module; the other keys are its.
	Service tree.Module `toml:",inline" module:"service"`
}

type use struct {
	service service.Service
	running module.Instances // the service, for its lifecycle
}

// New makes the action and its service.
func New(ctx *module.Context, c Config) (action.Action, error) {
	entry, err := service.Kind.Lookup(ctx.Registry(), c.Service.Type)
	if err != nil {
		return nil, c.Service.Error(err)
	}
	s, err := entry.Build(ctx, c.Service.Decode)
	if err != nil {
		return nil, c.Service.Error(err)
	}
	u := &use{service: s}
	u.running.Add(s)
	return u, nil
}

// Prepare prepares the service.
func (u *use) Prepare(ctx *module.Context) error { return u.running.Prepare(ctx) }

// Start starts the service.
func (u *use) Start(ctx *module.Context) error { return u.running.Start(ctx) }

// Stop stops the service.
func (u *use) Stop(ctx context.Context) error { return u.running.Stop(ctx) }

func (*use) Phases() expr.Phases       { return action.Requests }
func (*use) Compile(*expr.Scope) error { return nil }

func (u *use) Run(tx *action.Tx) action.Verdict {
	tx.Reply.Reset()
	u.service.Serve(tx)
	return action.Answer
}
