// Package action is the contract of rule actions: what the tables of
// quic-initial, http-request, http-response, http-after-response, tcp-request
// and tcp-response rules do, as in { do = "set-header", name = "X", value = "%[src]" }.
//
// A module registers a declarative config struct and an Action made of it:
//
//	func init() {
//		module.Register(action.Kind, "set-header", module.Spec[Config, action.Action]{
//			Doc: "sets a header field", New: New,
//		})
//	}
//
// Actions are compiled once and then run by many streams at a time: Run must
// not change the action. It runs on the stream's goroutine, must not block and
// should not allocate.
package action

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Kind is the kind of action modules.
var Kind = module.NewKind[Action]("action")

// Action is one rule's effect.
type Action interface {
	// Phases gives the rule lists in which the action may stand.
	Phases() expr.Phases
	// Compile parses the action's expressions for the list it stands in
	// (sc.Phase). It is called once, before any Run. Errors may be
	// *module.FieldError to point at a config field, about an *expr.Error too.
	Compile(sc *expr.Scope) error
	// Run does it.
	Run(tx *Tx) Verdict
}

// Verdict is what follows an action.
type Verdict uint8

// The verdicts.
const (
	Continue  Verdict = iota // evaluate the next rule
	Stop                     // evaluate no more rules of this list (allow, accept)
	Answer                   // send Tx.Reply to the client and end the stream
	Tarpit                   // hold the client for timeout tarpit, then Answer
	Reject                   // close the connection without an answer
	Wait                     // bytes are missing: run the same rule again when they came
	Handshake                // go on with the next rule once the TLS handshake is over
	Drop                     // of quic-initial: pass the packet over without a word
	Retry                    // of quic-initial: have the client prove its address
)

// Tx is the stream an action works on.
type Tx struct {
	*expr.Env

	// Reply is what Answer sends.
	Reply Reply
	// ExpectProxy, set in tcp-request connection, says that the client begins
	// with a PROXY protocol header.
	ExpectProxy bool
	// Silent, set with Reject, has the client not told.
	Silent *SilentDrop
	// Nice, LogLevel and so on are the stream's own settings that actions change.
	LogLevel string // "" unchanged, "silent" for no log
}

// SilentDrop is how a connection is closed without telling the client.
type SilentDrop struct {
	TTL int // hops that a reset lives for; 0: none is sent, where that can be
}

// Reply is a response made here.
type Reply struct {
	// Status is the status code.
	Status int
	// Errorfile says that the proxy's error page for Status is sent, and the
	// fields below only when there is none.
	Errorfile bool
	// ContentType is that of Body, "" for none.
	ContentType string
	// Header holds further fields.
	Header []Field
	// Body is the body; it is not kept beyond the answer.
	Body []byte
	// Denied says that the stream was refused: it counts and is logged as such.
	Denied bool
	// Close ends the connection after the answer.
	Close bool
}

// Field is one header field of a Reply.
type Field struct {
	Name  string
	Value []byte
}

// Reset empties the reply, keeping its storage.
func (r *Reply) Reset() {
	clear(r.Header)
	*r = Reply{Header: r.Header[:0]}
}
