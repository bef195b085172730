package config

import (
	"reflect"
	"slices"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
)

// defaultSettings are what a defaults section may set (section 4.1).
type defaultSettings struct {
	Proxy
	FrontendSettings
	BackendSettings
}

// loader makes the sections of a configuration.
type loader struct {
	cfg    *Config
	errs   *tree.Errors
	partly bool // some of it was not read: what is said about the whole may not hold

	anonymous *defaultSettings            // [defaults]
	named     map[string]*defaultSettings // [defaults.NAME], as far as settled
	nodes     map[string]*tree.Node       // those that are still to be
	settling  map[string]bool             // those that are being
}

// defaults reads [defaults] and the [defaults.NAME] in it: tables that are no
// setting are named sections.
func (l *loader) defaults(n *tree.Node) {
	l.named, l.nodes, l.settling = map[string]*defaultSettings{}, map[string]*tree.Node{}, map[string]bool{}
	l.anonymous = &defaultSettings{}
	l.anonymous.SetDefaults()
	if n == nil {
		return
	}
	if n.Kind != tree.Table {
		l.errs.On(n, "want a table, got %v", n.Kind)
		return
	}
	settings := tree.Keys(reflect.TypeFor[defaultSettings]())
	var sections []string
	for _, c := range n.Children {
		if c.Kind == tree.Table && !slices.Contains(settings, c.Key) && !misspelt(c, settings) {
			sections = append(sections, c.Key)
			l.nodes[c.Key] = c
		}
	}
	l.anonymous = l.settings(n.Without(sections...), nil)
	for _, name := range sections {
		l.section(name)
	}
}

// misspelt reports whether a table within [defaults] is a setting whose key is
// wrong rather than a section.
func misspelt(n *tree.Node, settings []string) bool {
	return module.Suggest(n.Key, settings) != "" && n.Decode(&defaultSettings{}) != nil
}

// settings decodes a defaults section over the one that it takes from.
func (l *loader) settings(n *tree.Node, over *defaultSettings) *defaultSettings {
	s := &defaultSettings{}
	s.SetDefaults()
	var parent Proxy
	if over != nil {
		*s = *over
		parent = s.Proxy
	}
	s.Proxy.reset()
	initial := s.FrontendSettings.reset()
	above := s.BackendSettings.reset()
	l.errs.Add(n.Decode(s), n.Pos, n.Path)
	s.Proxy.inherit(&parent)
	s.FrontendSettings.inherit(initial)
	s.BackendSettings.inherit(above)
	return s
}

// section gives the named defaults section, decoding it if that was not done yet.
func (l *loader) section(name string) *defaultSettings {
	if s := l.named[name]; s != nil {
		return s
	}
	n := l.nodes[name]
	if n == nil {
		return nil
	}
	delete(l.nodes, name)
	var over *defaultSettings
	if from := n.Get("from"); from != nil {
		l.settling[name] = true
		over = l.from(from)
		delete(l.settling, name)
	}
	s := l.settings(n, over)
	l.named[name] = s
	return s
}

// from gives the defaults that a section names, or says that there are none.
func (l *loader) from(n *tree.Node) *defaultSettings {
	if n == nil {
		return l.anonymous
	}
	name := n.Str()
	if s := l.section(name); s != nil {
		return s
	}
	if l.settling[name] {
		l.errs.On(n, "the defaults %q take from themselves in the end", name).Hint = "leave one of their from keys out"
		return l.anonymous
	}
	known := make([]string, 0, len(l.named)+len(l.nodes))
	for k := range l.named {
		known = append(known, k)
	}
	for k := range l.nodes {
		known = append(known, k)
	}
	slices.Sort(known)
	l.errs.On(n, "there are no defaults %q", name).Suggest(name, known)
	return l.anonymous
}

// reset empties the lists that a section adds to those of its defaults.
func (p *Proxy) reset() {
	p.From = tree.Text{}
	p.Log = Logs{}
	p.Errorfile, p.Errorfiles = tree.Ordered[tree.Text]{}, nil
	p.ACL = tree.Ordered[tree.OneOrMany[tree.Text]]{}
	p.HTTPRequest, p.HTTPResponse, p.HTTPAfterResponse = nil, nil, nil
	delay := p.TCPRequest.InspectDelay
	p.TCPRequest = TCPRequest{InspectDelay: delay}
}

// inherit puts the lists of the defaults before the section's own.
func (p *Proxy) inherit(from *Proxy) {
	p.Log.inherit(from.Log)
	p.Errorfiles = concat(from.Errorfiles, p.Errorfiles)
	for _, e := range from.Errorfile.Entries {
		if _, own := p.Errorfile.Get(e.Key); !own {
			p.Errorfile.Entries = append(p.Errorfile.Entries, e)
		}
	}
	acls := from.ACL.Entries[:len(from.ACL.Entries):len(from.ACL.Entries)]
	p.ACL.Entries = append(acls, p.ACL.Entries...)
	p.HTTPRequest = concat(from.HTTPRequest, p.HTTPRequest)
	p.HTTPResponse = concat(from.HTTPResponse, p.HTTPResponse)
	p.HTTPAfterResponse = concat(from.HTTPAfterResponse, p.HTTPAfterResponse)
	p.TCPRequest.Connection = concat(from.TCPRequest.Connection, p.TCPRequest.Connection)
	p.TCPRequest.Session = concat(from.TCPRequest.Session, p.TCPRequest.Session)
	p.TCPRequest.Content = concat(from.TCPRequest.Content, p.TCPRequest.Content)
	if p.TCPRequest.InspectDelay == 0 {
		p.TCPRequest.InspectDelay = p.InspectDelay
	}
}

// reset is Proxy.reset for what backends have; it gives what was there.
func (b *BackendSettings) reset() BackendSettings {
	was := *b
	b.TCPResponse.Content, b.DefaultServer = nil, nil
	return was
}

func (b *BackendSettings) inherit(from BackendSettings) {
	b.TCPResponse.Content = concat(from.TCPResponse.Content, b.TCPResponse.Content)
	b.DefaultServer = overlay(from.DefaultServer, b.DefaultServer)
}

func concat[S ~[]T, T any](a, b S) S { return append(a[:len(a):len(a)], b...) }

// overlay gives the table with the keys of both, those of own first.
func overlay(base, own *tree.Node) *tree.Node {
	switch {
	case own == nil:
		return base
	case base == nil || own.Kind != tree.Table:
		return own
	}
	out := *own
	out.Children = slices.Clone(own.Children)
	for _, c := range base.Children {
		if own.Get(c.Key) == nil {
			out.Children = append(out.Children, c)
		}
	}
	return &out
}

// reset empties the list that a section adds to that of its defaults, and gives it.
func (f *FrontendSettings) reset() []Rule {
	above := f.QUICInitial
	f.QUICInitial = nil
	return above
}

// inherit puts the list of the defaults before the section's own.
func (f *FrontendSettings) inherit(above []Rule) { f.QUICInitial = concat(above, f.QUICInitial) }
