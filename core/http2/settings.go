package http2

import "encoding/binary"

// settings takes the peer's settings (RFC 9113 section 6.5).
func (m *mux) settings(h frameHead, p []byte) error {
	switch {
	case h.stream != 0:
		return broken(codeProtocol, "SETTINGS with a stream")
	case h.has(flagAck) && len(p) > 0, len(p)%6 != 0:
		return broken(codeFrameSize, "SETTINGS of a wrong size")
	case h.has(flagAck):
		return m.chore(1)
	}
	m.opened = true
	n := 1 + len(p)/6/sanelyMany
	m.mu.Lock()
	defer m.mu.Unlock()
	for ; len(p) > 0; p = p[6:] {
		if err := m.setting(binary.BigEndian.Uint16(p), binary.BigEndian.Uint32(p[2:])); err != nil {
			return err
		}
	}
	m.out = appendHead(m.out, 0, frameSettings, flagAck, 0)
	return m.answered(n)
}

// sanelyMany is how many settings come at once from a sane peer. Each may concern
// all streams.
const sanelyMany = 10

func (m *mux) setting(id uint16, v uint32) error {
	switch id {
	case settingEnablePush:
		if v > 1 || v == 1 && !m.server {
			return broken(codeProtocol, "ENABLE_PUSH out of range")
		}
	case settingMaxStreams:
		m.peerStreams = int64(v)
	case settingInitialWindow:
		if v > maxWindow {
			return broken(codeFlowControl, "INITIAL_WINDOW_SIZE out of range")
		}
		delta := int64(v) - m.peerWindow
		m.peerWindow = int64(v)
		for _, s := range m.streams {
			if s.sendWindow += delta; s.sendWindow > maxWindow {
				return broken(codeFlowControl, "a stream's window is too large")
			}
			s.wakeWriter()
		}
	case settingMaxFrameSize:
		if v < defaultFrameSize || v > maxFrameSize {
			return broken(codeProtocol, "MAX_FRAME_SIZE out of range")
		}
		m.peerFrameSize = int(min(v, ourFrameSize))
	case settingConnect:
		if v > 1 {
			return broken(codeProtocol, "ENABLE_CONNECT_PROTOCOL out of range")
		}
		m.peerConnect = v == 1
	}
	return nil // the table's size is not needed, and unknown settings are ignored
}

// ourFrameSize is the largest frame that we send, so that streams take turns.
const ourFrameSize = 64 << 10
