package quic

import facts "github.com/fairleadproxy/fairlead/core/session"

// Mux tells of the stream and its connection.
func (x *stream) Mux() facts.Mux {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	return facts.Mux{
		Version: 3, ID: uint64(x.id), Streams: len(s.streams), Limit: s.limits.MaxStreams, Glitches: s.patience.Glitches(),
		Aborted: x.reset.Load(), Reset: x.resetCode.Load(),
	}
}
