// Package reply is the actions that answer a request here: return, deny, tarpit,
// auth and redirect (HAProxy manual section 4.4).
//
//	http-request = [
//	  { do = "redirect", scheme = "https", unless = "{ ssl_fc }" },
//	  { do = "return", status = 200, content-type = "text/plain", string = "ok", if = "{ path /health }" },
//	  { do = "deny", status = 429, if = "bad" },
//	]
//
// Files are read once, at start. Bytes in a header field that would end its line
// become spaces. The actions hold no state of streams: they may run for many at
// a time. Sending the reply, and the error responses of proxies, are the
// engine's.
package reply

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	both := expr.In(expr.HTTPRequest, expr.HTTPResponse)
	register("return", "Answers with a response of its own", both, false, action.Answer, func(expr.Phase) int { return 200 })
	register("deny", "Refuses the message", both, true, action.Answer, func(p expr.Phase) int {
		if p == expr.HTTPResponse {
			return 502
		}
		return 403
	})
	register("tarpit", "Refuses the request after having held it for timeout tarpit", action.Requests, true, action.Tarpit,
		func(expr.Phase) int { return 500 })
}

func register(name, doc string, phases expr.Phases, denied bool, v action.Verdict, status func(expr.Phase) int) {
	module.Register(action.Kind, name, module.Spec[Content, action.Action]{
		Doc: doc,
		New: func(_ *module.Context, c Content) (action.Action, error) {
			return &answer{&content{c: c, denied: denied, status: status}, phases, v}, c.check()
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
