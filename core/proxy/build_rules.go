package proxy

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/expr"
)

// rules compiles a proxy's rule lists.
func (b *builder) rules(c *config.Proxy, sc *expr.Scope) rules {
	return rules{
		tcpConnection: b.ruleList(c.TCPRequest.Connection, sc.In(expr.TCPConnection)),
		tcpSession:    b.ruleList(c.TCPRequest.Session, sc.In(expr.TCPSession)),
		tcpContent:    b.ruleList(c.TCPRequest.Content, sc.In(expr.TCPContent)),
		httpRequest:   b.ruleList(c.HTTPRequest, sc.In(expr.HTTPRequest)),
		httpResponse:  b.ruleList(c.HTTPResponse, sc.In(expr.HTTPResponse)),
		httpAfter:     b.ruleList(c.HTTPAfterResponse, sc.In(expr.HTTPAfterResponse)),
		inspectDelay:  c.TCPRequest.InspectDelay,
	}
}

func (b *builder) ruleList(list []config.Rule, sc *expr.Scope) []rule {
	var out []rule
	for i := range list {
		c := &list[i]
		cond := b.condition(c.If, c.Unless, sc)
		if a, ok := b.action(c, sc); ok {
			out = append(out, rule{cond, a})
		}
	}
	return out
}

func (b *builder) action(c *config.Rule, sc *expr.Scope) (action.Action, bool) {
	a, ok := instance(b, action.Kind, &c.Do)
	if !ok {
		return nil, false
	}
	if !a.Phases().Has(sc.Phase) {
		e := b.errs.At(c.Do.Pos, c.Do.Path, "the action %q cannot stand in %s rules", c.Do.Type, sc.Phase)
		e.Hint = "it may stand in " + a.Phases().String()
		return nil, false
	}
	b.compiled(&c.Do, a.Compile(sc))
	return a, true
}

// httpOnly reports rules of HTTP in a proxy that is in TCP mode.
func (b *builder) httpOnly(c *config.Proxy, kind, name string) {
	if c.HTTP() {
		return
	}
	for _, l := range []struct {
		key  string
		list []config.Rule
	}{{"http-request", c.HTTPRequest}, {"http-response", c.HTTPResponse}, {"http-after-response", c.HTTPAfterResponse}} {
		if len(l.list) > 0 {
			r := &l.list[0]
			b.errs.At(r.Pos, r.Do.Path, "%s rules need HTTP, but %s %q is in mode %q", l.key, kind, name, config.TCP).
				Hint = `write mode = "http"`
		}
	}
}
