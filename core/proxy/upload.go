package proxy

import (
	"errors"
	"io"
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// upload is the rest of a request's body on its way to the server, while the
// stream itself awaits the response: a server may answer before it has all.
type upload struct {
	running bool
	done    chan struct{} // one token when the goroutine has ended
	err     error         // good once the token was taken
	ended   bool
	sentAll atomic.Bool // the whole request has been sent, or nearly so

	stream *stream
	job    uploadJob
	sc     *serverConn
	sent   int64 // bytes of the body that went with the head
}

type uploadJob uint8

const (
	uploadBody uploadJob = iota
	carryBytes           // a tunnel's direction to the server
)

// clientError marks an error as the client's.
type clientError struct{ err error }

func (e *clientError) Error() string { return e.err.Error() }
func (e *clientError) Unwrap() error { return e.err }

// startUpload has the rest of the body follow. The request's head moves out of
// the buffer, which the body needs.
func (s *stream) startUpload() {
	sent := 0
	if s.c.x == nil {
		s.headCopy = append(s.headCopy[:0], s.c.in.Bytes()[:s.reqHead]...)
		s.req.Rebase(s.headCopy)
		if s.sc.x == nil {
			sent = s.reqLen - s.reqHead
		}
		s.c.in.Consume(s.reqHead + sent)
		s.reqLen, s.reqHead = 0, 0
	}
	s.c.ReadTimeout(s.fe.opts.timeouts.Client)
	s.upload.running, s.upload.ended, s.upload.err = true, false, nil
	s.upload.sentAll.Store(false)
	s.upload.job = uploadBody
	s.upload.sc, s.upload.sent = s.sc, int64(sent)
	s.engine.workers.Go(&s.upload)
}

// Run does the stream's second direction on a worker.
func (u *upload) Run() {
	s := u.stream
	defer func() {
		if r := recover(); r != nil {
			s.c.broke(r)
			u.err = &clientError{io.ErrUnexpectedEOF}
			s.c.Interrupt()
			u.sc.Interrupt()
		}
		u.done <- struct{}{}
	}()
	if u.job == carryBytes {
		s.carryUp(u.sc)
	} else {
		s.fe.mode.upload(s, u.sc, u.sent)
	}
}

func (s *stream) runUpload(sc *serverConn, sent int64) {
	var err error
	if s.c.x != nil || sc.x != nil {
		err = s.uploadContent(sc)
	} else if s.req.Body == httpmsg.Chunked {
		err = moveChunked(s.engine.mover, sc.Conn, s.c.Conn, &s.c.in, &s.reqBody, s.countIn)
	} else {
		err = s.engine.mover.Move(sc.Conn, s.c.Conn, &s.c.in, s.req.ContentLength-sent, s.countIn)
	}
	if err != nil && s.c.Interrupted() {
		s.upload.err = err // it was stopped
		return
	}
	if err != nil && !relay.WriteSide(err) {
		// The client is gone, slow or wrong: the response is not worth waiting for.
		s.upload.err = &clientError{err}
		sc.Interrupt()
		return
	}
	s.upload.err = err
	s.upload.sentAll.Store(err == nil)
	if err == nil {
		s.departure.sent(sc)
	}
}

// allComes reports whether the whole request has been sent, or will have been:
// a server that answers well before it has all of it goes on reading.
func (s *stream) allComes() bool {
	return s.reqDone || s.upload.running && (s.upload.sentAll.Load() || s.facts.Status < 400)
}

// finishUpload waits for the rest of a request whose client's connection may
// carry another one, and reports whether all of it has been sent.
func (s *stream) finishUpload() bool {
	if s.upload.running && s.clientKeep && s.delivered && s.c.x == nil {
		<-s.upload.done
		s.upload.done <- struct{}{}
	}
	return s.stopUpload()
}

func (s *stream) countIn(n int) { s.facts.BytesIn += int64(n) }

// stopUpload ends an upload in progress and reports whether the whole request
// has been sent.
func (s *stream) stopUpload() bool {
	u := &s.upload
	if !u.running {
		return s.reqDone
	}
	select {
	case <-u.done:
	default:
		s.c.Interrupt()
		s.sc.Interrupt()
		<-u.done
		if u.err == nil {
			u.err = io.ErrUnexpectedEOF
		}
		s.c.Resume() // the client is still to be answered
	}
	u.running, u.ended = false, true
	s.reqDone = u.err == nil
	return s.reqDone
}

// clientFailed reports whether the request could not be read from the client.
func (u *upload) clientFailed() bool {
	var ce *clientError
	return u.ended && errors.As(u.err, &ce)
}

// moveChunked moves a chunked body as it is, checking its framing.
func moveChunked(m *relay.Mover, dst, src *relay.Conn, buf *relay.Buffer, body *http1.Chunks, moved func(int)) error {
	for !body.Done() {
		n, err := body.Walk(buf.Bytes())
		if err != nil {
			return err
		}
		if n > 0 {
			if _, err := dst.Write(buf.Bytes()[:n]); err != nil {
				return relay.AsWriteSide(err)
			}
			buf.Consume(n)
			moved(n)
			continue
		}
		if left := body.Left(); left > int64(buf.Pool.Size()) && buf.Len() == 0 {
			if err := m.Move(dst, src, buf, left, moved); err != nil {
				return err
			}
			body.Skip(left)
			continue
		}
		if buf.Full() {
			return http1.ErrChunkLine
		}
		if err := src.Fill(buf); err != nil {
			return err
		}
	}
	return nil
}
