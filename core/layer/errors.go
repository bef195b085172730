package layer

import (
	"errors"
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/session"
)

// ErrAnswered ends the connection of an authority, which wanted the handshake only.
var ErrAnswered = errors.New("an authority's question was answered")

// Error is why a handshake failed.
type Error struct {
	Cause Cause
	// Conn is the same by HAProxy's numbers, as logs and fc_err tell it.
	Conn session.ConnError
	Err  error
}

func (e *Error) Error() string { return e.Cause.String() + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Cause is why a handshake failed, in a word to count by.
type Cause uint8

// The causes.
const (
	Other       Cause = iota
	Gone              // the client left before it was over
	Timeout           // it took too long, or waited too long to begin
	Plain             // the client spoke plain HTTP
	Malformed         // what came is not TLS, or breaks its rules
	Protocol          // no application protocol in common (ALPN)
	Nothing           // no version, cipher or curve in common
	Name              // no certificate for the name
	Certificate       // the other side's certificate was missing or refused
	Refused           // the other side sent an alert, as when it does not trust our certificate
	causes
)

func (c Cause) String() string {
	return [causes]string{
		"other", "gone", "timeout", "plain", "malformed", "alpn", "unsupported", "unknown-name", "certificate", "alert",
	}[c]
}

// Counters count the handshakes of a bind, a frontend or a server. All are safe for
// concurrent use.
type Counters struct {
	Sessions atomic.Int64 // ssl_sess: handshakes that succeeded
	Resumed  atomic.Int64 // ssl_reused_sess: those of them that resumed a session
	Failed   atomic.Int64 // ssl_failed_handshake
	Causes   [causes]atomic.Int64
}

// Count counts a handshake: one that succeeded, with what is known of it, or one
// that failed with an *Error. What failed before it began is not counted.
func (c *Counters) Count(t *session.TLS, err error) {
	var e *Error
	switch {
	case t != nil:
		c.Sessions.Add(1)
		if t.Resumed {
			c.Resumed.Add(1)
		}
	case errors.As(err, &e):
		c.Failed.Add(1)
		c.Causes[e.Cause].Add(1)
	}
}
