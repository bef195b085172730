package http2

import "github.com/fairleadproxy/fairlead/core/session"

// Mux tells of the stream and its connection.
func (s *Stream) Mux() session.Mux {
	m := s.m
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := m.o.MaxConcurrentStreams
	if !m.server {
		limit = min(limit, int(m.peerStreams))
	}
	return session.Mux{
		Version: 2, ID: uint64(s.id), Streams: m.live, Limit: limit, Glitches: m.patience.Glitches(),
		Aborted: s.aborted, Reset: uint64(s.resetCode),
	}
}
