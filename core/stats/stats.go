// Package stats is what a configuration at work counts, as plain numbers at one
// moment, for those who show them: the names are those of HAProxy's statistics
// (management manual section 9.1).
//
//	if source, ok := env.Table.(stats.Source); ok {
//		snapshot := source.Statistics()
//	}
package stats

import "time"

// Source gives statistics. It is safe for concurrent use, and streams do not wait
// for it.
type Source interface {
	Statistics() Snapshot
}

// Snapshot is everything.
type Snapshot struct {
	Process   Process
	Frontends []Frontend // as configured
	Backends  []Backend  // as configured
	Modules   []Metric   // sorted by name and labels
}

// Metric is a number that a module counts by itself.
type Metric struct {
	Name, Help string
	Labels     []string // names and values in turn
	Gauge      bool
	Value      int64
}

// Counters count what went through something.
type Counters struct {
	// Sessions are those in progress; MaxSessions the most there were at a time,
	// SessionsTotal all; SessionRate those begun in the last second, MaxSessionRate
	// the most in any second.
	Sessions, MaxSessions, SessionsTotal, SessionRate, MaxSessionRate int64
	// BytesIn came from clients, BytesOut went to them.
	BytesIn, BytesOut int64
	// Requests are those of HTTP. Responses are counted by the first digit of
	// their status, [0] for others.
	Requests  int64
	Responses [6]int64
	// What was refused by rules, and what failed.
	RequestsDenied, ResponsesDenied                   int64
	RequestErrors, ConnectionErrors, ResponseErrors   int64
	Retries, Redispatches, ClientAborts, ServerAborts int64
	// Connects are connections opened to servers, Reuses requests sent over one
	// that was there.
	Connects, Reuses int64
	// MPTCP are connections that speak it, MPTCPPlain those that fell back to TCP.
	MPTCP, MPTCPPlain int64
	// Mux is what went against the rules of HTTP/2, and of HTTP/3 on a server's side.
	Mux Breaches
	// Panics are streams ended by a defect.
	Panics int64
	// TLSSessions are TLS handshakes that succeeded, TLSReused those of them that
	// resumed a session, TLSFailed those that failed.
	TLSSessions, TLSReused, TLSFailed int64
}

// Breaches count what peers did that protocols of many streams do not allow.
type Breaches struct {
	Glitches int64 // oddities, of which a connection may have so many
	Conns    int64 // connections that were ended for what the peer did
	Streams  int64 // streams that were reset for it
}

// Process is the process as a whole.
type Process struct {
	Counters
	Version  string
	Started  time.Time
	Threads  int   // processors used at once
	Limit    int64 // of connections, 0 for none
	Parked   int   // idle clients that hold no goroutine
	Buffers  int64 // that hold storage
	BufSize  int   // of one, in bytes
	Stopping bool  // this configuration is being drained
	// MaxTLSConns and MaxTLSRate are limits of TLS, 0 for none.
	MaxTLSConns, MaxTLSRate int64
}

// QUIC counts what the quic@ binds of a frontend refuse.
type QUIC struct {
	// Dropped are packets that were passed over since they belong to no connection,
	// a rule says so, or there were too many; Malformed those that break the protocol's rules.
	Dropped, Malformed int64
	// Refused are connections that rules have refused, Retries the times that a
	// client had to prove its address.
	Refused, Retries int64
	// HalfOpen are handshakes in progress.
	HalfOpen int64
	// Breaches are those of HTTP/3.
	Breaches
}

// Frontend is what faces clients.
type Frontend struct {
	Counters
	QUIC  QUIC
	Name  string
	Limit int64 // of sessions, 0 for none
	Open  bool
}

// Backend is a set of servers.
type Backend struct {
	Counters
	Name           string
	Up             bool // a server takes traffic
	Queued         int64
	MaxQueued      int64 // the most at a time
	Weight         int   // of the servers that take traffic
	UserWeight     int   // the same, whatever slow starts make of it
	Active, Backup int   // servers that take traffic
	Servers        []Server
}

// State is what a server is fit for.
type State string

// The states.
const (
	Up    State = "UP"
	Down  State = "DOWN"
	Maint State = "MAINT"
	Drain State = "DRAIN"
	NoLB  State = "NOLB" // up, with a weight of 0
)

// Server is one server.
type Server struct {
	Counters
	Name       string
	State      State
	Weight     int // in force
	UserWeight int // as configured or set at run time
	SlowStart  int // percent that it has come to, -1 for none in progress
	Queued     int64
	MaxQueued  int64 // the most at a time
	Limit      int64 // of sessions, 0 for none
	QueueLimit int64 // 0 for none
	Backup     bool
	Check      *Check // nil when it is not checked
	Idle       int    // connections kept for another request
	IdleLimit  int64  // of those, -1 for none
}

// Check is what is known by a server's checks.
type Check struct {
	// Code is HAProxy's for the last result, such as L7OK; "" before the first.
	// Status is its HTTP status, 0 for none, Duration how long it took.
	Code     string
	Status   int
	Duration time.Duration
	// Failures are checks that failed while the server was up, Downs the times that
	// it went down.
	Failures, Downs int64
	// Changed is when it went up or down last, Downtime how long it was down in all.
	Changed  time.Time
	Downtime time.Duration
}
