package proxy

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// sharing is the connections to a server that carry many streams at once, and who
// may open streams on them (http-reuse). All of them are some client's, so that one
// that does not read what it gets holds up nobody else, but for "always", with which
// they are everybody's, or nil's. One that carries nothing may become another
// client's, but for "never". Streams of another key (connKey) never have them.
type sharing struct {
	mu      sync.Mutex
	of      map[owner][]*serverSession
	idle    lists[sessionList]
	n       int                     // of those that idle
	opening map[owner]chan struct{} // of whom one is being opened; closed when it is there or failed
	closed  bool
	single  bool // the server chose HTTP/1 last time: streams need not wait for one another
}

// serverSession is a connection to a server that carries many streams.
type serverSession struct {
	httpmsg.ClientSession
	owner      owner
	own        bool         // it never becomes another client's
	tls        *session.TLS // nil where nothing is known
	requests   int          // that it has carried
	spent      bool         // it takes no more streams
	since      int64        // tick at which it became idle
	isIdle     bool
	prev, next *serverSession // in the list of idle ones
}

// owner is whose a connection is, and for streams of which key.
type owner struct {
	client *conn // nil: everybody's
	key    string
}

// sharer is who asks for a stream.
type sharer struct {
	owner
	others bool // idle ones of other clients will do
	own    bool // what it opens never becomes another client's
}

// sharer gives what http-reuse says of the stream (HAProxy manual section 4.2).
// Connections that began by telling of a client are its own.
func (s *stream) sharer() sharer {
	root := s.c
	if root.above != nil {
		root = root.above
	}
	w := sharer{owner: owner{root, s.connKey}}
	switch mode := s.be.opts.reuse; {
	case mode == ReuseNever || s.srv.proxyOut.used():
		w.own = true
	case mode == ReuseAlways:
		w.client = nil
	case mode == ReuseAggressive:
		w.others = true
	default:
		w.others = s.c.facts.Requests > 1 // to the first request they may be a risk
	}
	return w
}

// take opens a stream on a connection that has room, nil when none has.
func (s *Server) take(w sharer) (httpmsg.Stream, *serverSession) {
	p := &s.shared
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := 0; i < len(p.of[w.owner]); {
		x := p.of[w.owner][i]
		if st := p.open(s, x); st != nil {
			return st, x
		}
		if list := p.of[w.owner]; i < len(list) && list[i] == x {
			i++ // else it has ended, and was dropped
		}
	}
	idle := p.idle.find(w.key)
	if !w.others || idle == nil {
		return nil, nil
	}
	for x := idle.newest; x != nil; {
		older := x.prev
		if st := p.open(s, x); st != nil {
			p.leave(x)
			p.join(x, w.owner)
			return st, x
		}
		x = older
	}
	return nil, nil
}

// open opens a stream, nil where there is no room. The lock is held.
func (p *sharing) open(s *Server, x *serverSession) httpmsg.Stream {
	if x.spent {
		return nil
	}
	st, err := x.Open()
	if err != nil {
		if x.spent = !errors.Is(err, httpmsg.ErrBusy); x.spent && x.isIdle {
			p.drop(x)
		}
		return nil
	}
	p.wake(x)
	x.requests++
	x.spent = s.maxReuse >= 0 && x.requests > s.maxReuse
	return st
}

// wake takes a connection off its list where it idles. The lock is held.
func (p *sharing) wake(x *serverSession) {
	if x.isIdle {
		p.idle.find(x.owner.key).remove(x)
		p.n--
	}
}

// join makes a connection somebody's, and leave theirs no more. The lock is held.
func (p *sharing) join(x *serverSession, o owner) {
	if p.of == nil {
		p.of = map[owner][]*serverSession{}
	}
	x.owner = o
	p.of[o] = append(p.of[o], x)
}

func (p *sharing) leave(x *serverSession) {
	list := slices.DeleteFunc(p.of[x.owner], func(y *serverSession) bool { return x == y })
	if len(list) == 0 {
		delete(p.of, x.owner)
		return
	}
	p.of[x.owner] = list
}

// drop closes a connection that carries nothing. The lock is held.
func (p *sharing) drop(x *serverSession) {
	p.wake(x)
	p.leave(x)
	go x.Close() // which may have to write
}

// rested notes that a stream of a connection has ended.
func (s *Server) rested(x *serverSession) {
	p := &s.shared
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.isIdle || x.Streams() > 0 {
		return
	}
	useless := x.own && x.owner.client.gone.Load()
	full := !x.own && s.idle.full(p.n, x.owner.key) // pool-max-conn does not concern one's own
	if p.closed || x.spent || ended(x) || useless || full {
		p.drop(x)
		return
	}
	x.since = relay.Ticks()
	p.idle.of(x.owner.key).push(x)
	p.n++
}

// turn lets one stream at a time of a client open a connection, since what it opens
// may do for all: it reports true for the one that has to, which then calls opened,
// and false after another has. Something from stop ends its wait with errLeft.
func (p *sharing) turn(w sharer, timeout time.Duration, stop <-chan struct{}) (bool, error) {
	p.mu.Lock()
	opening := p.opening[w.owner]
	if opening == nil {
		if p.opening == nil {
			p.opening = map[owner]chan struct{}{}
		}
		p.opening[w.owner] = make(chan struct{})
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
	case <-stop:
		return false, errLeft
	}
}

var errLeft = errors.New("the client has left")

// opened ends a turn: r has the connection, or none to share. It gives a stream on it.
func (s *Server) opened(w sharer, r reached, err error) (httpmsg.Stream, *serverSession, error) {
	x := r.session
	p := &s.shared
	p.mu.Lock()
	defer p.mu.Unlock()
	if opening := p.opening[w.owner]; opening != nil {
		close(opening)
		delete(p.opening, w.owner)
	}
	if err == nil {
		p.single = x == nil
	}
	if err != nil || x == nil {
		return nil, nil, err
	}
	st, err := x.Open()
	if err != nil {
		go x.Close() // it is of no use
		return nil, nil, err
	}
	n := &serverSession{ClientSession: x, own: w.own, tls: r.tls, requests: 1, spent: p.closed || s.maxReuse == 0}
	p.join(n, w.owner)
	return st, n, nil
}

// purge closes the connections that have carried nothing since before tick, or whose
// client is gone that they are kept for, or all that carry nothing.
func (s *Server) purgeShared(before int64) {
	p := &s.shared
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle.each(func(l *sessionList) bool {
		for x := l.oldest; x != nil; {
			newer := x.next
			if before == all || !x.own && x.since <= before || ended(x) || x.own && x.owner.client.gone.Load() {
				p.drop(x)
			}
			x = newer
		}
		return l.oldest == nil
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
	for _, list := range p.of {
		for _, x := range list {
			x.spent = true
		}
	}
}

// sessionList is idle connections in the order in which they became that.
type sessionList struct {
	newest, oldest *serverSession
}

func (l *sessionList) push(x *serverSession) {
	x.isIdle, x.prev = true, l.newest
	if l.newest != nil {
		l.newest.next = x
	} else {
		l.oldest = x
	}
	l.newest = x
}

// remove takes a connection of the list out.
func (l *sessionList) remove(x *serverSession) {
	if x.prev != nil {
		x.prev.next = x.next
	} else {
		l.oldest = x.next
	}
	if x.next != nil {
		x.next.prev = x.prev
	} else {
		l.newest = x.prev
	}
	x.isIdle, x.prev, x.next = false, nil, nil
}
