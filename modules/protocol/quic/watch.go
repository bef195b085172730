package quic

import (
	"context"
	"errors"
	"sync"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// watch is a wait for the peer to abort a stream.
type watch struct {
	stop func() bool

	mu sync.Mutex
	w  httpmsg.Watcher // nil: nobody is to be told
	x  *stream
}

// Watch has a watcher told when the peer wants no more of the stream, or is gone.
func (x *stream) Watch(w httpmsg.Watcher) {
	if old := x.watched; old != nil {
		x.watched = nil
		old.stop()
		old.mu.Lock()
		old.w = nil
		old.mu.Unlock()
	}
	if w == nil {
		return
	}
	next := &watch{w: w, x: x}
	sending := x.q.Context()
	next.stop = context.AfterFunc(sending, func() { next.tell(context.Cause(sending)) })
	x.watched = next
}

// tell tells of the end of our direction, unless it is one of our own.
func (n *watch) tell(why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var se *quic.StreamError
	switch {
	case n.w == nil:
		return
	case errors.As(why, &se):
		if !se.Remote {
			return
		}
		n.x.resetCode.Store(uint64(se.ErrorCode))
		n.x.reset.Store(true)
	case errors.Is(why, quic.ErrStreamClosed):
		return // all was sent
	}
	n.w.Aborted()
	n.w = nil
}
