package proxy

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Frontend accepts clients and decides where their requests go.
type Frontend struct {
	Counters

	engine *Engine
	graph  *Graph
	log    *slog.Logger
	name   string
	id     int
	http   bool
	mode   Mode // nil: tcp
	opts   *options
	binds  []*Bind

	rules          rules
	captures       expr.Captures
	switching      []backendRule
	defaultBackend *Backend
	logs           logging
	slots          slots
	monitorURI     []byte // answered here; empty for none
	monitorFail    []*expr.Cond
	uniqueID       *expr.Format
	uniqueIDHeader string
	httpsPort      int    // where clients without TLS are sent to, 0 for nowhere
	altSvc         string // what clients by TLS are told of HTTP/3

	stopping atomic.Bool
	conns    connSet
}

// Bind is one bind line of a frontend.
type Bind struct {
	name      string
	id        int
	at        tree.Text // in the configuration
	places    []place
	options   protocol.ListenOptions
	listeners []listener
	tls       layer.Acceptor // nil: plain
	shaken    layer.Counters // its handshakes
	redirects bool           // its clients are sent to the frontend's httpsPort
	http1     bool           // clients without TLS speak that version of HTTP alone
	http2     bool
	proxyFrom proxySources
	maxConn   slots
}

// listener is an open listener and the name of its protocol.
type listener struct {
	protocol.Listener
	protocol string
}

// accept waits for a connection, or a session where the protocol gives those.
func (l listener) accept(info *protocol.Accepted) (*relay.Conn, httpmsg.ServerSession, error) {
	if sl, ok := l.Listener.(protocol.SessionListener); ok {
		x, err := sl.AcceptSession(info)
		return nil, x, err
	}
	rc, err := l.Accept(info)
	return rc, nil, err
}

// backendRule is one use-backend rule.
type backendRule struct {
	cond    *expr.Cond
	backend *Backend     // nil when the name is a format
	name    *expr.Format // a name that is found for each request
}

// choose gives the backend for a stream, nil when there is none.
func (f *Frontend) choose(e *expr.Env) *Backend {
	e.Phase = expr.HTTPRequest
	if !f.http {
		e.Phase = expr.TCPContent
	}
	for i := range f.switching {
		r := &f.switching[i]
		if r.cond != nil && !r.cond.Eval(e) {
			continue
		}
		if r.backend != nil {
			return r.backend
		}
		if be := f.graph.backends[string(r.name.Append(e.Scratch(128), e))]; be != nil {
			return be
		}
	}
	return f.defaultBackend
}

// serve accepts on every listener until Close.
func (f *Frontend) serve(wg *sync.WaitGroup) {
	for _, b := range f.binds {
		for _, l := range b.listeners {
			wg.Add(1)
			go func() {
				defer wg.Done()
				f.accept(b, l)
			}()
		}
	}
}

// accept takes connections while the process, the frontend and the bind have
// slots for them.
func (f *Frontend) accept(b *Bind, l listener) {
	stopped := f.stopping.Load
	for f.engine.slots.take(stopped) {
		if !f.slots.take(stopped) {
			f.engine.slots.give()
			return
		}
		if !b.maxConn.take(stopped) {
			f.slots.give()
			f.engine.slots.give()
			return
		}
		if !f.acceptOne(b, l) {
			b.maxConn.give()
			f.slots.give()
			f.engine.slots.give()
			return
		}
	}
}

// acceptOne reports false when the listener was closed.
func (f *Frontend) acceptOne(b *Bind, l listener) bool {
	var info protocol.Accepted
	for {
		rc, x, err := l.accept(&info)
		if errors.Is(err, net.ErrClosed) {
			return false
		}
		if err != nil {
			f.acceptFailed(err)
			continue
		}
		if f.engine.Tuning.RejectPrivileged && x == nil && info.Src.IsValid() && info.Src.Port() < privileged {
			_ = rc.Close() // nobody is told
			f.ReqDenied.Add(1)
			continue
		}
		c := &conn{Conn: rc, fe: f, bind: b}
		if x != nil {
			f.adoptSession(c, x, info.TLS)
			rc = c.Conn
		}
		c.in.Pool = f.engine.pool
		c.facts.ID = f.engine.lastID.Add(1)
		c.facts.Src, c.facts.Dst = info.Src, info.Dst
		c.facts.RealSrc, c.facts.RealDst = info.Src, info.Dst
		c.facts.FD = rc.FD()
		if rc.MPTCP() {
			f.MPTCP.Add(1)
		} else if l.protocol == "mptcp" {
			f.MPTCPPlain.Add(1)
		}
		c.facts.Protocol, c.facts.Bind, c.facts.BindID = l.protocol, b.name, b.id
		c.facts.Accepted = time.Now()
		f.enter()
		f.engine.Counters.enter()
		f.conns.add(c)
		f.engine.workers.Go(c)
		return true
	}
}

// privileged is the first port that any user's program may have (RFC 6335 section 6).
const privileged = 1024

// acceptFailed waits out what keeps connections from being accepted, such as a
// shortage of descriptors, instead of spinning on it.
func (f *Frontend) acceptFailed(err error) {
	f.ConErrors.Add(1)
	f.log.Warn("cannot accept connections", "frontend", f.name, "error", err)
	time.Sleep(100 * time.Millisecond)
}

// departed counts a connection out.
func (f *Frontend) departed(c *conn) {
	f.conns.remove(c)
	f.leave()
	f.engine.Counters.leave()
	c.bind.maxConn.give()
	f.slots.give()
	f.engine.slots.give()
}

// connSet knows the connections of a frontend, in shards so that accepting on
// several processors does not contend.
type connSet struct {
	shards [16]struct {
		mu sync.Mutex
		m  map[*conn]struct{}
		_  [40]byte
	}
}

func (s *connSet) add(c *conn) {
	sh := &s.shards[c.facts.ID%16]
	sh.mu.Lock()
	if sh.m == nil {
		sh.m = map[*conn]struct{}{}
	}
	sh.m[c] = struct{}{}
	sh.mu.Unlock()
}

func (s *connSet) remove(c *conn) {
	sh := &s.shards[c.facts.ID%16]
	sh.mu.Lock()
	delete(sh.m, c)
	sh.mu.Unlock()
}

// each calls fn for every connection, with the shard locked.
func (s *connSet) each(fn func(*conn)) {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for c := range sh.m {
			fn(c)
		}
		sh.mu.Unlock()
	}
}

// The methods of expr.Proxy.

// Name gives the frontend's name.
func (f *Frontend) Name() string { return f.name }

// Conns gives the connections in progress.
func (f *Frontend) Conns() int64 { return f.Cur.Load() }

// Queued gives 0: frontends have no queue.
func (f *Frontend) Queued() int64 { return 0 }

// Servers gives nil.
func (f *Frontend) Servers() []expr.Server { return nil }

// ConnSlots gives how many more connections are taken, -1 without a limit.
func (f *Frontend) ConnSlots() int64 {
	if f.slots.limit == 0 {
		return -1
	}
	return max(0, f.slots.limit-f.slots.taken.Load())
}
