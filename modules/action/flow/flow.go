// Package flow is the actions that end a list of rules or a connection: allow,
// accept, reject, silent-drop, expect-proxy, and those of quic-initial, dgram-drop
// and send-retry; and wait-for-handshake (HAProxy manual section 4.4).
//
//	tcp-request = { connection = [ { do = "reject", unless = "{ src 10.0.0.0/8 }" } ] }
//
// They have no state, and but for silent-drop no settings. What a verdict comes to,
// the engine does.
package flow

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	tcp := expr.In(expr.TCPConnection, expr.TCPSession, expr.TCPContent, expr.TCPResponse)
	register("allow", "Takes the message and looks at no more rules of the list", action.Messages, action.Stop, nil)
	initial := expr.In(expr.QUICInitial)
	register("accept", "Takes the connection and looks at no more rules of the list", tcp|initial, action.Stop, nil)
	register("reject", "Closes the connection without an answer", tcp|initial|expr.In(expr.HTTPRequest), action.Reject, nil)
	register("dgram-drop", "Passes the client's packet over without a word", initial, action.Drop, nil)
	register("send-retry", "Has the client prove its address before the handshake begins (RFC 9000 section 8.1.2)", initial, action.Retry, nil)
	register("wait-for-handshake", "Holds a request that came as early data until the TLS handshake is over", action.Requests, action.Handshake, nil)
	register("expect-proxy", "Says that the client begins with a PROXY protocol header", expr.In(expr.TCPConnection), action.Continue,
		func(tx *action.Tx) { tx.ExpectProxy = true })
}

// Config is the configuration: there is nothing to configure.
type Config struct{}

type step struct {
	phases  expr.Phases
	verdict action.Verdict
	do      func(*action.Tx) // may be nil
}

func register(name, doc string, phases expr.Phases, v action.Verdict, do func(*action.Tx)) {
	module.Register(action.Kind, name, module.Spec[Config, action.Action]{
		Doc: doc,
		New: func(*module.Context, Config) (action.Action, error) { return &step{phases, v, do}, nil },
	})
}

func (a *step) Phases() expr.Phases     { return a.phases }
func (*step) Compile(*expr.Scope) error { return nil }

func (a *step) Run(tx *action.Tx) action.Verdict {
	if a.do != nil {
		a.do(tx)
	}
	return a.verdict
}
