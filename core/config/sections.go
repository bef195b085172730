package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
)

type section = tree.Entry[*tree.Node]

// decode decodes a section of a kind.
func (l *loader) decode(e *section, kind string, into any) {
	l.name(tree.Text{Value: e.Key, Pos: e.Pos, Path: e.Path})
	if e.Value.Kind != tree.Table {
		l.errs.OnKey(e.Value, "a setting stands where the name of a %s does", kind).
			Hint = "write [" + kind + ".NAME] above it"
		return
	}
	l.errs.Add(l.misplaced(e, kind, into).Decode(into), e.Pos, e.Path)
}

// misplaced reports the keys of a section that are right in sections of another
// kind, and parts of a name that lacks quotes. It gives the section without them.
func (l *loader) misplaced(e *section, kind string, into any) *tree.Node {
	own := tree.Keys(reflect.TypeOf(into).Elem())
	var wrong []string
	for _, c := range e.Value.Children {
		if slices.Contains(own, c.Key) {
			continue
		}
		hint := ""
		switch {
		case slices.Contains(tree.Keys(reflect.TypeFor[Frontend]()), c.Key):
			hint = "it belongs into [frontend.NAME] or [listen.NAME]"
		case slices.Contains(tree.Keys(reflect.TypeFor[Backend]()), c.Key):
			hint = "it belongs into [backend.NAME] or [listen.NAME]"
		case c.Headed() && module.Suggest(c.Key, own) == "":
			hint = fmt.Sprintf("a name with dots stands between quotes: [%s.%q]", kind, e.Key+"."+dotted(c))
		default:
			continue
		}
		l.errs.OnKey(c, "unknown key %q", c.Key).Hint = hint
		wrong = append(wrong, c.Key)
	}
	return e.Value.Without(wrong...)
}

// dotted gives the rest of a name that was taken for tables within tables.
func dotted(n *tree.Node) string {
	name := n.Key
	for len(n.Children) == 1 && n.Children[0].Headed() {
		n = n.Children[0]
		name += "." + n.Key
	}
	return name
}

// name checks the name of a proxy or a server, which logs, statistics and
// commands take apart (HAProxy manual section 4).
func (l *loader) name(t tree.Text) {
	bad := strings.IndexFunc(t.Value, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("-_.:", r)
	})
	if t.Value == "" || bad >= 0 {
		t.Fail(l.errs, max(bad, 0), "%q cannot be a name", t.Value).Hint = `write letters, digits, "-", "_", "." and ":" only`
	}
}

// frontend makes a frontend of its section.
func (l *loader) frontend(e *section) {
	f := &Frontend{Name: e.Key, Pos: e.Pos, Path: e.Path}
	d := l.from(e.Value.Get("from"))
	f.Proxy, f.FrontendSettings = d.Proxy, d.FrontendSettings
	f.Proxy.reset()
	initial := f.FrontendSettings.reset()
	l.decode(e, "frontend", f)
	f.Proxy.inherit(&d.Proxy)
	f.FrontendSettings.inherit(initial)
	f.Proxy.settle()
	l.cfg.Frontends = append(l.cfg.Frontends, f)
}

// backend makes a backend of its section.
func (l *loader) backend(e *section) {
	b := &Backend{Name: e.Key, Pos: e.Pos, Path: e.Path}
	d := l.from(e.Value.Get("from"))
	b.Proxy, b.BackendSettings = d.Proxy, d.BackendSettings
	b.Proxy.reset()
	above := b.BackendSettings.reset()
	l.decode(e, "backend", b)
	b.Proxy.inherit(&d.Proxy)
	b.BackendSettings.inherit(above)
	b.Proxy.settle()
	l.settleBackend(b, e.Value)
	l.cfg.Backends = append(l.cfg.Backends, b)
}

// listen makes a frontend and a backend of one section.
func (l *loader) listen(e *section) {
	var s struct {
		ID          int    `toml:"id" min:"1"`
		Description string `toml:"description"`
		defaultSettings
		FrontendOwn
		BackendOwn
	}
	d := l.from(e.Value.Get("from"))
	s.defaultSettings = *d
	s.Proxy.reset()
	initial := s.FrontendSettings.reset()
	above := s.BackendSettings.reset()
	l.decode(e, "listen", &s)
	s.Proxy.inherit(&d.Proxy)
	s.FrontendSettings.inherit(initial)
	s.BackendSettings.inherit(above)
	s.Proxy.settle()
	if s.DefaultBackend.IsZero() {
		s.DefaultBackend = tree.Text{Value: e.Key, Pos: e.Pos, Path: e.Path}
	}
	f := &Frontend{Name: e.Key, Listen: true, ID: s.ID, Description: s.Description, Pos: e.Pos, Path: e.Path}
	f.Proxy, f.FrontendSettings, f.FrontendOwn = s.Proxy, s.FrontendSettings, s.FrontendOwn
	b := &Backend{Name: e.Key, Listen: true, ID: s.ID, Description: s.Description, Pos: e.Pos, Path: e.Path}
	b.Proxy, b.BackendSettings, b.BackendOwn = s.Proxy, s.BackendSettings, s.BackendOwn
	// The frontend's half runs the rules, so that they run once.
	b.HTTPRequest, b.TCPRequest.Content = nil, nil
	b.HTTPAfterResponse = nil
	f.HTTPResponse = nil
	l.settleBackend(b, e.Value)
	l.cfg.Frontends = append(l.cfg.Frontends, f)
	l.cfg.Backends = append(l.cfg.Backends, b)
}

