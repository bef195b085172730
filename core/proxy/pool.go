package proxy

import "sync"

// lists are lists of idle connections, by the key that a stream has to have for them;
// see stream.connKey.
type lists[L any] struct {
	plain L // of those without a key
	keyed map[string]*L
}

// find gives the list of a key, nil for none.
func (l *lists[L]) find(key string) *L {
	if key == "" {
		return &l.plain
	}
	return l.keyed[key]
}

// of gives the list of a key, which it makes where there is none.
func (l *lists[L]) of(key string) *L {
	list := l.find(key)
	if list == nil {
		if l.keyed == nil {
			l.keyed = map[string]*L{}
		}
		list = new(L)
		l.keyed[key] = list
	}
	return list
}

// each gives every list to f, which reports whether it is empty then: such are forgotten.
func (l *lists[L]) each(f func(list *L) (empty bool)) {
	f(&l.plain)
	for key, list := range l.keyed {
		if f(list) {
			delete(l.keyed, key)
		}
	}
}

// maxKeyed is how many idle connections with keys a server keeps unless pool-max-conn
// says otherwise: clients may choose the names of hosts, and so how many keys there are.
const maxKeyed = 1000

// idlePool keeps idle connections that carry one request at a time, of each key the one
// used last on top.
type idlePool struct {
	mu     sync.Mutex
	lists  lists[idleList]
	n      int
	max    int // -1: no limit, but maxKeyed
	closed bool
}

type idleList struct{ top, end *serverConn }

// full reports whether a pool of n connections has no room for another.
func (p *idlePool) full(n int, key string) bool {
	if p.max < 0 {
		return key != "" && n >= maxKeyed
	}
	return n >= p.max
}

// takeIdle gives an idle connection of the key that has carried at least uses requests.
func (s *Server) takeIdle(key string, uses int) *serverConn {
	p := &s.idle
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lists.find(key)
	if l == nil {
		return nil
	}
	for c := l.top; c != nil; c = c.next {
		if c.reused >= uses && !c.dead.Load() {
			p.unlink(c)
			return c
		}
	}
	return nil
}

// putIdle keeps a connection for another request and reports whether it did.
func (s *Server) putIdle(c *serverConn, now int64) bool {
	p := &s.idle
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || c.dead.Load() || p.full(p.n, c.key) {
		return false
	}
	l := p.lists.of(c.key)
	c.since = now
	c.next = l.top
	if l.top != nil {
		l.top.prev = c
	} else {
		l.end = c
	}
	l.top = c
	p.n++
	return true
}

func (p *idlePool) unlink(c *serverConn) {
	l := p.lists.find(c.key)
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		l.top = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		l.end = c.prev
	}
	c.prev, c.next = nil, nil
	p.n--
}

func (p *idlePool) holds(c *serverConn) bool {
	l := p.lists.find(c.key)
	return c.prev != nil || l != nil && l.top == c
}

// peerClosed is the watcher's word that the server closed c.
func (s *Server) peerClosed(c *serverConn) {
	c.dead.Store(true)
	s.idle.mu.Lock()
	idle := s.idle.holds(c)
	if idle {
		s.idle.unlink(c)
	}
	s.idle.mu.Unlock()
	if idle {
		s.discard(c)
	}
}

// all is later than any tick.
const all = int64(-1)

// purge closes connections that were idle since before tick, or all.
func (s *Server) purge(before int64) {
	for _, c := range s.idle.takeOld(before) {
		s.discard(c)
	}
}

// takeOld takes out the connections that were idle since before tick, or all.
func (p *idlePool) takeOld(before int64) (old []*serverConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lists.each(func(l *idleList) bool {
		for l.end != nil && (before == all || l.end.since <= before) {
			old = append(old, l.end)
			p.unlink(l.end)
		}
		return l.end == nil
	})
	return old
}

// shut has the pool take no more connections.
func (p *idlePool) shut() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
}
