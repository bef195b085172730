package proxy

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// exchange is the life of a request, from its first byte to its log line. Each
// phase reports whether the next one follows; one that ends the stream has
// answered the client itself where an answer is due.
func (s *stream) exchange() ending {
	s.begin()
	s.reqP.Next()
	if !s.receive() { // read and parse the request's head
		return s.ended
	}
	if s.judge() && // the frontend's tcp-request content and http-request rules
		s.route() && // choose the backend, apply its rules
		s.forward() && // get to a server, send the request, await the response's head
		s.review() { // http-response rules
		s.deliver() // send the response
	}
	return s.finish() // reuse or close connections, count, log
}

// receive reads until the request's head is complete. While nothing has come
// yet the connection idles, and after a while it is parked.
func (s *stream) receive() bool {
	c := s.c
	if c.x != nil {
		return s.receiveMessage()
	}
	idle := c.in.Len() == 0
	if idle {
		c.ReadTimeout(s.idleTimeout())
	}
	for {
		if b := c.in.Bytes(); len(b) > 0 {
			if s.reqHead == 0 && !s.reqP.Started() {
				if n := emptyLines(b); n > 0 { // RFC 9112 section 2.2
					c.in.Consume(n)
					continue
				}
			}
			match, more := s.preface(b)
			if match {
				s.ended = many
				return false
			}
			n, err := 0, error(nil)
			if !more {
				n, err = s.reqP.Request(&s.req, b)
			}
			if err != nil {
				return s.refuse(err)
			}
			if n > 0 {
				s.reqHead = n
				if s.upgraded() {
					s.ended = many
					return false
				}
				return s.received()
			}
			if c.in.Full() {
				return s.refuse(s.reqP.ErrTooLarge())
			}
		}
		if !idle && !s.timeHead() {
			return s.notReceived(os.ErrDeadlineExceeded, false)
		}
		err := c.Fill(&c.in)
		if err != nil {
			return s.notReceived(err, idle)
		}
		if idle {
			idle = false
			s.idleFor = time.Duration(relay.Ticks() - s.begun)
		}
	}
}

// timeHead sets the time that the next bytes of the head may take and reports
// whether any is left: timeout http-request is for all of it, counted from its
// first byte; timeout client for each wait.
func (s *stream) timeHead() bool {
	t := &s.fe.opts.timeouts
	left := t.Client
	if t.HTTPRequest > 0 {
		if left = t.HTTPRequest - time.Duration(relay.Ticks()-s.begun) + s.idleFor; left <= 0 {
			return false
		}
	}
	s.c.ReadTimeout(left)
	return true
}

func emptyLines(b []byte) int {
	n := 0
	for len(b) >= n+2 && b[n] == '\r' && b[n+1] == '\n' {
		n += 2
	}
	return n
}

// idleTimeout is how long to wait for a request's first byte before parking.
func (s *stream) idleTimeout() time.Duration {
	t := s.keepAliveTimeout()
	if s.env.Vars.Session() {
		return t // its variables are with the goroutine
	}
	if p := s.engine.Tuning.ParkAfter; t == 0 || p < t {
		return p
	}
	return t
}

// keepAliveTimeout is how long a client may idle between requests, or before
// its first one (HAProxy manual: timeout http-keep-alive, http-request, client).
func (s *stream) keepAliveTimeout() time.Duration {
	t := &s.fe.opts.timeouts
	if s.c.facts.Requests > 0 && t.KeepAlive > 0 {
		return t.KeepAlive
	}
	return s.headTimeout()
}

func (s *stream) headTimeout() time.Duration {
	t := &s.fe.opts.timeouts
	if t.HTTPRequest > 0 {
		return t.HTTPRequest
	}
	return t.Client
}

// notReceived ends a stream whose request did not come.
func (s *stream) notReceived(err error, idle bool) bool {
	s.ended = close_
	timeout := errors.Is(err, os.ErrDeadlineExceeded)
	if idle {
		if timeout && !s.env.Vars.Session() && !s.c.draining() && s.c.mayPark(time.Duration(relay.Ticks()-s.begun), s.keepAliveTimeout()) {
			s.ended = park
			return false
		}
		if s.c.facts.Requests > 0 || s.fe.opts.ignoreProbes || !timeout && s.fe.opts.dontLogNull {
			return false
		}
	}
	s.fe.ReqErrors.Add(1)
	switch {
	case timeout:
		s.term('c', 'R')
		s.answerStatus(408)
	case err == io.EOF: // it may have closed one half only
		s.term('C', 'R')
		s.answerStatus(400)
	default:
		s.term('C', 'R')
		s.facts.Status = 400
		s.fe.CliAborts.Add(1)
	}
	s.finish()
	s.ended = close_
	return false
}

