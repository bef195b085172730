package proxy

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http2/limits"
)

// options are a proxy's settings, compiled.
type options struct {
	timeouts   Timeouts
	connMode   ConnMode
	reuse      ReuseMode
	retries    int
	redispatch int // 0: no; 1: at every retry; n: at every nth; -1: at the last
	retryOn    retryOn

	forwardFor *addressField // option forwardfor
	originalTo *addressField
	forwarded  *forwarded
	nameHeader string // http-send-name-header
	errorFiles map[int]*errorFile
	http2      limits.Options // with clients
	h2         HTTP2

	dontLogNull, ignoreProbes bool
	abortOnClose              bool // a client that closes its half while it waits has left
}

// redispatches reports whether the nth retry may go to another server.
func (o *options) redispatches(n int) bool {
	switch {
	case o.redispatch == 0:
		return false
	case o.redispatch < 0:
		return n >= o.retries+1+o.redispatch
	}
	return n%o.redispatch == 0
}

// retryOn are the failures besides those to connect that are retried.
type retryOn struct {
	none, connFailure, emptyResponse, junkResponse, responseTimeout bool
	statuses                                                        map[int]bool
}

func (r *retryOn) allows(f *failure) bool {
	switch {
	case f.op == connecting:
		return r.connFailure
	case f.timeout:
		return r.responseTimeout
	case f.op == parsing:
		return r.junkResponse
	case !f.began:
		return r.emptyResponse
	}
	return false
}

// useServer is one use-server rule.
type useServer struct {
	cond   *expr.Cond
	server *Server
	name   *expr.Format // a name that is found for each stream; server is nil
}
