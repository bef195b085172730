// Package limits is the settings of HTTP/2 apart from HTTP/2 itself, for those who
// keep them and are part of builds without it.
package limits

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Options bound what a connection may cost.
type Options struct {
	// MaxConcurrentStreams is how many streams the peer may have open, and as a
	// client we open, at once. 0 means 100.
	MaxConcurrentStreams int
	// InitialWindowSize is how many bytes a peer may send on a stream before some
	// are read. 0 means 65535.
	InitialWindowSize int
	// MaxFrameSize is the largest frame taken, in bytes. 0 means 16384.
	MaxFrameSize int
	// HeaderTableSize is the size of the table that the peer may compress heads
	// with, in bytes. 0 means 4096.
	HeaderTableSize int
	// MaxHeaderList is the largest head, in bytes of names and values. 0 means 16384.
	MaxHeaderList int
	// MaxFields is the greatest number of fields of a head. 0 means 101.
	MaxFields int
	// ParkAfter is how long Serve waits without streams before it returns
	// httpmsg.ErrIdle; 0: it never does.
	ParkAfter time.Duration
	// IdleTimeout ends a connection without streams; 0: never.
	IdleTimeout time.Duration
	// HeadTimeout ends a connection without streams whose client has not yet sent the
	// whole of its first head, or of a later one that it has begun; 0: as IdleTimeout.
	HeadTimeout time.Duration
	// WriteTimeout ends a connection whose peer reads nothing for so long; 0: never.
	WriteTimeout time.Duration
	// GlitchLimit is how many oddities end the connection. 0 means 1000, of which
	// 20 are forgiven each second; otherwise none are forgiven.
	GlitchLimit int
	// Secure says that the connection runs over TLS.
	Secure bool
	// Breaches count what the peer does against the rules; nil: nobody counts.
	Breaches *httpmsg.Breaches
	// Pool holds the storage of the connection's buffer, for clients.
	Pool *relay.Pool
}
