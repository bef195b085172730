package proxy

import (
	"errors"

	"os"

	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// deliverChunked writes the head and a chunked body: as it is to a client that
// knows chunks, its content only to one that speaks HTTP/1.0.
func (s *stream) deliverChunked() error {
	if s.req.Version < httpmsg.HTTP11 {
		return s.deliverUnchunked()
	}
	n, err := s.resBody.Walk(s.sc.in.Bytes()[s.resHead:])
	if err != nil {
		return err
	}
	if err := s.writeHead(n, !s.resBody.Done()); err != nil {
		return err
	}
	err = moveChunked(s.engine.mover, s.c.Conn, s.sc.Conn, &s.sc.in, &s.resBody, s.countOut)
	if err != nil && relay.WriteSide(err) {
		return &clientError{err}
	}
	return err
}

// deliverUnchunked writes the content of a chunked body, which then ends with
// the connection.
func (s *stream) deliverUnchunked() error {
	s.clientKeep = false
	if err := s.writeHead(0, true); err != nil {
		return err
	}
	in := &s.sc.in
	for !s.resBody.Done() {
		frame, data, err := s.resBody.Next(in.Bytes())
		if err != nil {
			return err
		}
		if frame+data == 0 {
			if in.Full() {
				return http1.ErrChunkLine
			}
			if err := s.sc.Fill(in); err != nil {
				return err
			}
			continue
		}
		if _, err := s.c.Write(in.Bytes()[frame : frame+data]); err != nil {
			return &clientError{err}
		}
		s.countOut(data)
		in.Consume(frame + data)
	}
	return nil
}

// keepResponseHead takes the head and n bytes of body out of the buffer; what
// views the head is void from here on.
func (s *stream) keepResponseHead(n int) {
	s.env.Res = nil
	s.sc.in.Consume(s.resHead + n)
}

// undelivered notes why a response was cut short.
func (s *stream) undelivered(err error) {
	s.clientKeep, s.serverKeep = false, false
	timeout := errors.Is(err, os.ErrDeadlineExceeded)
	var ce *clientError
	var he *http1.Error
	switch {
	case s.clientGone(), errors.As(err, &ce):
		s.be.CliAborts.Add(1)
		s.srv.CliAborts.Add(1)
		s.term(pickCause(timeout && !s.clientGone(), 'c', 'C'), 'D')
	case errors.As(err, &he), malformed(err):
		s.be.ResErrors.Add(1)
		s.srv.ResErrors.Add(1)
		s.term('P', 'D')
	default:
		s.be.SrvAborts.Add(1)
		s.srv.SrvAborts.Add(1)
		s.term(pickCause(timeout, 's', 'S'), 'D')
	}
}

func pickCause(timeout bool, onTimeout, otherwise byte) byte {
	if timeout {
		return onTimeout
	}
	return otherwise
}

// runTunnel carries bytes both ways after a 101, or a 2xx to CONNECT.
func (s *stream) runTunnel() {
	var err error
	if s.c.x != nil || s.sc.x != nil {
		err = s.beginTunnel()
	} else {
		err = s.writeHead(0, false)
	}
	if err != nil {
		s.undelivered(err)
		return
	}
	s.clientKeep, s.serverKeep = false, false
	s.c.in.Consume(s.reqLen)
	s.reqLen, s.reqHead = 0, 0
	s.env.Req = nil
	s.carry()
	s.delivered = true
}
