package protocol

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/session"
)

// SessionOptions are the options of session listeners. The functions may be
// called by any goroutine.
type SessionOptions struct {
	SessionTuning
	// Name is that of the frontend.
	Name string
	// EarlyData takes requests that come before the handshake is over (allow-0rtt).
	EarlyData bool
	// ForceRetry has every client prove its address (quic-force-retry).
	ForceRetry bool
	// RejectPrivileged passes over packets from ports below 1024.
	RejectPrivileged bool
	// IdleTimeout ends a connection whose client has no request in progress, and
	// HeadTimeout one of a client that has not begun any; 0: never.
	IdleTimeout, HeadTimeout time.Duration

	// Judge says what to do with a packet that begins a connection. It must not
	// block. nil: every one is taken.
	Judge func(src, dst netip.AddrPort) Packet
	// Begin waits until a handshake may begin. The connection counts for as long
	// as ctx lasts. nil: at once.
	Begin func(ctx context.Context) error
	// Shook is told how each handshake ended: facts are nil where it failed. It may
	// be nil.
	Shook func(src, dst netip.AddrPort, facts *session.TLS, err error)
	// Counters count what is refused. nil: nobody does.
	Counters *SessionCounters
}

// Packet is what to do with a packet that begins a connection.
type Packet uint8

// What may be done.
const (
	Take   Packet = iota
	Drop          // pass it over without a word
	Refuse        // tell the client that its connection is refused
	Prove         // have the client prove its address first
)

// SessionTuning are limits of sessions; zero values mean the protocol's own.
type SessionTuning struct {
	MaxIdle        time.Duration // without any packet
	MaxStreams     int           // that the client, or we of a server's, may have open at once
	MaxRequests    int           // of a connection, which then begins no more
	Window         int64         // bytes in flight to us over a connection
	StreamWindow   int64         // over one stream
	RetryThreshold int           // handshakes in progress beyond which clients prove their addresses
	GlitchLimit    int           // oddities that end a connection
	MaxHead        int           // bytes of a head
	MaxFields      int           // of a head
	NoGSO          bool          // send packets one by one
	QLog           string        // the directory that records of connections are written to
	CountDropped   bool          // count also packets that are dropped within connections
}

// SessionCounters count what session listeners refuse. All are safe for
// concurrent use.
type SessionCounters struct {
	Dropped   atomic.Int64 // packets that were passed over: of no connection, unwanted, or too many
	Malformed atomic.Int64 // packets that were passed over since they break the protocol's rules
	Refused   atomic.Int64 // connections that were refused
	Retries   atomic.Int64 // times that a client was to prove its address
	HalfOpen  atomic.Int64 // handshakes in progress

	httpmsg.Breaches
}