// refuse answers a request that breaks the rules of HTTP or a limit.
func (s *stream) refuse(err error) bool {
	s.fe.ReqErrors.Add(1)
	s.term('P', 'R')
	var he *http1.Error
	if errors.As(err, &he) {
		s.answerStatus(he.Status)
	} else {
		s.answerStatus(400)
	}
	s.finish()
	s.ended = close_
	return false
}

// received notes what the complete head says.
func (s *stream) received() bool {
	s.c.facts.Requests++
	s.fe.Requests.Add(1)
	s.env.Req = &s.req
	s.makePlaces()
	if s.timed {
		s.headReceived = relay.Ticks()
		s.facts.Idle = s.idleFor
		s.facts.Request = time.Duration(s.headReceived-s.begun) - s.idleFor
		s.facts.Handshake = 0
		if s.c.facts.Requests == 1 {
			s.facts.Handshake = s.c.shook
		}
	}
	s.keepRequestLine()
	if s.c.x != nil {
		s.facts.BytesIn = int64(s.req.FieldsSize())
		return true
	}
	if err := s.measureBody(); err != nil {
		return s.refuse(err)
	}
	s.requestKeep = s.wantsKeepAlive()
	s.facts.BytesIn = int64(s.reqLen)
	return true
}

// keepRequestLine keeps the first line as it came, for logs and for what rules
// read of it after they have changed the request.
func (s *stream) keepRequestLine() {
	switch {
	case !s.timed && !s.fe.graph.uses.RequestLine:
	case s.c.x != nil:
		s.facts.RequestLine = appendRequestLine(s.facts.RequestLine, &s.req)
	default:
		s.facts.RequestLine = append(s.facts.RequestLine, requestLine(s.req.Head())...)
	}
}

// requestLine gives the first line without its end.
func requestLine(head []byte) []byte {
	for i, c := range head {
		if c == '\r' {
			return head[:i]
		}
	}
	return head
}

// measureBody finds how much of the request is in the buffer and whether that is all.
func (s *stream) measureBody() error {
	rest := s.c.in.Bytes()[s.reqHead:]
	switch s.req.Body {
	case httpmsg.Length:
		n := min(int64(len(rest)), s.req.ContentLength)
		s.reqLen = s.reqHead + int(n)
		s.reqDone = n == s.req.ContentLength
	case httpmsg.Chunked:
		n, err := s.reqBody.Walk(rest)
		if err != nil {
			return err
		}
		s.reqLen = s.reqHead + n
		s.reqDone = s.reqBody.Done()
	default:
		s.reqLen, s.reqDone = s.reqHead, true
	}
	return nil
}

// judge applies the frontend's rules, after what it answers by itself.
func (s *stream) judge() bool {
	if s.monitored() || s.challenged() || s.redirected() {
		return false
	}
	s.identify()
	return s.apply(s.fe.rules.tcpContent, expr.TCPContent) && s.apply(s.fe.rules.httpRequest, expr.HTTPRequest)
}

// monitored answers a request for monitor-uri, which leaves no log line (HAProxy
// manual section 4.2).
func (s *stream) monitored() bool {
	f := s.fe
	if len(f.monitorURI) == 0 || !bytes.Equal(s.req.Target(), f.monitorURI) {
		return false
	}
	status := 200
	s.env.Phase = expr.HTTPRequest
	for _, c := range f.monitorFail {
		if c.Eval(&s.env) {
			status = 503
		}
	}
	s.term('L', 'R')
	s.tx.LogLevel = "silent"
	s.fail(status)
	return true
}

// challengePath is where authorities look for proof that a name is ours (RFC
// 8555 section 8.3).
const challengePath = "/.well-known/acme-challenge/"

// challenged answers an authority's request.
func (s *stream) challenged() bool {
	authority := s.fe.graph.challenger
	if authority == nil || !bytes.HasPrefix(s.req.Target(), []byte(challengePath)) {
		return false
	}
	host, _ := s.req.Header("host")
	body, ok := authority.Challenge(string(host), string(s.req.Target()))
	if !ok {
		return false
	}
	s.tx.Reply.Reset()
	s.tx.Reply.Status, s.tx.Reply.ContentType, s.tx.Reply.Body = 200, "text/plain", body
	s.term('L', 'R')
	s.respond()
	return true
}

