package http2

import (
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// WriteHead sends a head.
func (s *Stream) WriteHead(h *httpmsg.Message, end bool) error {
	m := s.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := s.mayWrite(); err != nil {
		return err
	}
	if s.id == 0 {
		if err := s.number(h); err != nil {
			return err
		}
	}
	flags := uint8(0)
	if end {
		flags = flagEndStream
	}
	m.appendBlock(s.id, flags, func(b []byte) []byte {
		if m.server {
			return appendResponse(b, h)
		}
		return appendRequest(b, h, m.scheme())
	})
	if end {
		s.endSending()
	}
	if end || m.server && h.Status < 200 {
		m.flushLocked()
	}
	return nil
}

// mayWrite waits until output may gather. The lock is held.
func (s *Stream) mayWrite() error {
	if err := s.m.room(); err != nil {
		return err
	}
	switch {
	case s.err != nil:
		return s.err
	case s.ended:
		return errEnded
	}
	return nil
}

var errEnded = &httpmsg.StreamError{Remote: true, Msg: "the stream's direction has ended"}

// number gives a client's stream its number, in the order of their heads. The
// lock is held.
func (s *Stream) number(h *httpmsg.Message) error {
	m := s.m
	if m.goneAway || m.nextID > maxWindow-2 {
		return &httpmsg.StreamError{Remote: true, Retry: true, Msg: "the server takes no more streams"}
	}
	if len(h.Protocol()) > 0 && !m.peerConnect {
		return &httpmsg.StreamError{Msg: "the server takes no extended CONNECT"}
	}
	s.id = m.nextID
	m.nextID += 2
	s.sendWindow = m.peerWindow
	s.isHead = string(h.Method()) == "HEAD"
	m.streams[s.id] = s
	return nil
}

// What we send gives the peer reason for chores: for a head windows, a priority, a
// reset; for content windows for the stream and the connection, often long before
// half of one is used, and a ping that measures how much is in flight. Pieces that
// are small because the peer lets no more through give none: it would have us send
// byte by byte.
const (
	headEarns  = 5
	pieceEarns = 3
	chorePer   = 512 // bytes of content
	smallPiece = 256
)

// appendBlock appends what encode makes as a HEADERS frame, and CONTINUATION
// frames for what does not fit. The lock is held.
func (m *mux) appendBlock(id uint32, flags uint8, encode func([]byte) []byte) {
	m.patience.Earn(headEarns)
	at := len(m.out)
	m.out = encode(appendHead(m.out, 0, frameHeaders, flags|flagEndHeaders, id))
	n := len(m.out) - at - frameHeadLen
	if n <= m.peerFrameSize {
		m.out[at], m.out[at+1], m.out[at+2] = byte(n>>16), byte(n>>8), byte(n)
		return
	}
	block := append([]byte(nil), m.out[at+frameHeadLen:]...)
	m.out = m.out[:at]
	for t := frameHeaders; len(block) > 0; t, flags = frameContinuation, 0 {
		n := min(len(block), m.peerFrameSize)
		f := flags
		if n == len(block) {
			f |= flagEndHeaders
		}
		m.out = append(appendHead(m.out, n, t, f, id), block[:n]...)
		block = block[n:]
	}
}

// endSending notes that we send no more. The lock is held.
func (s *Stream) endSending() {
	s.ended = true
	if s.peerEnded {
		delete(s.m.streams, s.id)
	}
}

// Flush sends the head that was held back.
func (s *Stream) Flush() error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.flushLocked()
	return s.m.err
}

// Write sends content.
func (s *Stream) Write(p []byte) (int, error) { return s.send(p, false) }

// WriteLast sends the last content.
func (s *Stream) WriteLast(p []byte) (int, error) { return s.send(p, true) }

// CloseWrite ends our direction.
func (s *Stream) CloseWrite() error {
	_, err := s.send(nil, true)
	return err
}

func (s *Stream) send(p []byte, last bool) (int, error) {
	m := s.m
	m.mu.Lock()
	defer m.mu.Unlock()
	sent := 0
	for {
		if err := s.mayWrite(); err != nil {
			return sent, err
		}
		rest := p[sent:]
		n := min(len(rest), m.peerFrameSize, int(max(0, min(s.sendWindow, m.sendWindow))))
		if n < len(rest) && n == 0 {
			m.flushLocked()
			if s.err != nil || min(s.sendWindow, m.sendWindow) > 0 {
				continue
			}
			s.starved = true
			err := s.wait(&s.outgoing)
			s.starved = false
			if err != nil {
				return sent, err
			}
			continue
		}
		flags := uint8(0)
		if last && n == len(rest) {
			flags = flagEndStream
		}
		if n > 0 || flags != 0 {
			if n == len(rest) || n >= smallPiece {
				m.patience.Earn(pieceEarns + n/chorePer)
			}
			m.out = append(appendHead(m.out, n, frameData, flags, s.id), rest[:n]...)
			s.sendWindow -= int64(n)
			m.sendWindow -= int64(n)
			sent += n
		}
		if sent == len(p) {
			if last {
				s.endSending()
			}
			m.flushLocked()
			return sent, nil
		}
	}
}

// WriteTrailers sends the fields after the content.
func (s *Stream) WriteTrailers(h *httpmsg.Message) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if err := s.mayWrite(); err != nil {
		return err
	}
	s.m.appendBlock(s.id, flagEndStream, func(b []byte) []byte { return appendFields(b, h) })
	s.endSending()
	s.m.flushLocked()
	return nil
}
