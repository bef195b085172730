package proxy

import (
	"bytes"
	"errors"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// What differs in the life of a request when its client speaks a protocol that
// frames messages by itself (HTTP/2, HTTP/3), in the order of http.go.

// receiveMessage takes the request's head.
func (s *stream) receiveMessage() bool {
	s.c.ReadTimeout(s.headTimeout())
	if err := s.c.Await(s.readReq); err != nil {
		if err == httpmsg.ErrAside {
			s.ended = close_
			return false
		}
		var se *httpmsg.StreamError
		if errors.As(err, &se) && (se.Status != 0 || se.Malformed) {
			s.fe.ReqErrors.Add(1)
			s.term('P', 'R')
			if se.Status != 0 {
				s.answerStatus(se.Status)
			} else {
				s.facts.Status = 400 // the client sees its stream reset
			}
			s.finish()
			return false
		}
		return s.notReceived(err, false)
	}
	if len(s.req.Protocol()) > 0 && !asUpgrade(&s.req) && !s.transportAsked() {
		s.fe.ReqErrors.Add(1)
		s.term('P', 'R')
		s.answerStatus(501)
		s.finish()
		return false
	}
	s.upgrading = s.req.FindKnown(httpmsg.Upgrade, 0) >= 0
	s.reqDone = s.req.Body == httpmsg.NoBody
	return s.received()
}

// appendRequestLine gives the request line that logs show.
func appendRequestLine(b []byte, m *httpmsg.Message) []byte {
	b = append(append(b, m.Method()...), ' ')
	b = append(append(b, m.Target()...), ' ')
	return append(b, m.Version.String()...)
}

// sendMessage sends the request where either side frames messages by itself.
func (s *stream) sendMessage() *failure {
	if _, ok := s.sc.x.(httpmsg.Joiner); !ok && asksTransport(&s.req) {
		return s.failure(sending, errNoTransport)
	}
	if s.sc.x == nil {
		s.forHTTP1()
		s.wire = s.req.AppendHead(s.wire[:0])
		return s.sendBytes(s.wire)
	}
	if f := s.sendHead(); f != nil {
		return f
	}
	if !s.reqDone {
		s.startUpload()
	}
	return nil
}

// forHTTP1 gives the request what HTTP/1 needs, which an attempt before at
// another server may have changed.
func (s *stream) forHTTP1() {
	m := &s.req
	if len(m.Protocol()) > 0 {
		asUpgrade(m)
	}
	if m.Body == httpmsg.UntilClose {
		m.DelKnown(httpmsg.TransferEncoding)
		m.AddHeaderString("transfer-encoding", "chunked")
	}
}

// sendHead sends the request's head to a server that frames messages by itself,
// and content that is there already.
func (s *stream) sendHead() *failure {
	x := s.sc.x
	if s.upgrading && len(s.req.Protocol()) == 0 && !asConnect(&s.req) {
		s.upgrading = false // no other protocol can be asked for: the request alone is sent
	}
	tunnel := s.upgrading || string(s.req.Method()) == "CONNECT"
	if err := x.WriteHead(&s.req, s.reqDone && s.req.Body == httpmsg.NoBody && !tunnel); err != nil {
		return s.failure(sending, err)
	}
	if !s.reqDone || tunnel {
		if err := x.Flush(); err != nil {
			return s.failure(sending, err)
		}
		return nil
	}
	body := s.c.in.Bytes()[s.reqHead:s.reqLen]
	var err error
	switch s.req.Body {
	case httpmsg.Length:
		_, err = s.sc.WriteLast(body)
	case httpmsg.Chunked:
		err = s.sendChunks(body)
	}
	if err != nil {
		return s.failure(sending, err)
	}
	return nil
}

// sendChunks sends the content of a chunked body that is there as a whole.
func (s *stream) sendChunks(body []byte) error {
	k := &s.up
	k.start(&s.req, s.countIn)
	defer k.release()
	for {
		frame, data, err := k.chunks.Next(body)
		if err != nil {
			return err
		}
		if k.chunks.Done() {
			if k.trailers.Fields() > 0 {
				return s.sc.x.WriteTrailers(&k.trailers)
			}
			_, err := s.sc.WriteLast(nil)
			return err
		}
		if _, err := s.sc.Write(body[frame : frame+data]); err != nil {
			return err
		}
		body = body[frame+data:]
	}
}

// uploadContent carries the request's content.
func (s *stream) uploadContent(sc *serverConn) error {
	k := &s.up
	k.start(&s.req, s.countIn)
	k.from, k.in, k.x = s.c.Conn, &s.c.in, s.c.x
	k.to, k.toX = sc.Conn, sc.x
	k.chunked = k.toX == nil && s.req.Body != httpmsg.Length
	defer k.release()
	return k.move()
}

// awaitMessage reads the head of the final response of a server that frames
// messages by itself.
func (s *stream) awaitMessage() *failure {
	for {
		if err := s.sc.Await(s.readRes); err != nil {
			if malformed(err) {
				return s.failure(parsing, err)
			}
			return s.failure(awaiting, err)
		}
		if s.res.Status < 200 && s.res.Status != 101 {
			if f := s.countInterim(); f != nil {
				return f
			}
			if f := s.interimMessage(); f != nil {
				return f
			}
			continue
		}
		if len(s.req.Protocol()) > 0 && s.res.Status == 200 && !asksTransport(&s.req) {
			asUpgrade(&s.req)
			asSwitched(&s.req, &s.res)
		}
		return s.head(0)
	}
}

// interimMessage passes a 1xx response on where one of the sides frames
// messages by itself.
func (s *stream) interimMessage() *failure {
	var err error
	switch {
	case s.c.x != nil:
		err = s.c.x.WriteHead(&s.res, false)
	case s.req.Version >= httpmsg.HTTP11:
		s.res.SetVersion(httpmsg.HTTP11)
		s.wire = s.res.AppendHead(s.wire[:0])
		_, err = s.c.Write(s.wire)
	}
	if err != nil {
		return s.failure(replying, err)
	}
	return nil
}

// deliverMessage writes the response, head and content, where one of the sides
// frames messages by itself.
func (s *stream) deliverMessage() error {
	if s.c.x == nil {
		s.frameForHTTP1()
	}
	none := s.res.Body == httpmsg.NoBody
	if err := s.writeMessageHead(&s.res, none); err != nil || none {
		return err
	}
	k := &s.down
	k.start(&s.res, s.countOut)
	k.from, k.in, k.x = s.sc.Conn, &s.sc.in, s.sc.x
	k.to, k.toX = s.c.Conn, s.c.x
	k.chunked = s.c.x == nil && s.chunkedOut
	s.env.Res = nil
	s.sc.in.Consume(s.resHead)
	s.resHead = 0
	defer k.release()
	if k.toX != nil && s.sc.in.Len() == 0 && k.left == 0 {
		if err := k.toX.Flush(); err != nil { // the content may take its time
			return &clientError{err}
		}
	}
	err := k.move()
	if err != nil && relay.WriteSide(err) {
		return &clientError{err}
	}
	return err
}

// frameForHTTP1 frames a response that came without HTTP/1's framing.
func (s *stream) frameForHTTP1() {
	m := &s.res
	m.DelKnown(httpmsg.TransferEncoding)
	s.chunkedOut = false
	switch {
	case m.Body == httpmsg.UntilClose && s.req.Version >= httpmsg.HTTP11:
		m.AddHeaderString("transfer-encoding", "chunked")
		s.chunkedOut = true
	case m.Body == httpmsg.NoBody && m.Status != 204 && m.Status != 304 && m.Status >= 200 && string(s.method()) != "HEAD" &&
		m.FindKnown(httpmsg.ContentLength, 0) < 0:
		m.AddHeaderString("content-length", "0")
	}
}

// writeMessageHead writes the response's head to a client of either kind.
func (s *stream) writeMessageHead(m *httpmsg.Message, end bool) error {
	s.answered = true
	var err error
	if s.c.x != nil {
		s.facts.BytesOut += int64(m.FieldsSize())
		err = s.c.x.WriteHead(m, end)
	} else {
		s.wire = m.AppendHead(s.wire[:0])
		var n int
		n, err = s.c.Write(s.wire)
		s.facts.BytesOut += int64(n)
	}
	if err != nil {
		return &clientError{err}
	}
	return nil
}

// beginTunnel answers the client that its upgrade or CONNECT succeeded.
func (s *stream) beginTunnel() error {
	m := &s.res
	if s.c.x != nil && m.Status == 101 {
		asConnected(m)
	}
	if asksTransport(&s.req) {
		if err := s.joinTransport(); err != nil {
			return err
		}
	}
	if err := s.writeMessageHead(m, false); err != nil {
		return err
	}
	s.env.Res = nil
	s.sc.in.Consume(s.resHead)
	if s.c.x != nil {
		if err := s.c.x.Flush(); err != nil {
			return &clientError{err}
		}
	}
	return nil
}

// answerMessage writes an answer of ours.
func (s *stream) answerMessage(m *httpmsg.Message, body []byte) {
	s.c.WriteTimeout(s.fe.opts.timeouts.Client)
	err := s.writeMessageHead(m, len(body) == 0)
	if err == nil && len(body) > 0 {
		var n int
		n, err = s.c.WriteLast(body)
		s.facts.BytesOut += int64(n)
	}
	if err != nil {
		s.fe.CliAborts.Add(1)
		s.term('C', s.facts.Term[1])
		return
	}
	s.delivered = true
}

// settleClient ends the client's side: with all that was due, or cut short.
func (s *stream) settleClient() {
	switch {
	case !s.delivered:
		s.c.x.Cancel(httpmsg.Broken)
	case !s.reqDone:
		s.c.x.Cancel(httpmsg.NoError)
	}
}

// The waits for heads, bound once so that they allocate nothing.

func (s *stream) bindWaits() {
	s.readReq = func() error { return s.c.x.ReadHead(&s.req) }
	s.readRes = func() error { return s.sc.x.ReadHead(&s.res) }
}

// isGRPC reports whether the request is one of gRPC.
func (s *stream) isGRPC() bool {
	kind, _ := s.req.Header("content-type")
	return s.c.x != nil && bytes.HasPrefix(kind, []byte("application/grpc"))
}

// resetByServer reports whether the server ended the stream.
func resetByServer(err error) bool {
	var se *httpmsg.StreamError
	return errors.As(err, &se) && se.Remote
}

// malformed reports whether the peer broke the rules of HTTP, or a limit.
func malformed(err error) bool {
	var se *httpmsg.StreamError
	return errors.As(err, &se) && (se.Malformed || se.Status != 0)
}

// refusedUnseen reports whether the server says that it did nothing for a request.
func refusedUnseen(err error) bool {
	var se *httpmsg.StreamError
	return errors.As(err, &se) && se.Retry
}
