package http2

import (
	"os"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// frames takes the frames that are in the buffer. It waits for the rest of one
// only when the buffer is too small for it.
func (m *mux) frames() error {
	for {
		b := m.in.Bytes()
		if len(b) < frameHeadLen {
			return nil
		}
		h := parseHead(b)
		if err := m.admit(h); err != nil {
			return err
		}
		if h.typ == frameData {
			m.in.Consume(frameHeadLen)
			if err := m.data(h); err != nil {
				return err
			}
			continue
		}
		whole := frameHeadLen + h.length
		if whole <= m.in.Pool.Size() && len(b) < whole {
			return nil
		}
		if len(b) >= whole {
			err := m.frame(h, b[frameHeadLen:whole])
			m.in.Consume(whole)
			if err != nil {
				return err
			}
			continue
		}
		m.in.Consume(frameHeadLen)
		if err := m.gather(h.length); err != nil {
			return err
		}
		if err := m.frame(h, m.payload); err != nil {
			return err
		}
	}
}

// gather reads a payload that does not fit the buffer. It may take as long as a
// head may.
func (m *mux) gather(n int) error {
	m.payload = m.payload[:0]
	began := relay.Ticks()
	for len(m.payload) < n {
		if m.in.Len() == 0 {
			if m.o.HeadTimeout > 0 && relay.Ticks()-began > int64(m.o.HeadTimeout) {
				return os.ErrDeadlineExceeded
			}
			if err := m.fill(); err != nil {
				return err
			}
		}
		piece := m.in.Bytes()
		piece = piece[:min(len(piece), n-len(m.payload))]
		m.payload = append(m.payload, piece...)
		m.in.Consume(len(piece))
	}
	return nil
}

// fill waits for bytes in the middle of a frame.
func (m *mux) fill() error {
	m.flush()
	m.c.ReadTimeout(m.o.WriteTimeout)
	return m.c.Fill(m.in)
}

// admit checks what can be checked of a frame by its head.
func (m *mux) admit(h frameHead) error {
	switch {
	case h.length > m.o.MaxFrameSize:
		return broken(codeFrameSize, "frame too large")
	case !m.opened && (h.typ != frameSettings || h.has(flagAck)):
		return broken(codeProtocol, "the first frame is no SETTINGS")
	case len(m.block) > 0 || m.blockFor.stream != 0:
		if h.typ != frameContinuation || h.stream != m.blockFor.stream {
			return broken(codeProtocol, "a frame amid a head")
		}
	case h.typ == frameContinuation:
		return broken(codeProtocol, "CONTINUATION without HEADERS")
	}
	return nil
}

// frame takes a frame other than DATA.
func (m *mux) frame(h frameHead, p []byte) error {
	switch h.typ {
	case frameHeaders:
		return m.headers(h, p)
	case frameContinuation:
		return m.continuation(h, p)
	case framePriority:
		return m.priority(h, p)
	case frameReset:
		return m.reset(h, p)
	case frameSettings:
		return m.settings(h, p)
	case framePing:
		return m.ping(h, p)
	case frameGoAway:
		return m.peerGoesAway(h, p)
	case frameWindowUpdate:
		return m.windowUpdate(h, p)
	case framePushPromise:
		return broken(codeProtocol, "PUSH_PROMISE was not asked for")
	}
	return m.chore(1) // unknown types are ignored (section 5.5)
}

// data takes a DATA frame, whose payload may be longer than the buffer.
func (m *mux) data(h frameHead) error {
	if h.stream == 0 {
		return broken(codeProtocol, "DATA without a stream")
	}
	left, pad, err := m.padding(h)
	if err != nil {
		return err
	}
	content := left - pad
	s, err := m.dataFor(h, content)
	if err != nil {
		return err
	}
	if err := m.payloadFor(s, left, content); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s == nil {
		m.credit(h.length)
		return nil
	}
	unread := h.length - content // padding is read by nobody
	m.credit(unread)
	if m.streams[h.stream] != s {
		return nil
	}
	s.window -= int64(unread)
	s.giveBack(unread)
	if h.has(flagEndStream) {
		return m.peerEnds(s)
	}
	return nil
}

// padding takes the length of a DATA frame's padding, and gives what is left of the
// payload, padding and all.
func (m *mux) padding(h frameHead) (left, pad int, err error) {
	if !h.has(flagPadded) {
		return h.length, 0, nil
	}
	if h.length == 0 {
		return 0, 0, broken(codeFrameSize, "DATA too short for its padding")
	}
	if m.in.Len() == 0 {
		if err := m.fill(); err != nil {
			return 0, 0, err
		}
	}
	left, pad = h.length-1, int(m.in.Bytes()[0])
	m.in.Consume(1)
	if pad > left {
		return 0, 0, broken(codeProtocol, "more padding than payload")
	}
	return left, pad, nil
}

// payloadFor gives a stream, unless it is nil, the first bytes of a payload, the
// content, and passes over the rest.
func (m *mux) payloadFor(s *Stream, left, content int) error {
	for left > 0 {
		if m.in.Len() == 0 {
			if err := m.fill(); err != nil {
				return err
			}
		}
		piece := m.in.Bytes()
		piece = piece[:min(len(piece), left)]
		if content > 0 && s != nil {
			m.mu.Lock()
			s.received(piece[:min(len(piece), content)])
			m.mu.Unlock()
		}
		left, content = left-len(piece), content-len(piece)
		m.in.Consume(len(piece))
	}
	return nil
}

// dataFor finds the stream of a DATA frame with so much content; nil where it is
// to be passed over.
func (m *mux) dataFor(h frameHead, content int) (*Stream, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.recvWindow -= int64(h.length); m.recvWindow < 0 {
		return nil, broken(codeFlowControl, "more DATA than the connection's window")
	}
	if content == 0 && !h.has(flagEndStream) {
		if err := m.glitch(); err != nil {
			return nil, err
		}
	}
	s := m.streams[h.stream]
	if s == nil {
		return nil, m.stray(h, codeStreamClosed)
	}
	switch {
	case s.peerEnded || !s.headSeen:
		return nil, m.streamError(s, codeStreamClosed, "DATA after the end, or before the head")
	case int64(h.length) > s.window:
		return nil, m.streamError(s, codeFlowControl, "more DATA than the stream's window")
	case s.declared >= 0 && s.got+int64(content) > s.declared:
		return nil, m.streamError(s, codeProtocol, "more content than content-length says")
	}
	return s, nil
}

// stray takes a frame of a stream that is not open, which is reset with a code,
// or with codeNo is not. The lock is held.
func (m *mux) stray(h frameHead, c code) error {
	if m.isIdle(h.stream) {
		return broken(codeProtocol, "a frame of a stream that was not opened")
	}
	if c == codeNo {
		return m.chore(1)
	}
	if _, ours := m.gone[h.stream]; ours {
		return nil // it may have been on its way
	}
	m.out = appendReset(m.out, h.stream, c)
	return m.glitch()
}

// isIdle reports whether nobody has opened the stream yet. The lock is held.
func (m *mux) isIdle(id uint32) bool {
	if m.server == (id%2 == 1) { // the peer's
		return id > m.lastPeer
	}
	return id >= m.nextID
}

// streamError resets a stream that broke the rules. The lock is held.
func (m *mux) streamError(s *Stream, c code, msg string) error {
	m.drop(s, c)
	s.end(&httpmsg.StreamError{Msg: msg, Malformed: true})
	m.o.Breaches.Streams.Add(1)
	return m.glitch()
}

// drop resets a stream. The lock is held.
func (m *mux) drop(s *Stream, c code) {
	if s.id == 0 || m.streams[s.id] != s {
		return
	}
	delete(m.streams, s.id)
	m.forget(s.id)
	m.out = appendReset(m.out, s.id, c)
}

// forget remembers that frames of a stream may still come.
func (m *mux) forget(id uint32) {
	if _, known := m.gone[id]; known {
		return
	}
	m.gone[id] = struct{}{}
	if len(m.resets) < maxResets {
		m.resets = append(m.resets, id)
		return
	}
	delete(m.gone, m.resets[m.oldest])
	m.resets[m.oldest] = id
	m.oldest = (m.oldest + 1) % maxResets
}

// maxResets is how many streams that we have reset are remembered.
const maxResets = 256

// credit gives back what nobody has to read. The lock is held.
func (m *mux) credit(n int) {
	m.unread += int64(n)
	if m.unread >= connWindow/2 {
		m.out = appendWindowUpdate(m.out, 0, int(m.unread))
		m.recvWindow += m.unread
		m.unread = 0
	}
}

// peerEnds notes that the peer sends no more on a stream. The lock is held.
func (m *mux) peerEnds(s *Stream) error {
	if s.declared >= 0 && s.got != s.declared {
		return m.streamError(s, codeProtocol, "less content than content-length says")
	}
	s.peerEnded = true
	s.wakeReader()
	if s.ended {
		delete(m.streams, s.id)
	}
	return nil
}
