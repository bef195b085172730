package proxy

import (
	"errors"
	"log/slog"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/system"
	"github.com/fairleadproxy/fairlead/core/userlist"
)

// BuildOptions are what a graph has of its surroundings.
type BuildOptions struct {
	// Engine carries the streams.
	Engine *Engine
	// Registry holds the modules; nil means the default one.
	Registry *module.Registry
	// Shared keeps what modules carry over reloads.
	Shared *module.Shared
	// Log is for what the graph has to say about itself.
	Log *slog.Logger
	// Inherit finds listening sockets, see protocol.ListenOptions.
	Inherit func(key string) int
	// Before is the graph that this one will replace, nil for none: the health of
	// servers that both have is carried over.
	Before *Graph
}

// Build makes a graph of a configuration: it builds every module and compiles
// every expression, but opens nothing. The error is a *tree.Errors with
// everything that is wrong.
func Build(cfg *config.Config, o BuildOptions) (*Graph, error) {
	if o.Registry == nil {
		o.Registry = module.Default()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &builder{
		cfg: cfg, o: o, errs: &tree.Errors{}, vars: expr.NewVarNames(),
		userlists: map[string]expr.Userlist{}, layers: map[string]layer.Layer{}, protocols: map[string]protocol.Protocol{}, loggers: map[tree.Pos]*logger{},
	}
	own := module.ContextOptions{Log: o.Log, Registry: o.Registry, Shared: o.Shared}
	if o.Engine != nil {
		own.Metrics = o.Engine.metrics
	}
	b.ctx = module.NewContext(own)
	b.g = &Graph{
		engine: o.Engine, log: o.Log, ctx: b.ctx, inherit: o.Inherit, before: o.Before,
		frontends: map[string]*Frontend{}, backends: map[string]*Backend{}, done: make(chan struct{}),
		hardStopAfter: cfg.Global.HardStopAfter, paths: pathsOf(cfg.Global.Mptcp),
	}
	b.build()
	if err := b.errs.Err(); err != nil {
		return nil, errors.Join(err, b.ctx.Close(closedContext()))
	}
	return b.g, nil
}

// builder makes one graph.
type builder struct {
	cfg  *config.Config
	o    BuildOptions
	errs *tree.Errors
	ctx  *module.Context
	g    *Graph

	vars      *expr.VarNames
	userlists map[string]expr.Userlist
	protocols map[string]protocol.Protocol
	loggers   map[tree.Pos]*logger
	http      Mode // nil until it is found, and where it is not
	modeFound bool
	layers    map[string]layer.Layer // nil for one that cannot be
}

func (b *builder) build() {
	for _, u := range b.cfg.Userlists {
		b.userlist(u)
	}
	// Proxies and servers come first by name alone: expressions name them.
	for i, c := range b.cfg.Backends {
		b.g.backends[c.Name] = b.backendShell(c, i+1)
		b.g.backendOrder = append(b.g.backendOrder, b.g.backends[c.Name])
	}
	for i, c := range b.cfg.Frontends {
		f := &Frontend{engine: b.o.Engine, graph: b.g, log: b.o.Log, name: c.Name, id: i + 1, http: c.HTTP()}
		if c.ID != 0 {
			f.id = c.ID
		}
		b.g.frontends[c.Name] = f
		if !c.Disabled {
			b.g.order = append(b.g.order, f)
		}
	}
	for _, c := range b.cfg.Backends {
		b.backend(c, b.g.backends[c.Name])
	}
	for _, c := range b.cfg.Frontends {
		b.frontend(c, b.g.frontends[c.Name])
	}
	b.qlog()
	b.finishLayers()
}

func (b *builder) userlist(c *config.Userlist) {
	var users []userlist.User
	for _, u := range c.Users {
		one := userlist.User{Name: u.Name.Value, Password: u.Password.Value, InsecurePassword: u.InsecurePassword.Value}
		for _, g := range u.Groups {
			one.Groups = append(one.Groups, g.Value)
		}
		users = append(users, one)
	}
	list, err := userlist.New(users)
	if err != nil {
		b.errs.Add(err, c.Pos, "userlist."+c.Name)
		return
	}
	b.userlists[c.Name] = list
}

// scope makes the scope of a proxy, with its ACLs.
func (b *builder) scope(p *config.Proxy) *expr.Scope {
	sc := expr.NewScope(b.o.Registry, expr.HTTPRequest)
	sc.HTTP = p.HTTP()
	sc.Table, sc.Vars, sc.Uses = b.g, b.vars, &b.g.uses
	sc.Userlists = func(name string) (expr.Userlist, bool) {
		u, ok := b.userlists[name]
		return u, ok
	}
	for _, e := range p.ACL.Entries {
		for _, line := range e.Value {
			if err := sc.DefineACL(e.Key, []string{line.Value}); err != nil {
				b.textError(line, err)
			}
		}
	}
	return sc
}

// textError reports an error about a text in a language of its own.
func (b *builder) textError(t tree.Text, err error) {
	var at *expr.Error
	if errors.As(err, &at) {
		t.Fail(b.errs, at.Off, "%s", at.Msg).Hint = at.Hint
		return
	}
	b.errs.Add(err, t.Pos, t.Path)
}

// format parses a log-format string; nil for an empty one.
func (b *builder) format(t tree.Text, sc *expr.Scope) *expr.Format {
	if t.IsZero() {
		return nil
	}
	f, err := expr.ParseFormat(sc, t.Value)
	if err != nil {
		b.textError(t, err)
		return nil
	}
	return f
}

// condition parses if and unless; nil when there is neither.
func (b *builder) condition(ifs, unless tree.Text, sc *expr.Scope) *expr.Cond {
	t := ifs
	if !unless.IsZero() {
		if !ifs.IsZero() {
			unless.Fail(b.errs, 0, "if and unless exclude each other").Hint = `write one of them, with "!" before what must not hold`
			return nil
		}
		t = unless
	}
	if t.IsZero() {
		return nil
	}
	c, err := expr.ParseCondition(sc, t.Value)
	if err != nil {
		b.textError(t, err)
		return nil
	}
	c.Negate = !unless.IsZero()
	return c
}

// instance makes a module of its part of the configuration.
func instance[I any](b *builder, k *module.Kind[I], m *tree.Module) (I, bool) {
	return layer.Instance(b.building(), k, m)
}

// compiled reports the error of compiling a module's expressions.
func (b *builder) compiled(m *tree.Module, err error) {
	if err == nil {
		return
	}
	pos, path := m.Pos, m.Path
	var field *module.FieldError
	if errors.As(err, &field) {
		pos, path = m.Field(field.Field)
		err = field.Err
	}
	b.textError(tree.Text{Pos: pos, Path: path}, err)
}

// protocol gives the protocol module of a name.
func (b *builder) protocol(a address.Address, at tree.Text) protocol.Protocol {
	if (a.Network == address.Abns || a.Network == address.Abnsz) && !system.Is("linux") {
		at.Fail(b.errs, 0, "%s needs Linux, and this is %s", a, system.Name()).Hint = "write unix@ and a path"
		return nil
	}
	name := a.Protocol()
	if p := b.protocols[name]; p != nil {
		return p
	}
	m := tree.Module{Type: name, Pos: at.Pos, Path: at.Path}
	p, ok := instance(b, protocol.Kind, &m)
	if ok {
		b.protocols[name] = p
	}
	return p
}
