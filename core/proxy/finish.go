package proxy

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// finish settles a stream: what becomes of its connections, the counters, the
// log line.
func (s *stream) finish() ending {
	uploaded := s.finishUpload()
	s.unwatchStream()
	s.count()
	if s.timed && !s.facts.Early {
		s.logStream() // while the server's connection is still this stream's
	}
	s.settleServer(uploaded)
	if s.srv != nil {
		s.leaveServer()
	}
	if s.countedBackend {
		s.be.leave()
		s.countedBackend = false
	}
	if s.c.x != nil {
		s.settleClient()
		return close_
	}
	if s.ended != goOn {
		return s.ended
	}
	if !s.clientKeep || !s.delivered || !uploaded {
		if s.answered && s.facts.HTTP && !s.tunnel && (!uploaded || s.c.in.Len() > s.reqLen) {
			s.c.in.Consume(s.reqLen)
			s.c.linger()
		}
		return close_
	}
	s.c.in.Consume(s.reqLen)
	return goOn
}

// settleServer keeps the server's connection for another request where both
// sides allow it, else closes it.
func (s *stream) settleServer(uploaded bool) {
	sc := s.sc
	if sc == nil {
		return
	}
	s.sc = nil
	if sc.MPTCP() {
		s.c.upstream.Store(nil)
	}
	if sc.x != nil {
		if !s.delivered || !uploaded {
			sc.x.Cancel(httpmsg.Cancelled)
		}
		s.srv.discard(sc)
		return
	}
	if sc.once || !s.serverKeep || !s.delivered || !uploaded || s.clientGone() || s.departure.passedOn() || sc.in.Len() > 0 || s.srv.maxReuse >= 0 && sc.reused >= s.srv.maxReuse {
		s.srv.discard(sc)
		return
	}
	sc.reused++
	if sc.reused == 1 {
		s.srv.watch(sc)
	}
	if s.be.opts.reuse == ReuseNever || s.srv.proxyOut.used() {
		s.c.owned = sc
		return
	}
	if !s.srv.putIdle(sc, relay.Ticks()) {
		s.srv.discard(sc)
	}
}

// count adds the stream to the counters of all it met.
func (s *stream) count() {
	f := &s.facts
	s.fe.BytesIn.Add(f.BytesIn)
	s.fe.BytesOut.Add(f.BytesOut)
	if f.HTTP {
		s.fe.answered(f.Status)
	}
	if s.be != nil {
		s.be.BytesIn.Add(f.BytesIn)
		s.be.BytesOut.Add(f.BytesOut)
		if f.HTTP {
			s.be.answered(f.Status)
		}
	}
	if s.srv != nil {
		s.srv.BytesIn.Add(f.BytesIn)
		s.srv.BytesOut.Add(f.BytesOut)
	}
}

// logStream writes the stream's log line where its frontend wants one.
func (s *stream) logStream() {
	l := &s.fe.logs
	if s.tx.LogLevel == "silent" || !l.wants(s) {
		return
	}
	f := &s.facts
	f.Total = time.Duration(relay.Ticks()-s.begun) + max(f.Handshake, 0)
	f.ActConn = s.engine.Counters.Cur.Load()
	f.FeConn = s.fe.Cur.Load()
	if s.be != nil {
		f.BeConn = s.be.Cur.Load()
	}
	if s.srv != nil {
		f.SrvConn = s.srv.Cur.Load()
	}
	s.env.Phase = expr.Log
	s.logLine = l.write(s, s.logLine[:0])
}
