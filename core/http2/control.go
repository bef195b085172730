package http2

import (
	"encoding/binary"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

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