// identify gives the request, or the connection in TCP mode, its unique ID, where the frontend has a format for it.
func (s *stream) identify() {
	if f := s.fe.uniqueID; f != nil {
		s.facts.UniqueID = string(f.Append(s.env.Scratch(64), &s.env))
	}
}

// route chooses the backend and applies its rules.
func (s *stream) route() bool {
	s.be = s.fe.choose(&s.env)
	if s.be == nil {
		s.term('S', 'C')
		return s.fail(503)
	}
	s.facts.Backend = s.be.name
	s.be.enter()
	s.countedBackend = true
	s.be.Requests.Add(1)
	if !s.apply(s.be.rules.tcpContent, expr.TCPContent) || !s.apply(s.be.rules.httpRequest, expr.HTTPRequest) {
		return false
	}
	s.prepareRequest()
	return true
}

// forward gets the request to a server and the head of its response back,
// trying again as retries, redispatch and retry-on allow.
func (s *stream) forward() bool {
	s.watchClient(s.halfClosed())
	defer s.departure.over()
	for {
		if !s.assign() {
			return false
		}
		f := s.connect()
		if f == nil {
			f = s.send()
		}
		if f == nil {
			f = s.await()
		}
		if f == nil {
			if s.retriesStatus() {
				continue
			}
			return true
		}
		if !s.again(f) {
			return s.giveUp(f)
		}
	}
}

// send writes the request, with its body as far as it is there, and has the
// rest follow while the response is awaited.
func (s *stream) send() *failure {
	s.sc.WriteTimeout(s.be.opts.timeouts.Server)
	if name := s.be.opts.nameHeader; name != "" {
		s.req.SetHeader(name, append(s.env.Scratch(len(s.srv.name)), s.srv.name...))
	}
	if s.c.x != nil || s.sc.x != nil {
		return s.sendMessage()
	}
	out := s.c.in.Bytes()[:s.reqLen]
	if s.req.Edited() {
		s.wire = append(s.req.AppendHead(s.wire[:0]), out[s.reqHead:]...)
		out = s.wire
	}
	return s.sendBytes(out)
}

// sendBytes sends a request to a server that speaks HTTP/1, as far as it is
// there, and has the rest follow.
func (s *stream) sendBytes(out []byte) *failure {
	if s.reqDone {
		if err := s.sc.WriteAhead(out); err != nil {
			return s.failure(sending, err)
		}
		return nil
	}
	if _, err := s.sc.Write(out); err != nil {
		return s.failure(sending, err)
	}
	s.startUpload()
	return nil
}

// await reads the head of the final response. Interim ones are passed on.
func (s *stream) await() *failure {
	sc := s.sc
	sc.ReadTimeout(s.be.opts.timeouts.Server)
	if sc.x != nil {
		return s.awaitMessage()
	}
	s.resP.Next()
	s.departure.asks(sc, s.upload.running)
	for {
		if b := sc.in.Bytes(); len(b) > 0 {
			n, err := s.resP.Response(&s.res, b)
			if err != nil {
				return s.failure(parsing, err)
			}
			switch {
			case n > 0 && s.res.Status < 200 && s.res.Status != 101:
				if f := s.interim(n); f != nil {
					return f
				}
				continue
			case n > 0:
				return s.head(n)
			case sc.in.Full():
				return s.failure(parsing, s.resP.ErrTooLarge())
			}
		}
		switch err := sc.Fill(&sc.in); {
		case err == nil:
		case relay.WriteSide(err):
			return s.failure(sending, err)
		case !s.departure.passOn(sc):
			return s.failure(awaiting, err)
		}
	}
}

// interim passes a 1xx response on to clients that understand it.
func (s *stream) interim(n int) *failure {
	if f := s.countInterim(); f != nil {
		return f
	}
	if s.c.x != nil {
		if f := s.interimMessage(); f != nil {
			return f
		}
	} else if s.req.Version >= httpmsg.HTTP11 {
		if _, err := s.c.Write(s.sc.in.Bytes()[:n]); err != nil {
			return s.failure(replying, err)
		}
	}
	s.sc.in.Consume(n)
	s.resP.Next()
	return nil
}

// maxInterim is how many interim responses a request gets. A server that has more
// to say never gets to its answer.
const maxInterim = 1000

var errInterim = errors.New("too many interim responses")

