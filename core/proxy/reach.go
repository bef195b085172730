package proxy

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// operation is what a stream did when it failed at a server.
type operation uint8

const (
	connecting operation = iota
	sending
	awaiting
	parsing
	replying // the client went away
)

// failure is one failed attempt at a server.
type failure struct {
	op      operation
	err     error
	timeout bool
	reused  bool  // the connection had carried requests before
	began   bool  // bytes of a response had come
	took    int64 // nanoseconds since the connection was asked for
}

// attempts counts what was tried for a stream.
type attempts struct {
	n     int
	stale int // idle connections that turned out closed
	last  failure
}

func (s *stream) failure(op operation, err error) *failure {
	if op == connecting {
		s.facts.ServerErr = connError(err)
	}
	s.attempts.last = failure{
		op: op, err: err, timeout: errors.Is(err, os.ErrDeadlineExceeded),
		took:   relay.Ticks() - s.asked,
		reused: s.sc != nil && s.sc.reused > 0, began: s.sc != nil && s.sc.in.Len() > 0,
	}
	return &s.attempts.last
}

// assign finds a server with a free slot, waiting in a queue when all are busy.
func (s *stream) assign() bool {
	if s.srv != nil {
		return true // the same one again
	}
	srv, full := s.be.persistent(s)
	if srv == nil && full == nil {
		srv, full = s.be.pick(s.choice())
	}
	if srv == nil {
		srv = s.wait(full)
	}
	if srv == nil {
		return false
	}
	s.srv = srv
	s.facts.Server = srv.name
	srv.enter()
	if s.timed {
		s.facts.Queue = time.Duration(relay.Ticks() - max(s.headReceived, s.begun))
	}
	return true
}

// choice is what the balancer is asked.
func (s *stream) choice() *balancer.Request {
	r := &s.wanted
	*r = balancer.Request{Env: &s.env, Src: s.c.facts.Src.Addr()}
	if s.failed != nil {
		r.Avoid = s.failed
	}
	return r
}

// wait queues for a slot: of the server that the stream is bound to, else of any.
func (s *stream) wait(bound *Server) *Server {
	q, again := &s.be.waiting, func() *Server {
		srv, _ := s.be.pick(s.choice())
		return srv
	}
	if bound != nil {
		q, again = &bound.waiting, func() *Server {
			if bound.occupy() {
				return bound
			}
			return nil
		}
		if bound.maxQueue > 0 && q.len() >= bound.maxQueue {
			q = nil
		}
	} else if len(s.be.picker.Load().usable) == 0 {
		q = nil
	}
	if q == nil {
		s.term('S', 'C')
		s.be.ConErrors.Add(1)
		s.fail(503)
		return nil
	}
	timeout := s.be.opts.timeouts.Queue
	if timeout == 0 {
		timeout = s.be.opts.timeouts.Connect
	}
	srv, before := q.await(timeout, s.departure.left, again)
	if bound != nil {
		s.facts.SrvQueue += before
	} else {
		s.facts.BackendQueue += before
	}
	if srv != nil && !s.clientGone() {
		return srv
	}
	if s.timed {
		s.facts.Queue = time.Duration(relay.Ticks() - max(s.headReceived, s.begun))
	}
	if s.clientGone() {
		if srv != nil {
			srv.release() // it came too late
		}
		s.departed('Q')
		return nil
	}
	s.term('s', 'Q')
	s.be.ConErrors.Add(1)
	s.fail(503)
	return nil
}

// connect gets a connection to the assigned server: an idle one, or a new one.
func (s *stream) connect() *failure {
	measured := s.timed || s.be.observer != nil
	s.asked = relay.Ticks()
	if err := s.findKey(); err != nil {
		return s.failure(connecting, err)
	}
	if sc := s.idleConn(); sc != nil {
		s.use(sc)
		s.srv.Reuses.Add(1)
		if measured {
			s.connectedAt = relay.Ticks()
			s.facts.Connect = 0
		}
		return nil
	}
	sc, err := s.newConn()
	if err != nil {
		return s.failure(connecting, err)
	}
	s.use(sc)
	if measured {
		s.connectedAt = relay.Ticks()
		s.facts.Connect = time.Duration(s.connectedAt - s.asked)
	}
	return nil
}

// newConn gets a connection to the server, or a stream on one that others share.
func (s *stream) newConn() (*serverConn, error) {
	srv := s.srv
	shares := s.facts.HTTP && !asksTransport(&s.req) && srv.mayShare && !s.apart()
	w := sharer{}
	if shares {
		w = s.sharer()
	}
	for shares {
		if x, shared := srv.take(w); x != nil {
			srv.Reuses.Add(1)
			return srv.sharedConn(x, shared, true), nil
		}
		opener, err := srv.shared.turn(w, s.be.opts.timeouts.Connect, s.departure.left)
		if err != nil {
			return nil, err
		}
		if opener {
			break
		}
	}
	r, err := s.dial()
	if shares {
		x, shared, err := srv.opened(w, r, err)
		if x != nil {
			return srv.sharedConn(x, shared, false), nil
		}
		return r.sc, err
	}
	if err != nil || r.session == nil {
		return r.sc, err
	}
	x, err := r.session.Open()
	if err != nil {
		_ = r.session.Close() // it is of no use
		return nil, err
	}
	return srv.streamConn(x, r.session, r.tls, false), nil
}

