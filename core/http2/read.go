package http2

import (
	"encoding/binary"
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
	left, pad := h.length, 0
	if h.has(flagPadded) {
		if left == 0 {
			return broken(codeFrameSize, "DATA too short for its padding")
		}
		if m.in.Len() == 0 {
			if err := m.fill(); err != nil {
				return err
			}
		}
		pad = int(m.in.Bytes()[0])
		m.in.Consume(1)
		if left--; pad > left {
			return broken(codeProtocol, "more padding than payload")
		}
	}
	s, err := m.dataFor(h, left-pad)
	if err != nil {
		return err
	}
	for rest := left; rest > 0; {
		if m.in.Len() == 0 {
			if err := m.fill(); err != nil {
				return err
			}
		}
		piece := m.in.Bytes()
		piece = piece[:min(len(piece), rest)]
		if content := rest - pad; content > 0 && s != nil {
			m.mu.Lock()
			s.received(piece[:min(len(piece), content)])
			m.mu.Unlock()
		}
		rest -= len(piece)
		m.in.Consume(len(piece))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	unread := h.length - (left - pad) // padding is read by nobody
	if s == nil {
		unread = h.length
	}
	m.credit(unread)
	if s == nil || m.streams[h.stream] != s {
		return nil
	}
	s.window -= int64(unread)
	s.giveBack(unread)
	if h.has(flagEndStream) {
		return m.peerEnds(s)
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

func (m *mux) priority(h frameHead, p []byte) error {
	if h.stream == 0 {
		return broken(codeProtocol, "PRIORITY without a stream")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case len(p) != 5:
		return m.resetAny(h.stream, codeFrameSize)
	case binary.BigEndian.Uint32(p)&maxWindow == h.stream:
		return m.resetAny(h.stream, codeProtocol)
	}
	return m.chore(1)
}

// resetAny resets a stream whether it is open or not. The lock is held.
func (m *mux) resetAny(id uint32, c code) error {
	if s := m.streams[id]; s != nil {
		return m.streamError(s, c, "a malformed frame")
	}
	m.forget(id)
	m.out = appendReset(m.out, id, c)
	return m.glitch()
}

func (m *mux) reset(h frameHead, p []byte) error {
	switch {
	case h.stream == 0:
		return broken(codeProtocol, "RST_STREAM without a stream")
	case len(p) != 4:
		return broken(codeFrameSize, "RST_STREAM of a wrong size")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.streams[h.stream]
	if s == nil {
		return m.stray(h, codeNo)
	}
	c := code(binary.BigEndian.Uint32(p))
	if c == codeNo && s.peerEnded && !m.server {
		s.sendEnded() // it has answered and wants no more of the request
		return nil
	}
	delete(m.streams, s.id)
	s.aborted, s.resetCode = true, c
	s.end(&httpmsg.StreamError{Remote: true, Retry: c == codeRefused, Msg: "the peer reset the stream"})
	return m.chore(1)
}

func (m *mux) ping(h frameHead, p []byte) error {
	switch {
	case h.stream != 0:
		return broken(codeProtocol, "PING with a stream")
	case len(p) != 8:
		return broken(codeFrameSize, "PING of a wrong size")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.has(flagAck) {
		m.lastStream()
		return m.chore(1)
	}
	m.out = append(appendHead(m.out, 8, framePing, flagAck, 0), p...)
	return m.answered(1)
}

// answered counts n chores that have been answered. The lock is held.
func (m *mux) answered(n int) error {
	if len(m.out) > maxControl {
		return broken(codeCalm, "answers are not read")
	}
	return m.chore(n)
}

func (m *mux) peerGoesAway(h frameHead, p []byte) error {
	switch {
	case h.stream != 0:
		return broken(codeProtocol, "GOAWAY with a stream")
	case len(p) < 8:
		return broken(codeFrameSize, "GOAWAY of a wrong size")
	}
	last := binary.BigEndian.Uint32(p) & maxWindow
	m.mu.Lock()
	defer m.mu.Unlock()
	m.goneAway = true
	if m.server {
		m.shutting, m.final = true, true
		return m.chore(1)
	}
	for id, s := range m.streams {
		if id > last {
			delete(m.streams, id)
			s.end(&httpmsg.StreamError{Remote: true, Retry: true, Msg: "the server takes no more streams"})
		}
	}
	return m.chore(1)
}

func (m *mux) windowUpdate(h frameHead, p []byte) error {
	if len(p) != 4 {
		return broken(codeFrameSize, "WINDOW_UPDATE of a wrong size")
	}
	n := int64(binary.BigEndian.Uint32(p) & maxWindow)
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.stream == 0 {
		if n == 0 {
			return broken(codeProtocol, "WINDOW_UPDATE of 0")
		}
		if m.sendWindow += n; m.sendWindow > maxWindow {
			return broken(codeFlowControl, "window too large")
		}
		m.wakeWriters()
		return m.chore(1)
	}
	s := m.streams[h.stream]
	switch {
	case s == nil:
		return m.stray(h, codeNo)
	case n == 0:
		return m.streamError(s, codeProtocol, "WINDOW_UPDATE of 0")
	}
	if s.sendWindow += n; s.sendWindow > maxWindow {
		return m.streamError(s, codeFlowControl, "window too large")
	}
	s.wakeWriter()
	return m.chore(1)
}

// wakeWriters lets every stream look at the connection's window again. The lock
// is held.
func (m *mux) wakeWriters() {
	for _, s := range m.streams {
		if s.starved {
			s.wakeWriter()
		}
	}
}
