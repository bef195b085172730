package proxy

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/mptcp"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Server is one server of a backend.
type Server struct {
	Counters

	name    string
	id      int
	backend *Backend
	spec    address.Address // as configured
	at      tree.Text       // in the configuration
	addr    atomic.Pointer[netip.AddrPort]
	path    string // of a unix server
	proto   protocol.Protocol
	dial    protocol.DialOptions

	tls      layer.Connector // nil: plain
	http2    bool            // it speaks HTTP/2 without being asked
	mayShare bool            // its connections may carry many streams at once
	ws       *speech         // for WebSocket, nil where that goes as other requests do
	sni      *expr.Expr      // the name in the handshake, nil for the configured one
	poolName *expr.Expr      // pool-conn-name, nil for that of sni

	perClient bool // the address depends on the one that the client connected to

	maxConn  int64 // 0: no limit
	maxQueue int64
	backup   bool
	proxyOut proxyHeader // send-proxy
	cookie   string

	checks      checking
	errorsInRow atomic.Int32 // of streams, for observe

	slowStart  time.Duration
	maxReuse   int // how many requests a connection carries after its first; -1: no limit
	purgeDelay time.Duration

	weight  atomic.Int64 // as configured or set at run time, 0..256
	factor  atomic.Int64 // slow start: per mille of the weight
	up      atomic.Bool  // health
	admin   atomic.Int32 // maintenance, drain
	served  atomic.Int64 // streams that hold a slot
	waiting queue

	idle   idlePool
	shared sharing
}

// fullWeight is the factor of a server whose slow start is over, per mille.
const fullWeight = 1000

// Administrative states.
const (
	Ready int32 = iota
	Drain
	Maint
)

// The methods of balancer.Server and expr.Server.

// Name gives the server's name in its backend.
func (s *Server) Name() string { return s.name }

// ID gives the server's number, from 1.
func (s *Server) ID() int { return s.id }

// weightScale makes room below a weight of 1 for slow starts.
const weightScale = 16

// Weight gives the effective weight, scaled, as balancers want it.
func (s *Server) Weight() int {
	w := s.weight.Load()
	if w == 0 {
		return 0
	}
	return int(max(1, w*weightScale*s.factor.Load()/fullWeight))
}

// EffectiveWeight gives the same in the configuration's units.
func (s *Server) EffectiveWeight() int { return (s.Weight() + weightScale - 1) / weightScale }

// Conns gives the streams served and queued here.
func (s *Server) Conns() int64 { return s.served.Load() + s.waiting.len() }

// Full reports whether the server serves maxconn streams.
func (s *Server) Full() bool { return s.maxConn > 0 && s.served.Load() >= s.maxConn }

// Usable reports whether the server takes traffic that is balanced.
func (s *Server) Usable() bool { return s.up.Load() && s.admin.Load() == Ready && s.weight.Load() > 0 }

// Persistent reports whether it takes traffic that is bound to it by a cookie or rule.
func (s *Server) Persistent() bool { return s.up.Load() && s.admin.Load() != Maint }

// serverConn is a connection to a server.
type serverConn struct {
	*relay.Conn
	in     relay.Buffer
	server *Server
	tls    *session.TLS // what is known of it, nil for plain
	key    string       // what a stream has to have as well; see connKey
	reused int          // requests it has carried before this one
	once   bool         // it is not to be used again
	dead   atomic.Bool  // its peer has closed while it was idle
	since  int64        // tick at which it became idle
	prev   *serverConn  // in the idle pool
	next   *serverConn

	x       httpmsg.Stream        // a stream of a session; nil: the connection carries one request at a time
	session httpmsg.ClientSession // ends with the stream; nil: it stays
	shared  *serverSession        // which stays
}

// discard closes a connection that is in no pool.
func (s *Server) discard(c *serverConn) {
	if c.x != nil {
		s.discardStream(c)
		return
	}
	s.backend.engine.watcher.Forget(c.Conn)
	c.in.Release()
	s.multipath(c.Conn)
	c.Close()
}

// streamConn makes the connection of a stream of a session, which ends with it
// where one is given.
func (s *Server) streamConn(x httpmsg.Stream, session httpmsg.ClientSession, facts *session.TLS, reused bool) *serverConn {
	c := s.backend.engine.serverStreams.Get().(*serverConn)
	c.Conn.Wrap(x)
	c.x, c.session, c.server, c.tls, c.reused = x, session, s, facts, 0
	if reused {
		c.reused = 1
	}
	c.in.Pool = s.backend.engine.pool
	return c
}

// sharedConn is streamConn for a session that stays.
func (s *Server) sharedConn(x httpmsg.Stream, shared *serverSession, reused bool) *serverConn {
	c := s.streamConn(x, nil, shared.tls, reused)
	c.shared = shared
	return c
}

// discardStream ends a stream of a session, and the session that is its own.
func (s *Server) discardStream(c *serverConn) {
	c.in.Release()
	_ = c.Close() // it has ended, or was cancelled
	if c.session != nil {
		_ = c.session.Close() // nothing depends on it
	}
	if c.shared != nil {
		s.rested(c.shared)
	}
	c.x, c.session, c.shared, c.server, c.tls = nil, nil, nil, nil, nil
	s.backend.engine.serverStreams.Put(c)
}

// target is where to dial for a client.
func (s *Server) target(client *session.Conn) protocol.Target {
	to := protocol.Target{Path: s.path}
	if a := s.addr.Load(); a != nil {
		to.Addr = *a
	}
	if s.perClient {
		ip := to.Addr.Addr()
		if s.spec.Wildcard() {
			ip = client.Dst.Addr()
		}
		port, _ := s.spec.DialPort(client.Dst.Port()) // 0 fails to connect
		to.Addr = netip.AddrPortFrom(ip, port)
	}
	return to
}

// adopt takes over what was known of the same server before a reload.
func (s *Server) adopt(was *Server) {
	if s.checks.check == nil {
		return
	}
	s.checks.checker = was.checks.checker
	if was.checks.checker != nil {
		s.up.Store(was.up.Load())
		s.factor.Store(was.factor.Load())
	}
}

// open dials the server for as long as ctx lasts.
func (s *Server) open(ctx context.Context, client *session.Conn, timeout time.Duration) (*serverConn, error) {
	o := s.dial
	o.Context, o.Timeout = ctx, timeout
	conn, err := s.proto.Dial(s.target(client), &o)
	if err != nil {
		return nil, err
	}
	s.Connects.Add(1)
	s.observed(observeLayer4, true)
	if conn.MPTCP() {
		if info, ok := mptcp.Read(conn.FD()); ok && !info.Fallback {
			s.MPTCP.Add(1)
		} else {
			s.MPTCPPlain.Add(1)
		}
	}
	c := &serverConn{Conn: conn, server: s}
	c.in.Pool = s.backend.engine.pool
	return c, nil
}

// watch has the watcher tell when the server closes c, once c has become worth keeping.
func (s *Server) watch(c *serverConn) {
	s.backend.engine.watcher.Closed(c.Conn, func(relay.Event) { s.peerClosed(c) })
}

// purgeOld closes the connections that were idle for the purge delay.
func (s *Server) purgeOld() {
	before := relay.Ticks() - int64(s.purgeDelay)
	s.purge(before)
	s.purgeShared(before)
}