// reached is a connection to a server that was opened: one that carries one request at
// a time, or a session with what is known of its TLS.
type reached struct {
	sc      *serverConn
	session httpmsg.ClientSession
	tls     *session.TLS
}

// dial opens a connection to the server.
func (s *stream) dial() (reached, error) {
	srv, timeout := s.srv, s.be.opts.timeouts.Connect
	ctx := &s.departure
	defer ctx.set(nil)
	if d, ok := srv.proto.(protocol.SessionDialer); ok && s.facts.HTTP {
		o := srv.dial
		o.Context, o.Timeout, o.TLS, o.ServerName, o.Breaches = ctx, timeout, srv.tls, srv.serverName(&s.env), &srv.Mux
		x, err := d.DialSession(srv.target(&s.c.facts), &o)
		if err != nil {
			return reached{}, err
		}
		srv.Connects.Add(1)
		return reached{session: x, tls: factsOf(x)}, nil
	}
	sc, err := srv.open(ctx, &s.c.facts, timeout)
	if err != nil {
		return reached{}, err
	}
	sc.key, sc.once = s.connKey, s.apart()
	if len(s.greeting) > 0 {
		if _, err := sc.WriteMore(s.greeting); err != nil {
			srv.discard(sc)
			return reached{}, err
		}
	}
	speaks := s.speech()
	if speaks.tls != nil {
		if sc.Conn, sc.tls, err = srv.secure(ctx, speaks.tls, sc.Conn, srv.serverName(&s.env), timeout); err != nil {
			return reached{}, err
		}
		speaks.http2 = speaks.http2 || sc.tls.ALPN == "h2"
	}
	if !speaks.http2 || !s.facts.HTTP {
		return reached{sc: sc}, nil
	}
	x, err := s.fe.mode.session(srv, &s.be.opts.timeouts, sc.Conn)
	if err != nil {
		srv.discard(sc)
		return reached{}, err
	}
	return reached{session: x, tls: sc.tls}, nil
}

// use makes a connection to the server the stream's own.
func (s *stream) use(sc *serverConn) {
	s.sc = sc
	s.facts.ServerFD = sc.FD()
	s.facts.ServerReused, s.facts.ServerErr = sc.reused > 0, session.NoError
	s.facts.ServerMux, _ = sc.x.(session.Multiplexed)
	s.departure.set(sc)
	if sc.MPTCP() {
		s.c.upstream.Store(sc)
	}
	if a := s.srv.addr.Load(); a != nil {
		s.facts.ServerAddr = *a
	}
}

// idleConn gives an idle connection to the server as http-reuse allows.
func (s *stream) idleConn() *serverConn {
	if !s.facts.HTTP {
		return nil
	}
	if own := s.c.owned; own != nil {
		s.c.owned = nil
		if own.server == s.srv && own.key == s.connKey && !own.dead.Load() && !s.apart() {
			return own
		}
		own.server.discard(own)
	}
	if s.attempts.stale > 0 || s.srv.proxyOut.used() || s.apart() {
		return nil
	}
	var sc *serverConn
	switch mode := s.be.opts.reuse; {
	case mode == ReuseAlways, mode != ReuseNever && s.c.facts.Requests > 1:
		sc = s.srv.takeIdle(s.connKey, 0)
	case mode == ReuseAggressive:
		sc = s.srv.takeIdle(s.connKey, 2)
	}
	// A request that must not be sent twice does not take the risk that the
	// server closes just now.
	if sc != nil && !idempotent(s.req.Method()) && sc.PeerClosed() {
		s.srv.discard(sc)
		return nil
	}
	return sc
}

// idempotent methods may be sent again after a connection broke (RFC 9110 section 9.2.2).
func idempotent(method []byte) bool {
	switch string(method) {
	case "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE":
		return true
	}
	return false
}

// again decides whether a failed attempt is followed by another, and prepares it.
func (s *stream) again(f *failure) bool {
	s.dropServerConn()
	if f.op == replying || s.clientGone() || s.unanswered(f) || !s.reqDone && f.op != connecting {
		return false
	}
	if refusedUnseen(f.err) && s.attempts.stale == 0 {
		s.attempts.stale++ // the server had done nothing for it
		return true
	}
	if f.reused && !f.began && !f.timeout && s.attempts.stale == 0 && idempotent(s.req.Method()) {
		s.attempts.stale++ // the server had closed it meanwhile: no fault of anyone
		return true
	}
	if f.op != connecting && !s.be.opts.retryOn.allows(f) {
		return false
	}
	return s.retry(f.op == connecting && !f.timeout)
}

