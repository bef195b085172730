package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
)

// Timeouts are a proxy's; 0 means none.
type Timeouts struct {
	Connect, Client, Server, Queue, HTTPRequest, KeepAlive time.Duration
	Tunnel, ClientFin, ServerFin, Tarpit, Check            time.Duration
}

// ReuseMode is http-reuse.
type ReuseMode uint8

// The modes of http-reuse, HAProxy manual section 4.2.
const (
	ReuseSafe ReuseMode = iota
	ReuseNever
	ReuseAggressive
	ReuseAlways
)

// Backend is a set of servers and how a stream gets to one.
type Backend struct {
	Counters

	engine *Engine
	graph  *Graph
	name   string
	id     int
	http   bool
	opts   *options
	logs   logs.Targets // for what becomes of its servers

	logChecks bool // option log-health-checks

	servers  []*Server
	listed   []expr.Server // the same for expressions
	balance  balancer.Balancer
	observer balancer.Observer // balance, when it learns; else nil
	picker   atomic.Pointer[picker]
	update   sync.Mutex
	waiting  queue

	rules       rules
	useServer   []useServer
	allBackups  bool
	persistence cookiePolicy
	ignoreDown  bool // option persist: a cookie's server is used even when it is down
}

// picker is the choice among the servers that take traffic now.
type picker struct {
	balancer.Picker
	usable []*Server
	total  int // sum of weights
}

// Refresh makes the picker anew after a server's state or weight changed.
func (b *Backend) Refresh() {
	b.update.Lock()
	defer b.update.Unlock()
	usable := b.usable()
	set := make([]balancer.Server, len(usable))
	total := 0
	for i, s := range usable {
		set[i] = s
		total += s.Weight()
	}
	b.picker.Store(&picker{b.balance.Update(set), usable, total})
	// Streams that waited for want of any server may have one now.
	for _, s := range usable {
		for b.waiting.len() > 0 && s.occupy() {
			if !b.waiting.grant(s) {
				s.release()
				break
			}
		}
	}
}

// usable gives the servers to balance over: those in front, or the first
// backup (all of them with option allbackups) when none is left.
func (b *Backend) usable() (set []*Server) {
	for _, s := range b.servers {
		if !s.backup && s.Usable() {
			set = append(set, s)
		}
	}
	if len(set) > 0 {
		return set
	}
	for _, s := range b.servers {
		if s.backup && s.Usable() {
			set = append(set, s)
			if !b.allBackups {
				break
			}
		}
	}
	return set
}

// pick chooses a server and takes a slot of it. It returns the server whose
// queue the stream has to join when that one is bound to be used but full, and
// nothing when all are full (join the backend's queue) or none is there.
func (b *Backend) pick(r *balancer.Request) (taken, full *Server) {
	p := b.picker.Load()
	if len(p.usable) == 0 {
		return nil, nil
	}
	for range 2 * len(p.usable) {
		got := p.Pick(r)
		if got == nil {
			return nil, nil
		}
		s := got.(*Server)
		if s.occupy() {
			return s, nil
		}
		full = s // lost a race for the last slot, or affinity holds
		if s.Full() {
			r.Avoid = nil
		}
	}
	return nil, full
}

// The methods of expr.Proxy.

// Name gives the backend's name.
func (b *Backend) Name() string { return b.name }

// Conns gives the sessions in progress.
func (b *Backend) Conns() int64 { return b.Cur.Load() }

// Queued gives the streams that wait, at the backend and its servers.
func (b *Backend) Queued() int64 {
	n := b.waiting.len()
	for _, s := range b.servers {
		n += s.waiting.len()
	}
	return n
}

// Servers gives the servers.
func (b *Backend) Servers() []expr.Server {
	return b.listed
}

// ConnSlots gives the free slots of all usable servers, -1 when one has no limit.
func (b *Backend) ConnSlots() int64 {
	n := int64(0)
	for _, s := range b.servers {
		if !s.Usable() {
			continue
		}
		if s.maxConn == 0 {
			return -1
		}
		n += max(0, s.maxConn-s.served.Load())
	}
	return n
}

// Queued gives the streams waiting for this server.
func (s *Server) Queued() int64 { return s.waiting.len() }
