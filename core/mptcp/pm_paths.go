package mptcp

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Paths are what a configuration declares for the kernel's path manager. The
// zero value is not "nothing": see NoPaths.
type Paths struct {
	// Endpoints are those to have; their ID is chosen by the kernel.
	Endpoints []Endpoint
	// Limits are the limits to set; a negative one is left as it is.
	Limits Limits
}

// NoPaths declares nothing.
func NoPaths() Paths { return Paths{Limits: Limits{Subflows: -1, AddAddrAccepted: -1}} }

// Empty reports whether nothing is declared.
func (p Paths) Empty() bool {
	return len(p.Endpoints) == 0 && p.Limits.Subflows < 0 && p.Limits.AddAddrAccepted < 0
}

func (p Paths) equal(q Paths) bool {
	same := func(a, b int) bool { return a == b || a < 0 && b < 0 }
	return slices.EqualFunc(p.Endpoints, q.Endpoints, alike) &&
		same(p.Limits.Subflows, q.Limits.Subflows) && same(p.Limits.AddAddrAccepted, q.Limits.AddAddrAccepted)
}

// Check reports what the kernel would refuse, and endpoints declared twice.
func (p Paths) Check() error {
	var errs []error
	for i, e := range p.Endpoints {
		if err := e.Check(); err != nil {
			errs = append(errs, fmt.Errorf("mptcp endpoint %s: %w", e, err))
		}
		if slices.ContainsFunc(p.Endpoints[:i], func(f Endpoint) bool { return samePlace(e, f) }) {
			errs = append(errs, fmt.Errorf("mptcp endpoint %s: the address is declared twice: an address has one endpoint for each port", e))
		}
	}
	return errors.Join(errs...)
}

// samePlace reports whether the kernel takes one of the two only.
func samePlace(a, b Endpoint) bool { return a.Addr.Unmap() == b.Addr.Unmap() && a.Port == b.Port }

// alike reports whether two endpoints differ in their number at most.
func alike(a, b Endpoint) bool {
	a.ID, b.ID, a.Addr, b.Addr = 0, 0, a.Addr.Unmap(), b.Addr.Unmap()
	return a == b
}

// Applied is what Apply has changed in the kernel, for it to be changed on or
// undone. It is owned by one goroutine at a time.
type Applied struct {
	manager *Manager
	paths   Paths
	own     []Endpoint // those that were added, with their numbers
	was     Limits     // before the first change; negative where nothing was changed
	set     Limits     // what was set instead
}

// Apply makes the kernel have what a configuration declares, and nothing more of
// what the configuration before it declared:
//
//   - Endpoints that exist already stay as they are; those that were not added by
//     Apply are never removed. An address that has an endpoint with other settings,
//     not added by Apply, is an error.
//   - Endpoints that both configurations declare alike stay, and the paths that use
//     them; those that are not declared any more, or otherwise, are removed. One
//     that somebody removed meanwhile is added again.
//   - Limits that are declared are set; those that are not any more get back the
//     value from before the first change, unless somebody changed them meanwhile.
//
// before is what the last Apply gave, nil at the start. It must not be used after
// success, for what it held now belongs to the result; after an error the kernel
// is as it was, and before still holds. The process keeps one Applied:
//
//   - At the start: applied, err = Apply(m, paths, nil), once the configuration is
//     known to be good and before privileges are dropped.
//   - At a reload, once the next generation is built and opened:
//     next, err := Apply(m, nextPaths, applied). On an error the reload fails.
//     When the reload fails after it, Apply(m, next.Paths of before, next) goes
//     back; that costs nothing when both declare the same.
//   - At the end, after the last connection: applied.Undo().
//
// A configuration that declares nothing, after one that declared nothing, leaves
// the kernel alone; m may be nil then (see Paths.Empty). Changes need the capability CAP_NET_ADMIN,
// at a reload too, so a process that becomes another user must keep it; a reload
// that declares the same as before works without.
func Apply(m *Manager, want Paths, before *Applied) (*Applied, error) {
	if before == nil {
		before = &Applied{manager: m, paths: NoPaths(), was: NoPaths().Limits, set: NoPaths().Limits}
	}
	want.Endpoints = slices.Clone(want.Endpoints)
	next := &Applied{manager: m, paths: want, own: slices.Clone(before.own), was: before.was, set: before.set}
	if want.Empty() && before.paths.Empty() && len(before.own) == 0 {
		return next, nil
	}
	if err := want.Check(); err != nil {
		return nil, err
	}
	if m == nil {
		return nil, errors.New("mptcp path manager: it is not open, and endpoints or limits are declared")
	}
	if err := next.change(); err != nil {
		if errors.Is(err, fs.ErrPermission) && want.equal(before.paths) {
			next.own, next.was, next.set = before.own, before.was, before.set
			before.forget()
			return next, nil
		}
		return nil, err
	}
	before.forget()
	return next, nil
}

// Paths gives what was declared.
func (a *Applied) Paths() Paths {
	return Paths{Endpoints: slices.Clone(a.paths.Endpoints), Limits: a.paths.Limits}
}

