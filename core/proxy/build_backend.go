package proxy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/expr"
)

// backendShell makes a backend and its servers, known by name.
func (b *builder) backendShell(c *config.Backend, id int) *Backend {
	be := &Backend{engine: b.o.Engine, graph: b.g, name: c.Name, id: id, http: c.HTTP()}
	if c.ID != 0 {
		be.id = c.ID
	}
	for _, s := range c.Servers {
		srv := &Server{name: s.Name.Value, id: s.ID, backend: be}
		be.servers, be.listed = append(be.servers, srv), append(be.listed, srv)
	}
	return be
}

func (b *builder) backend(c *config.Backend, be *Backend) {
	sc := b.scope(&c.Proxy)
	sc.Captures = nil
	b.httpOnly(&c.Proxy, "backend", c.Name)
	be.opts = b.options(&c.Proxy, b.mode(&c.Proxy))
	be.opts.reuse = reuseModes[c.HTTPReuse]
	be.opts.retries = c.Retries
	be.opts.redispatch = c.Option.Redispatch
	be.opts.retryOn = retries(c.RetryOn)
	be.opts.forwarded = b.forwarded(c.Forwarded, sc)
	be.opts.nameHeader = c.HTTPSendNameHeader.Value
	be.allBackups = c.Option.Allbackups
	be.rules = b.rules(&c.Proxy, sc)
	be.rules.httpResponse = b.ruleList(c.HTTPResponse, sc.In(expr.HTTPResponse))
	if list := c.TCPResponse.Content; len(list) > 0 {
		b.errs.At(list[0].Pos, list[0].Do.Path, "tcp-response rules are not run by this version")
	}
	be.persistence = b.cookies(c.Cookie)
	be.ignoreDown = c.Option.Persist
	be.logs = b.targets(&c.Proxy, sc.In(expr.Log))
	be.logChecks = c.Option.LogHealthChecks
	b.balance(c, be, sc)
	for i, s := range c.Servers {
		b.server(c, s, be.servers[i], sc)
	}
	for _, u := range c.UseServer {
		b.useServer(c, be, u, sc.In(expr.UseServer))
	}
}

var reuseModes = map[string]ReuseMode{"never": ReuseNever, "safe": ReuseSafe, "aggressive": ReuseAggressive, "always": ReuseAlways}

func (b *builder) balance(c *config.Backend, be *Backend, sc *expr.Scope) {
	m := c.Balance
	if m.Path == "" { // the default stands in no file
		m.Pos, m.Path = c.Pos, c.Path
	}
	bal, ok := instance(b, balancer.Kind, &m)
	if !ok {
		return
	}
	if h, ok := bal.(balancer.HashTyped); ok {
		h.SetHashType(c.HashType.Method, c.HashType.Function, c.HashType.Modifier, c.HashBalanceFactor)
	}
	if comp, ok := bal.(balancer.Compiler); ok {
		b.compiled(&m, comp.Compile(sc.In(expr.UseServer)))
	}
	be.balance = bal
	be.observer, _ = bal.(balancer.Observer)
}

func (b *builder) useServer(c *config.Backend, be *Backend, u config.UseServer, sc *expr.Scope) {
	r := useServer{cond: b.condition(u.If, u.Unless, sc)}
	if strings.Contains(u.Server.Value, "%[") {
		r.name = b.format(u.Server, sc)
	} else {
		i := slices.IndexFunc(be.servers, func(s *Server) bool { return s.name == u.Server.Value })
		if i < 0 {
			names := make([]string, len(be.servers))
			for i, s := range be.servers {
				names[i] = s.name
			}
			u.Server.Fail(b.errs, 0, "backend %q has no server %q", c.Name, u.Server.Value).Suggest(u.Server.Value, names)
			return
		}
		r.server = be.servers[i]
	}
	be.useServer = append(be.useServer, r)
}

func retries(list config.RetryOn) (r retryOn) {
	for _, name := range list {
		switch name {
		case "none":
			return retryOn{none: true}
		case "conn-failure":
			r.connFailure = true
		case "empty-response":
			r.emptyResponse = true
		case "junk-response":
			r.junkResponse = true
		case "response-timeout":
			r.responseTimeout = true
		default:
			if status, err := strconv.Atoi(name); err == nil {
				if r.statuses == nil {
					r.statuses = map[int]bool{}
				}
				r.statuses[status] = true
			}
		}
	}
	return r
}

func (b *builder) cookies(c *config.Cookie) cookiePolicy {
	if c == nil {
		return cookiePolicy{}
	}
	if !action.Token(c.Name.Value) {
		c.Name.Fail(b.errs, 0, "%q is not the name of a cookie (RFC 6265)", c.Name.Value).
			Hint = `what is set of it stands beside: { name = "SRV", mode = "insert", indirect = true }`
	}
	p := cookiePolicy{
		mode: cookieRead, name: c.Name.Value, indirect: c.Indirect, noCache: c.Nocache, postOnly: c.Postonly, preserve: c.Preserve,
	}
	switch c.Mode {
	case "insert":
		p.mode = cookieInsert
	case "rewrite":
		p.mode = cookieRewrite
	case "prefix":
		p.mode = cookiePrefix
	}
	p.attrs = "; path=/"
	for _, d := range c.Domain {
		p.attrs += "; domain=" + d.Value
	}
	if c.HTTPOnly {
		p.attrs += "; HttpOnly"
	}
	if c.Secure {
		p.attrs += "; Secure"
	}
	for _, a := range c.Attr {
		p.attrs += "; " + a.Value
	}
	return p
}

// forwarded compiles option forwarded; nil for none.
func (b *builder) forwarded(c *config.Forwarded, sc *expr.Scope) *forwarded {
	if c == nil {
		return nil
	}
	part := func(p config.ForwardedPart) (out forwardedPart) {
		out.on = p.On
		if p.Expr.IsZero() {
			return out
		}
		x, err := expr.ParseExpr(sc.In(expr.HTTPRequest), p.Expr.Value)
		if err != nil {
			b.textError(p.Expr, err)
		}
		out.expr = x
		return out
	}
	return &forwarded{
		proto: c.Proto, host: part(c.Host), by: part(c.By), byPort: part(c.ByPort),
		client: part(c.For), clientPort: part(c.ForPort),
	}
}

// serverLabel names a server for messages.
func serverLabel(s *Server) string { return fmt.Sprintf("server %s/%s", s.backend.name, s.name) }
