package expr

import (
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Phase is a point in a stream's life at which expressions are evaluated.
type Phase uint8

// The phases, in the order in which a stream meets them.
const (
	QUICInitial       Phase = iota // quic-initial: the addresses of a packet that begins a connection
	TCPConnection                  // tcp-request connection: addresses only
	TCPSession                     // tcp-request session: after the PROXY header and TLS
	TCPContent                     // tcp-request content: bytes received so far
	HTTPRequest                    // http-request rules, use-backend, log-format of requests
	UseServer                      // use-server, balance expressions
	TCPResponse                    // tcp-response content
	HTTPResponse                   // http-response rules
	HTTPAfterResponse              // http-after-response rules: every response, also our own
	Log                            // the stream's log line
	phases
)

var phaseNames = [...]string{
	"quic-initial", "tcp-request connection", "tcp-request session", "tcp-request content", "http-request",
	"use-server", "tcp-response content", "http-response", "http-after-response", "log",
}

// String gives the phase's name in the words of the configuration.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// Phases is a set of phases.
type Phases uint16

// The sets that most records are legal in.
const (
	Everywhere  Phases = 1<<phases - 1
	FromSession Phases = Everywhere &^ (1<<QUICInitial | 1<<TCPConnection)
	// WithContent: client bytes can be looked at.
	WithContent Phases = 1<<TCPContent | 1<<HTTPRequest | 1<<UseServer
	// WithRequest: a request's head is there. Logs see it as it was kept for them.
	WithRequest Phases = 1<<HTTPRequest | 1<<UseServer | 1<<HTTPResponse | 1<<HTTPAfterResponse | 1<<Log
	// WithResponse: a response's head is there.
	WithResponse Phases = 1<<HTTPResponse | 1<<HTTPAfterResponse | 1<<Log
	// WithStream: a stream exists, so backend and server may be known.
	WithStream Phases = FromSession &^ (1 << TCPSession)
)

// In gives the set of just the phases named.
func In(ps ...Phase) Phases {
	var set Phases
	for _, p := range ps {
		set |= 1 << p
	}
	return set
}

// Has reports whether p is in the set.
func (s Phases) Has(p Phase) bool { return s&(1<<p) != 0 }

// String lists the phases, in their order.
func (s Phases) String() string {
	var names []string
	for p := range phases {
		if s.Has(p) {
			names = append(names, p.String())
		}
	}
	return strings.Join(names, ", ")
}

// Env is what an expression is evaluated on: the facts of a connection and
// stream, the messages, the variables, and scratch space for results. One Env
// belongs to one stream and one goroutine.
//
// Req and Res are nil where there is no such message; fetches must check. In
// the Log phase both may be nil or still there, by what the stream came to.
type Env struct {
	Phase  Phase
	Conn   *session.Conn
	Stream *session.Stream // nil before a stream exists
	Req    *httpmsg.Message
	Res    *httpmsg.Message

	// ReqBody holds the request body's bytes when they were buffered.
	ReqBody []byte
	// Input holds the bytes received so far and not yet forwarded: from the
	// client in TCPContent, from the server in TCPResponse.
	Input []byte
	// InputDone says that Input will not grow: the peer has closed, the buffer
	// is full or the inspection delay is over.
	InputDone bool
	// NeedMore is set by a fetch that cannot answer before Input grows. The
	// engine clears it before an evaluation and then waits for bytes.
	NeedMore bool

	// Now is when the evaluation began; zero means now. Time gives it.
	Now time.Time
	// Vars are the variables of the process, session, transaction, request and response.
	Vars Vars
	// Table finds proxies and servers by name at run time (%[...] in names).
	Table ProxyTable

	scratch []byte
	samples []*Sample // on loan while an expression is evaluated
	lent    int
}

// Time gives the time of the evaluation.
func (e *Env) Time() time.Time {
	if e.Now.IsZero() {
		return time.Now()
	}
	return e.Now
}

// Borrow gives an empty sample until the next giveBack. Samples that are handed
// to records escape to the heap, so each Env keeps its own for all evaluations.
func (e *Env) Borrow() *Sample {
	if e.lent == len(e.samples) {
		e.samples = append(e.samples, new(Sample))
	}
	s := e.samples[e.lent]
	*s = Sample{}
	e.lent++
	return s
}

// GiveBack takes back the sample borrowed last.
func (e *Env) GiveBack() { e.lent-- }

// Scratch gives n bytes of zero length and capacity n that live until Recycle.
func (e *Env) Scratch(n int) []byte {
	if cap(e.scratch)-len(e.scratch) < n {
		e.scratch = make([]byte, 0, max(2*cap(e.scratch), n, 1024))
	}
	off := len(e.scratch)
	e.scratch = e.scratch[:off+n]
	return e.scratch[off : off : off+n]
}

// Recycle takes back all scratch space; samples that view it are void.
func (e *Env) Recycle() { e.scratch = e.scratch[:0] }

// ProxyTable finds the proxies of a configuration.
type ProxyTable interface {
	Frontend(name string) (Proxy, bool)
	Backend(name string) (Proxy, bool)
}

// Proxy is what fetches may ask of a frontend or backend.
type Proxy interface {
	// Conns gives the sessions in progress.
	Conns() int64
	// SessionRate gives the sessions begun over the last second.
	SessionRate() int64
	// Queued gives the streams waiting for a server; 0 for a frontend.
	Queued() int64
	// Servers gives the servers of a backend; nil for a frontend.
	Servers() []Server
	// ConnSlots gives how many more sessions it takes, -1 for no limit.
	ConnSlots() int64
}

// Server is what fetches may ask of a server.
type Server interface {
	Name() string
	// Usable reports whether it takes traffic now.
	Usable() bool
	Conns() int64
	Queued() int64
	// EffectiveWeight gives the weight now, in the configuration's units.
	EffectiveWeight() int
	SessionRate() int64
}
