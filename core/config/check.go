package config

import (
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// check looks at what needs the whole configuration: names that are referred
// to, modes that have to agree, and what is probably missing.
func (l *loader) check() {
	l.duplicates()
	l.boundTwice()
	for _, f := range l.cfg.Frontends {
		l.checkFrontend(f)
	}
	for _, b := range l.cfg.Backends {
		l.checkBackend(b)
	}
	if len(l.cfg.Frontends) == 0 {
		l.errs.At(tree.Pos{}, "", "the configuration has no frontend").Hint = `write [frontend.web] with bind = ":80"`
	}
}

// duplicates reports names that a listen section shares with another section.
func (l *loader) duplicates() {
	front := map[string]tree.Pos{}
	for _, f := range l.cfg.Frontends {
		if at, twice := front[f.Name]; twice {
			l.errs.At(f.Pos, f.Path, "there is already a frontend %q, at %v", f.Name, at)
		}
		front[f.Name] = f.Pos
	}
	back := map[string]tree.Pos{}
	for _, b := range l.cfg.Backends {
		if at, twice := back[b.Name]; twice {
			l.errs.At(b.Pos, b.Path, "there is already a backend %q, at %v", b.Name, at)
		}
		back[b.Name] = b.Pos
	}
}

func (l *loader) checkFrontend(f *Frontend) {
	if len(f.Bind) == 0 {
		l.warn(f.Pos, f.Path, "frontend %q has no bind and so takes no connections", f.Name)
	}
	if !f.DefaultBackend.IsZero() {
		l.reference(f, f.DefaultBackend)
	}
	for _, u := range f.UseBackend {
		missing := u.Backend.IsZero() && u.Backend.Pos.Line == 0 // which was told
		if !missing && !strings.Contains(u.Backend.Value, "%[") {
			l.reference(f, u.Backend)
		}
	}
	l.timeouts(f.Pos, f.Path, "frontend", f.Name, "client", f.Timeout.Client)
}

// reference checks the backend that a frontend names.
func (l *loader) reference(f *Frontend, t tree.Text) {
	b := l.cfg.Backend(t.Value)
	if b == nil {
		known := names(l.cfg.Backends, func(b *Backend) string { return b.Name })
		e := t.Fail(l.errs, 0, "there is no backend %q", t.Value).Suggest(t.Value, known)
		switch {
		case strings.ContainsAny(t.Value, " \t"):
			e.Hint = `a condition is a key of a table: { backend = "NAME", if = "{ path_beg /api }" }`
		case e.Hint == "":
			e.Hint = "write a section [backend." + t.Value + "]"
		}
		return
	}
	if f.mode() != b.mode() && !l.partly {
		t.Fail(l.errs, 0, "frontend %q is in mode %q and backend %q in mode %q", f.Name, f.mode(), b.Name, b.mode()).
			Hint = "set mode to the same in both, or in [defaults]"
	}
}

func (l *loader) checkBackend(b *Backend) {
	if len(b.Servers) == 0 {
		return
	}
	l.timeouts(b.Pos, b.Path, "backend", b.Name, "connect", b.Timeout.Connect)
	l.timeouts(b.Pos, b.Path, "backend", b.Name, "server", b.Timeout.Server)
}

func (l *loader) timeouts(pos tree.Pos, path, kind, name, which string, d time.Duration) {
	if d == 0 {
		l.warn(pos, path, "%s %q has no timeout %s: what hangs there hangs for ever", kind, name, which).
			Hint = "write [defaults] with timeout = { connect = \"5s\", client = \"30s\", server = \"30s\" }"
	}
}

// mode gives the mode, which is "tcp" unless said otherwise.
func (p *Proxy) mode() string {
	if p.Mode.IsZero() {
		return TCP
	}
	return p.Mode.Value
}

// HTTP reports whether the proxy is in HTTP mode.
func (p *Proxy) HTTP() bool { return p.Mode.Value == HTTP }
