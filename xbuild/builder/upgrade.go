package builder

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// Newest asks for the newest versions of core and of the plugins that come from
// a proxy, or of each plugin the last one that fits. It gives the request with
// these versions, and their lock.
func (r Request) Newest(ctx context.Context) (Request, *Lock, error) {
	r.With = slices.Clone(r.With)
	if r.Core != "" && !gocmd.IsLocal(r.Core) {
		r.Core = "latest"
	}
	for i, spec := range r.With {
		if name, _, versioned := strings.Cut(spec, "@"); versioned && !strings.Contains(spec, "=") && !gocmd.IsLocal(spec) {
			r.With[i] = name + "@latest"
		}
	}
	for {
		lock, err := r.Resolve(ctx)
		if err == nil {
			return r.pinned(lock), lock, nil
		}
		if !r.retreat(pluginErrors(err)) {
			return r, nil, err
		}
	}
}

// retreat asks for the last versions that fit of the plugins that do not; it
// reports whether there was one to ask for.
func (r *Request) retreat(errs []*PluginError) bool {
	any := false
	for _, e := range errs {
		if i := slices.Index(r.With, e.Plugin+"@latest"); i >= 0 && e.LastFit != "" {
			r.With[i] = e.Plugin + "@" + e.LastFit
			any = true
		}
	}
	return any
}

// pinned asks for the versions that were found; the lock is told so.
func (r Request) pinned(lock *Lock) Request {
	if lock.CoreVersion != "" {
		r.Core = lock.CoreVersion
	}
	for i, spec := range r.With {
		name, version, _ := strings.Cut(spec, "@")
		j := slices.IndexFunc(lock.Plugins, func(p LockedPlugin) bool { return p.Package == name })
		if version == "latest" && j >= 0 {
			r.With[i] = name + "@" + lock.Plugins[j].Version
		}
	}
	lock.Core, lock.With = r.Core, slices.Sorted(slices.Values(r.With))
	return r
}

// pluginErrors gives all errors of plugins in an error.
func pluginErrors(err error) []*PluginError {
	var one *PluginError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*PluginError
		for _, e := range joined.Unwrap() {
			out = append(out, pluginErrors(e)...)
		}
		return out
	}
	if errors.As(err, &one) {
		return []*PluginError{one}
	}
	return nil
}

// Again gives a request for a binary of the same parts as one that there is, in
// the versions that it has; directories are looked for as Verify does.
func (r Request) Again(recipe *Recipe) (Request, error) {
	again := r
	if err := again.follow(recipe); err != nil {
		return r, err
	}
	again.Lock = nil
	again.only = []string{}
	for _, m := range recipe.Modules {
		if within(m.Package, CorePath+"/modules") {
			again.only = append(again.only, m.ID())
		}
	}
	return again, nil
}
