package proxy

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// sharing is how streams share connections to a server that carry many at once.
type sharing struct {
	mu      sync.Mutex
	list    []*serverSession
	opening chan struct{} // closed when the connection being opened is there or failed; nil: none is
	closed  bool
	single  bool // the server chose HTTP/1 last time: streams need not wait for one another
}

// serverSession is a connection to a server that carries many streams.
type serverSession struct {
	httpmsg.ClientSession
	spent bool  // it takes no more streams
	used  int64 // tick at which it was last seen with a stream
}

// take opens a stream on a connection that has room, nil when none has.
func (p *sharing) take() httpmsg.Stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.list {
		if x.spent {
			continue
		}
		st, err := x.Open()
		if err == nil {
			return st
		}
		x.spent = !errors.Is(err, httpmsg.ErrBusy)
	}
	return nil
}

// turn lets one stream at a time open a connection, since what it opens may do
// for all: it reports true for the one that has to, which then calls opened,
// and false after another has.
func (p *sharing) turn(timeout time.Duration) (bool, error) {
	p.mu.Lock()
	opening := p.opening
	if opening == nil {
		p.opening = make(chan struct{})
	}
	alone := opening == nil || p.single
	p.mu.Unlock()
	if alone {
		return true, nil
	}
	var expired <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		expired = t.C
	}
	select {
	case <-opening:
		return false, nil
	case <-expired:
		return false, os.ErrDeadlineExceeded
	}
}

// opened ends a turn: x is the connection, nil where it is none to share.
func (p *sharing) opened(x httpmsg.ClientSession, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.opening != nil {
		close(p.opening)
		p.opening = nil
	}
	if err == nil {
		p.single = x == nil
	}
	if x != nil {
		p.list = append(p.list, &serverSession{ClientSession: x, used: relay.Ticks(), spent: p.closed})
	}
}

// purge closes the connections that carry nothing and take no more, or have
// carried nothing since before tick, or all that carry nothing.
func (p *sharing) purge(before int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := relay.Ticks()
	p.list = slices.DeleteFunc(p.list, func(x *serverSession) bool {
		if x.Streams() > 0 {
			x.used = now
			return false
		}
		if x.spent || before == all || x.used <= before || ended(x) {
			_ = x.Close() // nothing depends on it
			return true
		}
		return false
	})
}

func ended(x *serverSession) bool {
	select {
	case <-x.Done():
		return true
	default:
		return false
	}
}

// shut has streams share connections no more.
func (p *sharing) shut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, x := range p.list {
		x.spent = true
	}
}
