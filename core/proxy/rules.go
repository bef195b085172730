package proxy

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// rules are a proxy's rule lists, each in the order of the configuration.
type rules struct {
	tcpConnection, tcpSession, tcpContent []rule
	httpRequest, httpResponse, httpAfter  []rule
	inspectDelay                          time.Duration
}

// rule is an action and the condition under which it is taken.
type rule struct {
	cond   *expr.Cond // nil: always
	action action.Action
}

// apply runs a list of rules and reports whether the stream goes on; if not,
// the client has its answer.
func (s *stream) apply(list []rule, phase expr.Phase) bool {
	if len(list) == 0 {
		return true
	}
	s.env.Phase, s.env.Input = phase, nil
	if phase == expr.TCPContent || phase == expr.HTTPRequest { // later on the upload has the buffer
		s.env.Input = s.c.in.Bytes()
	}
	for i := range list {
		r := &list[i]
		if r.cond != nil && !r.cond.Eval(&s.env) {
			continue
		}
		switch r.action.Run(&s.tx) {
		case action.Stop:
			return true
		case action.Handshake:
			if !s.awaitHandshake() {
				return false
			}
		case action.Answer:
			return s.ruledOut(phase)
		case action.Tarpit:
			begun := relay.Ticks()
			s.hold()
			s.facts.Request, s.facts.Queue = unset, time.Duration(relay.Ticks()-begun)
			s.term('P', 'T')
			return s.ruledOut(phase)
		case action.Reject:
			s.denied(phase)
			s.vanish()
			s.clientKeep = false
			s.ended = close_
			return false
		}
	}
	return true
}

// ruledOut sends the answer that a rule has put into the reply.
func (s *stream) ruledOut(phase expr.Phase) bool {
	if s.tx.Reply.Denied {
		s.denied(phase)
	} else {
		s.term('L', 'R') // answered here, without a server
	}
	if phase != expr.HTTPRequest && phase != expr.TCPContent {
		s.facts.Response = unset // the server's response is not what the client gets
	}
	s.respond()
	return false
}

// denied counts a stream that a rule ended.
func (s *stream) denied(phase expr.Phase) {
	request := phase == expr.HTTPRequest || phase == expr.TCPContent
	c := &s.fe.Counters
	if s.be != nil {
		c = &s.be.Counters
	}
	if request {
		c.ReqDenied.Add(1)
		s.term('P', 'R')
	} else {
		c.ResDenied.Add(1)
		s.term('P', 'H')
	}
}

// hold keeps the client waiting for timeout tarpit.
func (s *stream) hold() {
	s.watchClient(s.halfClosed())
	defer s.departure.over()
	t := s.fe.opts.timeouts.Tarpit
	if t == 0 {
		t = s.fe.opts.timeouts.Connect
	}
	s.pause(t)
}

// admit runs the rules that come before any stream and reports whether the
// connection may stay.
func (s *stream) admit(list []rule, phase expr.Phase) bool {
	s.env.Phase = phase
	s.env.Stream = nil
	for i := range list {
		r := &list[i]
		if r.cond != nil && !r.cond.Eval(&s.env) {
			continue
		}
		switch r.action.Run(&s.tx) {
		case action.Continue:
		case action.Stop:
			return true
		default:
			s.fe.ReqDenied.Add(1)
			s.vanish()
			return false
		}
	}
	return true
}

// vanish has the client not told of the end of its connection where a rule wants that.
// One that carries many streams ends with all of them.
func (s *stream) vanish() {
	drop, c := s.tx.Silent, s.c
	if drop == nil {
		return
	}
	if c.above != nil {
		c = c.above
		defer c.cut()
	}
	c.Vanish(drop.TTL)
}