// retriesStatus decides whether a response is thrown away for its status, and
// the request sent again (retry-on).
func (s *stream) retriesStatus() bool {
	if !s.be.opts.retryOn.statuses[s.res.Status] || s.attempts.n >= s.be.opts.retries || s.reqHead == 0 {
		return false
	}
	s.dropServerConn()
	s.env.Res = nil
	return s.retry(false)
}

// retry counts another attempt, if one is left, and leaves the server where
// redispatch says so. It waits before the same server is tried again, which may
// be restarting.
func (s *stream) retry(wait bool) bool {
	if s.attempts.n >= s.be.opts.retries {
		return false
	}
	s.attempts.n++
	s.facts.Retries++
	s.be.Retries.Add(1)
	s.srv.Retries.Add(1)
	if s.be.opts.redispatches(s.attempts.n) && len(s.be.picker.Load().usable) > 1 {
		s.failed = s.srv
		s.facts.Redispatched = true
		s.be.Redisp.Add(1)
		s.leaveServer()
		return true
	}
	return !wait || s.pause(min(s.be.opts.timeouts.Connect, time.Second))
}

// pause waits, and reports false when the client has left meanwhile.
func (s *stream) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.departure.left:
		return false
	}
}

// giveUp answers after the last attempt.
func (s *stream) giveUp(f *failure) bool {
	if s.clientGone() || s.unanswered(f) {
		return s.leftAlone(f)
	}
	if s.srv != nil {
		s.srv.failed(f)
	}
	switch {
	case s.upload.clientFailed():
		return s.badUpload(s.upload.err)
	case f.op == replying:
		s.be.CliAborts.Add(1)
		s.term('C', 'D')
		return false
	case f.op == connecting:
		s.be.ConErrors.Add(1)
		if f.timeout {
			s.term('s', 'C')
		} else {
			s.term(causeOf(f.err), 'C')
		}
		return s.fail(503)
	case f.timeout:
		s.be.ResErrors.Add(1)
		s.term('s', 'H')
		return s.fail(504)
	case s.isGRPC() && resetByServer(f.err):
		// Its client knows what a reset means, and has no use for a page.
		s.be.ResErrors.Add(1)
		s.be.SrvAborts.Add(1)
		s.term('S', 'H')
		s.c.x.Cancel(httpmsg.Cancelled)
		return false
	case f.op == parsing:
		s.be.ResErrors.Add(1)
		s.term('P', 'H')
		return s.fail(502)
	}
	s.be.ResErrors.Add(1)
	s.be.SrvAborts.Add(1)
	s.term('S', 'H')
	return s.fail(502)
}

// badUpload answers a client that did not send its request's body as it should.
func (s *stream) badUpload(err error) bool {
	var he *http1.Error
	switch {
	case errors.As(err, &he):
		s.fe.ReqErrors.Add(1)
		s.term('P', 'D')
		return s.fail(he.Status)
	case malformed(err):
		s.fe.ReqErrors.Add(1)
		s.term('P', 'D')
		s.facts.Status = 400 // the client sees its stream reset
		return false
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.fe.CliAborts.Add(1)
		s.term('c', 'D')
		return s.fail(408)
	}
	return s.departed('D')
}

// connError says by HAProxy's numbers why a connection to a server did not come about.
func connError(err error) session.ConnError {
	var failed *layer.Error
	switch {
	case errors.As(err, &failed):
		return failed.Conn
	case errors.Is(err, syscall.ECONNREFUSED):
		return session.Refused
	case errors.Is(err, syscall.ECONNRESET):
		return session.Reset
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return session.Unreachable
	}
	return session.NoError
}

// causeOf says whether a connection failed for the server's reasons ('S') or
// for want of resources here ('R').
func causeOf(err error) byte {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE} {
		if errors.Is(err, e) {
			return 'R'
		}
	}
	return 'S'
}

// failed counts a stream that this server failed.
func (s *Server) failed(f *failure) {
	if o := s.backend.observer; o != nil && f.op != replying {
		o.Observe(s, f.took, true)
	}
	switch {
	case f.op == connecting:
		s.observed(observeLayer4, false)
		s.ConErrors.Add(1)
	case f.op == replying:
		s.CliAborts.Add(1)
	default:
		s.observed(observeLayer7, false)
		s.ResErrors.Add(1)
		if f.err == io.EOF {
			s.SrvAborts.Add(1)
		}
	}
}

// dropServerConn closes the connection in use.
func (s *stream) dropServerConn() {
	if s.sc == nil {
		return
	}
	s.departure.set(nil)
	s.stopUpload()
	s.facts.ServerFD = -1
	if m := s.facts.ServerMux; m != nil {
		s.facts.ServerMux = m.Mux() // for logs
	}
	if s.sc.x != nil {
		s.sc.x.Cancel(httpmsg.Cancelled)
	}
	s.srv.discard(s.sc)
	s.sc = nil
}

// leaveServer gives the slot back.
func (s *stream) leaveServer() {
	if s.srv != nil {
		s.srv.leave()
		s.srv.release()
		s.srv = nil
	}
}