func (s *stream) countInterim() *failure {
	if s.interims++; s.interims > maxInterim {
		return s.failure(parsing, errInterim)
	}
	return nil
}

// head notes what the response's head says.
func (s *stream) head(n int) *failure {
	method := s.req.Method()
	connect := string(method) == "CONNECT"
	if s.sc.x == nil {
		if err := s.resP.FrameResponse(&s.res, string(method) == "HEAD", connect); err != nil {
			return s.failure(parsing, err)
		}
	} else if string(method) == "HEAD" || s.res.Status == 204 || s.res.Status == 304 {
		s.res.Body = httpmsg.NoBody // what comes as content all the same goes to nobody
	}
	s.resHead = n
	s.env.Res = &s.res
	s.tunnel = s.res.Status == 101 || connect && s.res.Status/100 == 2
	if s.timed || s.be.observer != nil {
		s.responseAt = relay.Ticks()
		s.facts.Response = time.Duration(s.responseAt - s.connectedAt)
		if s.be.observer != nil {
			s.be.observer.Observe(s.srv, int64(s.facts.Response), false)
		}
	}
	s.facts.Status = s.res.Status
	s.srv.answered(s.res.Status)
	if s.srv.checks.observe == observeLayer7 {
		s.srv.observed(observeLayer7, s.res.Status < 500 || s.res.Status == 501 || s.res.Status == 505)
	}
	return nil
}

// review decides about the connections and applies the response rules. The
// cookie that binds the client is only seen by those for all responses.
func (s *stream) review() bool {
	s.prepareResponse()
	if !s.apply(s.be.rules.httpResponse, expr.HTTPResponse) || !s.apply(s.fe.rules.httpResponse, expr.HTTPResponse) {
		return false
	}
	s.persistResponse()
	return s.applyAfter()
}

// applyAfter applies the rules that hold for every response, also our own.
func (s *stream) applyAfter() bool {
	if s.be != nil && !s.apply(s.be.rules.httpAfter, expr.HTTPAfterResponse) {
		return false
	}
	return s.apply(s.fe.rules.httpAfter, expr.HTTPAfterResponse)
}

// deliver writes the response, head and body.
func (s *stream) deliver() {
	s.finishHead()
	if s.fe.logs.asap && s.timed {
		s.facts.Early = true
		s.logStream()
	}
	s.c.WriteTimeout(s.fe.opts.timeouts.Client)
	if s.tunnel {
		s.runTunnel()
		return
	}
	var err error
	switch {
	case s.c.x != nil || s.sc.x != nil:
		err = s.deliverMessage()
	case s.res.Body == httpmsg.Length:
		err = s.deliverLength(s.res.ContentLength)
	case s.res.Body == httpmsg.Chunked:
		err = s.deliverChunked()
	case s.res.Body == httpmsg.UntilClose:
		err = s.deliverLength(-1)
	default:
		err = s.writeHead(0, false)
	}
	if err != nil {
		s.undelivered(err)
		return
	}
	s.delivered = true
}

// writeHead writes the response's head and the first n bytes of what follows
// it in the buffer, and takes both out.
func (s *stream) writeHead(n int, more bool) error {
	sc := s.sc
	b := sc.in.Bytes()
	out := b[:s.resHead+n]
	if s.res.Edited() {
		s.wire = s.res.AppendHead(s.wire[:0])
		s.wire = append(s.wire, b[s.resHead:s.resHead+n]...)
		out = s.wire
	}
	s.answered = true
	write := s.c.Write
	if more {
		write = s.c.WriteMore
	}
	w, err := write(out)
	s.facts.BytesOut += int64(w)
	if err != nil {
		return &clientError{err}
	}
	s.keepResponseHead(n)
	return nil
}

// deliverLength writes the head and a body of so many bytes, or (-1) all until
// the server closes.
func (s *stream) deliverLength(length int64) error {
	have := len(s.sc.in.Bytes()) - s.resHead
	if length >= 0 {
		have = int(min(int64(have), length))
	}
	rest := length - int64(have)
	if length < 0 {
		rest = -1
	}
	if err := s.writeHead(have, rest > 0); err != nil || rest == 0 {
		return err
	}
	err := s.engine.mover.Move(s.c.Conn, s.sc.Conn, &s.sc.in, rest, s.countOut)
	if err != nil && relay.WriteSide(err) {
		return &clientError{err}
	}
	return err
}

func (s *stream) countOut(n int) { s.facts.BytesOut += int64(n) }
