package http2

import (
	"github.com/fairleadproxy/fairlead/core/http2/limits"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// Options bound what a connection may cost.
type Options = limits.Options

// The limits of RFC 9113.
const (
	defaultWindow    = 65535
	defaultFrameSize = 16384
	defaultTableSize = 4096
	maxWindow        = 1<<31 - 1
	maxFrameSize     = 1<<24 - 1
)

// connWindow is what a peer may send on all its streams before some is read.
const connWindow = 1 << 20

// settled gives the options with their defaults.
func settled(o *Options) Options {
	s := *o
	if s.Breaches == nil {
		s.Breaches = &httpmsg.Breaches{}
	}
	for _, d := range []struct {
		into *int
		def  int
	}{
		{&s.MaxConcurrentStreams, 100}, {&s.InitialWindowSize, defaultWindow}, {&s.MaxFrameSize, defaultFrameSize},
		{&s.MaxHeaderList, 16384}, {&s.MaxFields, 101}, {&s.HeaderTableSize, defaultTableSize},
	} {
		if *d.into == 0 {
			*d.into = d.def
		}
	}
	return s
}
