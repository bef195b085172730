package http2

import (
	"encoding/binary"
	"errors"

	"golang.org/x/net/http2/hpack"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// headers takes a HEADERS frame: a head, or the first part of one.
func (m *mux) headers(h frameHead, p []byte) error {
	if h.stream == 0 {
		return broken(codeProtocol, "HEADERS without a stream")
	}
	pad := 0
	if h.has(flagPadded) {
		if len(p) == 0 {
			return broken(codeFrameSize, "HEADERS too short")
		}
		pad, p = int(p[0]), p[1:]
	}
	self := false
	if h.has(flagPriority) {
		if len(p) < 5 {
			return broken(codeFrameSize, "HEADERS too short")
		}
		self = binary.BigEndian.Uint32(p)&maxWindow == h.stream
		p = p[5:]
	}
	if pad > len(p) {
		return broken(codeProtocol, "more padding than payload")
	}
	p = p[:len(p)-pad]
	m.selfish = self
	if h.has(flagEndHeaders) {
		return m.wholeHead(h, p)
	}
	m.blockFor = h
	m.block = append(m.block[:0], p...)
	return nil
}

// continuation takes the next part of a head. Each is a chore, as heads need few.
func (m *mux) continuation(h frameHead, p []byte) error {
	if err := m.chore(1); err != nil {
		return err
	}
	if len(p) == 0 || len(m.block)+len(p) > 2*m.o.MaxHeaderList {
		if err := m.glitch(); err != nil || len(p) > 0 {
			return broken(codeCalm, "a head that is too large")
		}
	}
	m.block = append(m.block, p...)
	if !h.has(flagEndHeaders) {
		return nil
	}
	first := m.blockFor
	m.blockFor = frameHead{}
	err := m.wholeHead(first, m.block)
	m.block = m.block[:0]
	return err
}

// wholeHead takes a complete head. Whatever becomes of it, it has to be
// decoded, for the decoder's table to stay what the peer thinks it is.
func (m *mux) wholeHead(h frameHead, block []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.headFor(h)
	if err != nil {
		return err
	}
	d := &m.head
	if s == nil {
		d.Begin(nil, httpmsg.HTTP2, m.server, false)
	} else if s.headSeen {
		d.Begin(&s.trailers, httpmsg.HTTP2, m.server, true)
	} else {
		d.Begin(s.nextHead(), httpmsg.HTTP2, m.server, false)
	}
	if _, err := m.decoder.Write(block); err != nil {
		return decoding(err)
	}
	if err := m.decoder.Close(); err != nil {
		return decoding(err)
	}
	if s == nil {
		return m.chore(1) // its stream was reset
	}
	if m.selfish {
		d.Malformed = "a stream that depends on itself"
	}
	d.Finish(h.has(flagEndStream))
	return m.deliver(s, h)
}

// field takes a field from the decoder.
func (m *mux) field(f hpack.HeaderField) { m.head.Field(f.Name, f.Value) }

func decoding(err error) error {
	if errors.Is(err, hpack.ErrStringLength) {
		return broken(codeCalm, "a field that is too large")
	}
	return broken(codeCompression, "a head that cannot be decoded")
}

// headFor finds or opens the stream of a head; nil where it is to be passed
// over. The lock is held.
func (m *mux) headFor(h frameHead) (*Stream, error) {
	if s := m.streams[h.stream]; s != nil {
		return s, nil
	}
	if _, ours := m.gone[h.stream]; ours {
		return nil, nil
	}
	switch {
	case !m.server && m.isIdle(h.stream), m.server && h.stream%2 == 0:
		return nil, broken(codeProtocol, "a stream that the peer must not open")
	case !m.isIdle(h.stream):
		return nil, broken(codeStreamClosed, "HEADERS of a stream that has ended")
	}
	m.lastPeer = h.stream
	if m.final || len(m.streams) >= m.o.MaxConcurrentStreams || m.live >= 2*m.o.MaxConcurrentStreams {
		m.forget(h.stream)
		m.out = appendReset(m.out, h.stream, codeRefused)
		return nil, m.glitch()
	}
	s := newStream(m, h.stream)
	m.streams[h.stream] = s
	return s, nil
}

// deliver gives a decoded head to its stream. The lock is held.
func (m *mux) deliver(s *Stream, h frameHead) error {
	d := &m.head
	switch {
	case s.peerEnded:
		return m.refuse(s, codeStreamClosed, "HEADERS after the end of the stream")
	case d.Malformed != "":
		return m.refuse(s, codeProtocol, d.Malformed)
	case d.Trailers && d.TooLarge:
		return m.refuse(s, codeCalm, "trailers that are too large")
	case d.Trailers && !h.has(flagEndStream):
		return m.refuse(s, codeProtocol, "trailers without the end of the stream")
	case d.Trailers:
		s.hasTrailers = s.trailers.Fields() > 0
		return m.peerEnds(s)
	case d.Status != 0 && d.Status < 200:
		return m.deliverInterim(s, h)
	case h.has(flagEndStream) && d.Length > 0 && !s.contentless(d.Status):
		return m.refuse(s, codeProtocol, "less content than content-length says")
	}
	if d.TooLarge {
		s.headErr = &httpmsg.StreamError{Status: 431, Msg: "the head is too large"}
	}
	s.headSeen, s.declared = true, d.Length
	if h.has(flagEndStream) {
		s.peerEnded = true
		if s.ended {
			delete(m.streams, s.id)
		}
	}
	return m.queued(s)
}

// deliverInterim gives the head of an interim response (1xx) to its stream. The lock
// is held.
func (m *mux) deliverInterim(s *Stream, h frameHead) error {
	if h.has(flagEndStream) {
		return m.refuse(s, codeProtocol, "an interim response that ends the stream")
	}
	if m.head.TooLarge {
		s.headErr = &httpmsg.StreamError{Status: 431, Msg: "the head is too large"}
	}
	if err := m.chore(1); err != nil {
		return err
	}
	return m.queued(s)
}

// queued counts the head that was put into a stream's queue. The lock is held.
func (m *mux) queued(s *Stream) error {
	s.heads++
	if s.heads-s.headsRead > maxHeads {
		return m.refuse(s, codeCalm, "too many interim responses")
	}
	if m.server {
		m.give(s)
		return nil
	}
	s.wakeReader()
	return nil
}

// contentless reports whether a response has no content whatever its head says
// (RFC 9110 section 6.4.1).
func (s *Stream) contentless(status int) bool { return s.isHead || status == 204 || status == 304 }

// maxHeads is how many heads of a stream wait to be read.
const maxHeads = 8

// refuse ends a stream for its head, which its user hears of. The lock is held.
func (m *mux) refuse(s *Stream, c code, msg string) error {
	err := m.streamError(s, c, msg)
	if m.server && !s.handled {
		m.give(s)
	}
	return err
}

// give gives a client's stream to its user. The lock is held.
func (m *mux) give(s *Stream) {
	m.live++
	s.handled = true
	m.accept(s)
}
