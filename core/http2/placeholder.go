// Package http2: placeholder so that core/proxy builds until the engine is here; delete this file with the first real one.
package http2

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

type Options struct {
	MaxConcurrentStreams, InitialWindowSize, MaxFrameSize, HeaderTableSize, MaxHeaderList, MaxFields, GlitchLimit int
	ParkAfter, IdleTimeout, WriteTimeout                                                                          time.Duration
	Pool                                                                                                          *relay.Pool
}
type Conn struct{ httpmsg.ServerSession }
type ClientConn struct{ httpmsg.ClientSession }

func NewServer(c *relay.Conn, in *relay.Buffer, o *Options) *Conn { return nil }
func NewClient(c *relay.Conn, o *Options) (*ClientConn, error)    { return nil, nil }
func Preface(b []byte) (bool, bool)                               { return false, false }