// settle makes the settings of options that stand for tables.
func (p *Proxy) settle() {
	if p.Option.forwardfor && p.Forwardfor == nil {
		p.Forwardfor = &Forwardfor{}
		p.Forwardfor.SetDefaults()
	}
	if p.Option.originalto && p.Originalto == nil {
		p.Originalto = &Originalto{}
		p.Originalto.SetDefaults()
	}
}

// settleBackend names and completes the servers.
func (l *loader) settleBackend(b *Backend, n *tree.Node) {
	if b.Option.forwarded && b.Forwarded == nil {
		b.Forwarded = &Forwarded{}
	}
	b.Forwarded.settle()
	var all []*Server
	if list := n.Get("servers"); list != nil {
		nodes := []*tree.Node{list}
		if list.Kind == tree.Array {
			nodes = list.Children
		}
		for i, c := range nodes {
			all = append(all, l.server(b, c, "s"+strconv.Itoa(i+1)))
		}
	}
	if tables := n.Get("server"); tables != nil && tables.Kind == tree.Table {
		for _, c := range tables.Children {
			all = append(all, l.server(b, c, c.Key))
		}
	}
	seen := map[string]*Server{}
	ids := map[int]*Server{}
	for i, s := range all {
		if s == nil {
			continue
		}
		if s.ID == 0 {
			s.ID = i + 1
		}
		if other := seen[s.Name.Value]; other != nil {
			l.errs.At(s.Pos, s.Path, "there is already a server %q in this backend, at %v", s.Name.Value, other.Pos)
		}
		if other := ids[s.ID]; other != nil {
			l.errs.At(s.Pos, s.Path, "server %q has the id %d of server %q", s.Name.Value, s.ID, other.Name.Value)
		}
		seen[s.Name.Value], ids[s.ID] = s, s
		b.Servers = append(b.Servers, s)
	}
}

// server decodes a server over the backend's default-server.
func (l *loader) server(b *Backend, n *tree.Node, name string) *Server {
	s := &Server{}
	s.SetDefaults()
	if b.DefaultServer != nil {
		l.errs.Add(b.DefaultServer.Decode(&s.ServerSettings), b.DefaultServer.Pos, b.DefaultServer.Path)
	}
	defaults := s.CheckTimes
	s.CheckTimes = CheckTimes{}
	outer := s.Check
	s.Check = nil
	s.Path = n.Path
	before := len(l.errs.List)
	l.errs.Add(n.Decode(s), n.Pos, n.Path)
	if len(l.errs.List) > before {
		return nil
	}
	if s.Name.IsZero() {
		s.Name = tree.Text{Value: name, Pos: n.Pos, Path: n.Path}
	}
	l.name(s.Name)
	if b.Source != nil && s.Source == nil {
		s.Source = b.Source
	}
	l.settleCheck(b, s, outer, defaults)
	return s
}

// settleCheck finds out whether and how a server is checked: its own setting
// comes before that of default-server, and that before the backend's.
func (l *loader) settleCheck(b *Backend, s *Server, outer *Check, times CheckTimes) {
	own := s.CheckTimes
	chosen := s.Check
	for _, c := range []*Check{outer, b.Check} {
		switch {
		case chosen == nil:
			chosen = c
		case chosen.bare && chosen.Enabled && c != nil && c.Enabled:
			chosen = c // true alone: as the section around says
		}
	}
	s.Check = nil
	if chosen == nil || !chosen.Enabled {
		return
	}
	check := *chosen
	merged := check.CheckTimes
	merged.override(times)
	merged.override(own)
	merged.settle()
	check.CheckTimes, s.CheckTimes = merged, merged
	s.Check = &check
}

// userlist joins groups and users.
func (l *loader) userlist(u *Userlist) {
	known := map[string]*User{}
	for i := range u.Users {
		x := &u.Users[i]
		if known[x.Name.Value] != nil {
			x.Name.Fail(l.errs, 0, "there is already a user %q in this userlist", x.Name.Value)
		}
		if x.Password.IsZero() == x.InsecurePassword.IsZero() {
			x.Name.Fail(l.errs, 0, "user %q needs either password or insecure-password", x.Name.Value)
		}
		known[x.Name.Value] = x
	}
	for _, g := range u.Groups {
		for _, name := range g.Users {
			x := known[name.Value]
			if x == nil {
				name.Fail(l.errs, 0, "there is no user %q in this userlist", name.Value)
				continue
			}
			x.Groups = append(x.Groups, g.Name)
		}
	}
	l.cfg.Userlists = append(l.cfg.Userlists, u)
}

// warn adds a warning.
func (l *loader) warn(pos tree.Pos, path, format string, args ...any) *tree.Error {
	w := &tree.Error{Pos: pos, Path: path, Msg: fmt.Sprintf(format, args...)}
	if l.partly {
		return w // first things first
	}
	l.cfg.Warnings = append(l.cfg.Warnings, w)
	return w
}