// Empty reports whether nothing was declared and nothing is to be undone.
func (a *Applied) Empty() bool { return a.paths.Empty() && len(a.own) == 0 }

// Undo removes the endpoints that were added and restores the limits that nobody
// changed meanwhile. It goes on after errors, and may be
// called again for what they left; each says what is left and how to remove it.
func (a *Applied) Undo() error {
	if len(a.own) == 0 && a.was == NoPaths().Limits {
		return nil
	}
	now, err := a.manager.Endpoints()
	if err != nil {
		return err
	}
	var errs []error
	left := a.own[:0:0]
	for _, e := range a.own {
		if find(now, e) < 0 {
			continue
		}
		if err := a.manager.Remove(e.ID); err != nil {
			left = append(left, e)
			errs = append(errs, fmt.Errorf("%w; it is left behind: remove it with \"ip mptcp endpoint delete id %d\"", err, e.ID))
		}
	}
	a.own = left
	if err := a.limits(NoPaths().Limits); err != nil {
		errs = append(errs, fmt.Errorf("%w; the limits are left changed", err))
	}
	if len(errs) == 0 {
		a.forget()
	}
	return errors.Join(errs...)
}

// forget leaves the kernel to a successor.
func (a *Applied) forget() {
	a.own, a.paths, a.was, a.set = nil, NoPaths(), NoPaths().Limits, NoPaths().Limits
}

// change makes the kernel have a.paths; a.own, a.was and a.set are of the
// configuration before. After an error the kernel is as it was.
func (a *Applied) change() error {
	now, err := a.manager.Endpoints()
	if err != nil {
		return err
	}
	p, err := planOf(a.paths.Endpoints, a.own, now)
	if err != nil {
		return err
	}
	a.own = p.keep
	var back []func() error
	undo := func(err error) error {
		for _, fn := range slices.Backward(back) {
			if e := fn(); e != nil {
				err = errors.Join(err, fmt.Errorf("and while going back: %w", e))
			}
		}
		return err
	}
	for _, e := range p.remove { // first, as the kernel has room for few
		if err := a.manager.Remove(e.ID); err != nil {
			return undo(err)
		}
		back = append(back, func() error { _, err := a.manager.Add(e); return err })
	}
	for _, e := range p.add {
		e.ID = 0
		got, err := a.manager.Add(e)
		if err != nil {
			return undo(err)
		}
		a.own = append(a.own, got)
		back = append(back, func() error { return a.manager.Remove(got.ID) })
	}
	if err := a.limits(a.paths.Limits); err != nil {
		return undo(err)
	}
	return nil
}

// find gives the place of an endpoint by its number and address, -1 for none:
// its settings may have been changed meanwhile, and its device be gone.
func find(list []Endpoint, e Endpoint) int {
	return slices.IndexFunc(list, func(f Endpoint) bool { return e.ID == f.ID && samePlace(e, f) })
}

// plan is how to come from what the kernel has to what is declared.
type plan struct {
	keep, remove []Endpoint // of those that were added before
	add          []Endpoint
}

// planOf compares what is declared with what was added before and with all that
// the kernel has.
func planOf(want, own, now []Endpoint) (plan, error) {
	var p plan
	var errs []error
	for _, e := range own {
		i := find(now, e)
		switch {
		case i < 0: // somebody removed it
		case slices.ContainsFunc(want, func(w Endpoint) bool { return alike(w, now[i]) }):
			p.keep = append(p.keep, e)
		default:
			p.remove = append(p.remove, e)
		}
	}
	for _, w := range want {
		i := slices.IndexFunc(now, func(e Endpoint) bool { return samePlace(e, w) })
		switch {
		case i < 0, now[i].Implicit, find(p.remove, now[i]) >= 0: // the kernel replaces implicit ones
			p.add = append(p.add, w)
		case !alike(now[i], w):
			errs = append(errs, fmt.Errorf("mptcp endpoint %s: the address has an endpoint with other settings already, %s: remove it with \"ip mptcp endpoint delete id %d\", or declare the same", w, now[i], now[i].ID))
		}
	}
	return p, errors.Join(errs...)
}

// limits sets the limits that are not negative, and gives others back what they
// were before the first change.
func (a *Applied) limits(want Limits) error {
	if none := NoPaths().Limits; want == none && a.was == none {
		return nil
	}
	now, err := a.manager.Limits()
	if err != nil {
		return err
	}
	target, was, set := now, a.was, a.set
	one := func(want, now int, target, was, set *int) {
		switch {
		case want >= 0:
			if *was < 0 {
				*was = now
			}
			*target, *set = want, want
		case *was >= 0:
			if now == *set {
				*target = *was
			}
			*was, *set = -1, -1
		}
	}
	one(want.Subflows, now.Subflows, &target.Subflows, &was.Subflows, &set.Subflows)
	one(want.AddAddrAccepted, now.AddAddrAccepted, &target.AddAddrAccepted, &was.AddAddrAccepted, &set.AddAddrAccepted)
	if target != now {
		if err := a.manager.SetLimits(target); err != nil {
			return err
		}
	}
	a.was, a.set = was, set
	return nil
}
