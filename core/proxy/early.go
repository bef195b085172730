package proxy

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// awaitHandshake holds a request that came as early data until the handshake has
// succeeded (HAProxy manual, wait-for-handshake), and reports whether it did: the
// handshake of someone who only sends again what he recorded never does.
func (s *stream) awaitHandshake() bool {
	t := s.c.facts.TLS
	if !t.Early() {
		return true
	}
	var expired <-chan time.Time
	if d := s.headTimeout(); d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case <-t.Handshake:
		return true
	case <-s.c.above.session.Load().ServerSession.(httpmsg.EarlySession).Done():
		s.fe.CliAborts.Add(1)
		s.term('C', 'R')
		s.facts.Status, s.ended = 400, close_
	case <-expired:
		s.term('c', 'R')
		s.answerStatus(408)
	}
	s.fe.ReqErrors.Add(1)
	return false
}

// tellEarly tells the server that whoever recorded the request may have sent it
// again (RFC 8470 section 5.1).
func (s *stream) tellEarly() {
	if s.c.facts.TLS.Early() && s.req.Find("early-data", 0) < 0 {
		s.req.AddHeaderString("early-data", "1")
	}
}
