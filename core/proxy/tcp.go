package proxy

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// serveTCP is the life of a connection in TCP mode, from the accept to its log
// line.
func (s *stream) serveTCP() {
	s.begin()
	s.facts.HTTP = false
	s.makePlaces()
	s.facts.Handshake = s.c.shook
	s.identify()
	if s.inspect(s.fe.rules) && // tcp-request content rules
		s.routeTCP() && // choose the backend, apply its rules
		s.reach() { // get to a server
		if s.fe.logs.asap && s.timed {
			s.facts.Early = true
			s.logStream()
		}
		s.carry() // bytes both ways
	}
	s.finish()
}

// inspect runs content rules, reading what they need for up to inspect-delay.
func (s *stream) inspect(r rules) bool {
	if len(r.tcpContent) == 0 {
		return true
	}
	deadline := relay.Ticks() + int64(r.inspectDelay)
	s.env.Phase, s.env.Stream = expr.TCPContent, &s.facts
	s.env.InputDone = r.inspectDelay == 0
	for i := 0; i < len(r.tcpContent); {
		rule := &r.tcpContent[i]
		s.env.Input, s.env.NeedMore = s.c.in.Bytes(), false
		met := rule.cond == nil || rule.cond.Eval(&s.env)
		if s.env.NeedMore && !s.env.InputDone {
			s.readMore(deadline)
			continue
		}
		if !met {
			i++
			continue
		}
		switch rule.action.Run(&s.tx) {
		case action.Continue:
			i++
		case action.Stop:
			return true
		case action.Wait:
			if s.env.InputDone {
				i++
				continue
			}
			s.readMore(deadline)
		default:
			s.denied(expr.TCPContent)
			s.vanish()
			return false
		}
	}
	return true
}

// readMore waits for more bytes from the client, until the deadline tick.
func (s *stream) readMore(deadline int64) {
	left := deadline - relay.Ticks()
	if left <= 0 || s.c.in.Full() || s.c.Datagrams() && s.c.in.Len() > 0 {
		s.env.InputDone = true
		return
	}
	s.c.ReadTimeout(time.Duration(left))
	if err := s.c.Fill(&s.c.in); err != nil {
		s.env.InputDone = true
	}
}

func (s *stream) routeTCP() bool {
	s.be = s.fe.choose(&s.env)
	if s.be == nil {
		s.term('S', 'C')
		return false
	}
	s.facts.Backend = s.be.name
	s.be.enter()
	s.countedBackend = true
	return s.inspect(s.be.rules)
}

// reach connects to a server, trying again as retries and redispatch allow.
func (s *stream) reach() bool {
	s.watchClient(s.halfClosed())
	defer s.departure.over()
	for {
		if !s.assign() {
			return false
		}
		f := s.connect()
		if f == nil {
			s.facts.ServerTLS = s.sc.tls
			if s.be.observer != nil {
				s.be.observer.Observe(s.srv, int64(s.facts.Connect), false)
			}
			return true
		}
		if !s.again(f) {
			if s.clientGone() {
				return s.departed('C')
			}
			s.srv.failed(f)
			s.be.ConErrors.Add(1)
			if f.timeout {
				s.term('s', 'C')
			} else {
				s.term(causeOf(f.err), 'C')
			}
			return false
		}
	}
}

// carry moves bytes both ways until both sides have ended, passing on the end
// of each as a half-close.
func (s *stream) carry() {
	c, sc := s.c, s.sc
	client, server := s.carryTimeouts()
	c.ReadTimeout(client)
	c.WriteTimeout(client)
	sc.ReadTimeout(server)
	sc.WriteTimeout(server)
	s.upload.running, s.upload.ended, s.upload.err = true, false, nil
	s.upload.job, s.upload.sc = carryBytes, sc
	s.oneEnded.Store(false)
	s.brokeOff.Store(0)
	s.engine.workers.Go(&s.upload)
	err := s.engine.mover.Move(c.Conn, sc.Conn, &sc.in, -1, s.countOut)
	s.sideEnded(toClient, err, c.Conn, sc.Conn, s.fe.opts.timeouts.ClientFin)
	<-s.upload.done
	s.upload.running = false
	s.carried(err, s.upload.err)
}

// carryTimeouts gives the timeouts of both sides; timeout tunnel supersedes
// both once bytes flow both ways.
func (s *stream) carryTimeouts() (client, server time.Duration) {
	client, server = s.fe.opts.timeouts.Client, s.be.opts.timeouts.Server
	if t := s.be.opts.timeouts.Tunnel; t > 0 {
		return t, t
	}
	return client, server
}

func (s *stream) carryUp(sc *serverConn) {
	err := s.engine.mover.Move(sc.Conn, s.c.Conn, &s.c.in, -1, s.countIn)
	s.upload.err = err
	s.sideEnded(toServer, err, sc.Conn, s.c.Conn, s.be.opts.timeouts.ServerFin)
}

// The directions of a tunnel.
const (
	toClient int32 = 1 + iota
	toServer
)

// sideEnded passes the end of src's bytes on to dst: a half-close, unless the
// other direction has ended too and both are closed anyway. From then on dst, of
// which alone there is something to wait for, has the timeout fin, where there is
// one. After an error nothing goes on, nor where one side is a session of
// datagrams, which cannot be closed by half.
func (s *stream) sideEnded(direction int32, err error, dst, src *relay.Conn, fin time.Duration) {
	if err != nil && !dst.Interrupted() && !src.Interrupted() {
		s.brokeOff.CompareAndSwap(0, direction)
	}
	if err != nil || dst.Datagrams() || src.Datagrams() {
		dst.Interrupt()
		src.Interrupt()
		return
	}
	if s.oneEnded.Swap(true) {
		return
	}
	if fin > 0 {
		dst.Hasten(fin)
	}
	if dst.CloseWrite() != nil {
		dst.Interrupt()
		src.Interrupt()
	}
}

// carried notes how a tunnel ended: of its two directions the one that failed
// first tells, as the other is interrupted for it. A timeout is how sessions of
// datagrams end.
func (s *stream) carried(down, up error) {
	s.answered = true
	s.delivered = down == nil
	var err error
	var cause, other byte
	switch s.brokeOff.Load() {
	case toClient:
		err, cause, other = down, 'S', 'C'
	case toServer:
		err, cause, other = up, 'C', 'S'
	}
	if err == nil || err == io.EOF {
		return
	}
	if relay.WriteSide(err) {
		cause = other
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		if s.c.Datagrams() {
			return
		}
		cause += 'a' - 'A'
	}
	s.term(cause, 'D')
}
