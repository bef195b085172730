// Package balancer is the contract of load-balancing algorithms, for TCP and
// HTTP alike.
//
// A Balancer turns a set of servers into a Picker whenever the set or a weight
// changes; Pickers are immutable apart from atomics and are used by all streams
// at once. What must survive a change of the set, such as a round-robin
// position, lives in the Balancer.
//
// It does not retry, queue or check: core/proxy does.
package balancer

import (
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Kind is the kind of balancer modules: balance = "NAME" in a backend.
var Kind = module.NewKind[Balancer]("balancer")

// Balancer makes pickers.
type Balancer interface {
	// Update is called when the set of servers that take traffic, or one of
	// their weights, changes; never by two goroutines at once. servers are in
	// the order of the configuration, with a weight above zero, and may be none.
	// The slice is the picker's to keep.
	Update(servers []Server) Picker
}

// Compiler is implemented by balancers that evaluate expressions (hash on a
// key); Compile is called once, before the first Update.
type Compiler interface {
	Compile(sc *expr.Scope) error
}

// Picker chooses a server for a stream.
type Picker interface {
	// Pick returns a server, or nil when none of the set can take the stream
	// now: then it waits in the backend's queue. It is called by many
	// goroutines at once and must neither block nor allocate. A picker that
	// must keep a stream's affinity may return a full server: then the stream
	// waits in that server's queue.
	Pick(r *Request) Server
}

// Server is a server as balancers see it. Implementations are comparable pointers.
type Server interface {
	// Name is the name within the backend, ID its number from 1 (HAProxy's puid).
	Name() string
	ID() int
	// Weight is the effective weight, slow start included: 1 to 4096, 16 for
	// each unit of the configuration's.
	Weight() int
	// Conns counts the streams being served and queued at the server.
	Conns() int64
	// Full reports whether the server is at its maxconn.
	Full() bool
}

// Observer is implemented by balancers that learn from finished requests, such
// as by latency. It is called by the streams' goroutines.
type Observer interface {
	// Observe says how long the server took to begin its response (HTTP: Tr,
	// TCP: Tc), in nanoseconds, and whether it failed.
	Observe(s Server, nanoseconds int64, failed bool)
}

// Request is the stream that wants a server.
type Request struct {
	// Env is the stream's, for expressions; nil in tests and checks.
	Env *expr.Env
	// Src is the client's address.
	Src netip.Addr
	// Avoid is a server that has just failed this stream, or nil. A picker
	// returns another one where it can.
	Avoid Server
}

// HashTyped is implemented by balancers that hash; SetHashType is called before
// Compile with the backend's hash-type and hash-balance-factor (HAProxy manual
// section 4.2), whose words are "" where nothing was configured. A balancer's
// own settings come before these.
type HashTyped interface {
	SetHashType(method, function, modifier string, factor int)
}
