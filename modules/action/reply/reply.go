// Package reply is the actions that answer a request here: return, deny, tarpit,
// auth and redirect (HAProxy manual section 4.3).
//
//	http-request = [
//	  { do = "redirect", scheme = "https", unless = "{ ssl_fc }" },
//	  { do = "return", status = 200, content-type = "text/plain", string = "ok", if = "{ path /health }" },
//	  { do = "deny", status = 429, if = "bad" },
//	]
package reply

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	both := expr.In(expr.HTTPRequest, expr.HTTPResponse)
	register("return", "Answers with a response of its own", both, 200, false, action.Answer)
	register("deny", "Refuses the message", both, 403, true, action.Answer)
	register("tarpit", "Refuses the request after having held it for timeout tarpit", action.Requests, 500, true, action.Tarpit)
}

func register(name, doc string, phases expr.Phases, status int, denied bool, v action.Verdict) {
	module.Register(action.Kind, name, module.Spec[Content, action.Action]{
		Doc: doc,
		New: func(_ *module.Context, c Content) (action.Action, error) {
			out, err := newContent(c, status, denied)
			return &answer{out, phases, v}, err
		},
	})
}

type answer struct {
	*content
	phases  expr.Phases
	verdict action.Verdict
}

func (a *answer) Phases() expr.Phases { return a.phases }

func (a *answer) Run(tx *action.Tx) action.Verdict {
	a.fill(tx)
	return a.verdict
}
