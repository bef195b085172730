package httpmsg

import (
	"errors"
	"sync/atomic"
)

// Breaches count what peers do that a protocol of many streams does not allow. All
// are safe for concurrent use.
type Breaches struct {
	Glitches atomic.Int64 // oddities, of which each connection may have so many
	Conns    atomic.Int64 // connections that were ended for what the peer did
	Streams  atomic.Int64 // streams that were reset for it
}

// ErrBreach is what the errors of connections are that were ended for what the
// peer did.
var ErrBreach = errors.New("the peer broke the rules of its protocol")
