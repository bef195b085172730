package quic

import (
	"io"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"
)

// acceptUni takes the peer's unidirectional streams.
func (s *session) acceptUni() {
	for {
		q, err := s.c.AcceptUniStream(s.c.Context())
		if err != nil {
			return // the connection has ended
		}
		go s.uni(q)
	}
}

// uni reads a unidirectional stream to its end.
func (s *session) uni(q *quic.ReceiveStream) {
	r := &reader{from: q, buf: make([]byte, 512)}
	typ, err := quicvarint.Read(r)
	if err != nil {
		return // it said nothing
	}
	switch typ {
	case streamControl, streamEncoder, streamDecoder:
		if !s.first(typ) {
			s.fail(broken(codeStreamCreation, "a stream of a kind that there is already"))
			return
		}
		err := s.controlled(typ, r)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = broken(codeClosedCritical, "a stream ended that the connection needs")
		}
		s.fail(err)
	case streamTransport:
		s.carryUni(q, r)
	case streamPush:
		s.fail(broken(codeStreamCreation, "a push that was not asked for"))
	default:
		q.CancelRead(quic.StreamErrorCode(codeStreamCreation))
		s.chore()
	}
}

// first notes a stream that there may be one of.
func (s *session) first(typ uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.critical[typ] {
		return false
	}
	s.critical[typ] = true
	return true
}

// controlled reads one of the streams that the connection needs.
func (s *session) controlled(typ uint64, r *reader) error {
	switch typ {
	case streamEncoder:
		return s.encoderStream(r)
	case streamDecoder:
		return s.decoderStream(r)
	}
	return s.controlStream(r)
}

// maxControlFrame is the longest frame of a control stream that is taken, in bytes.
const maxControlFrame = 8 << 10

func (s *session) controlStream(r *reader) error {
	for first := true; ; first = false {
		typ, length, err := r.frame()
		if err != nil {
			return err
		}
		switch {
		case first && typ != frameSettings:
			return broken(codeMissingSettings, "the first frame is no SETTINGS")
		case !first && typ == frameSettings:
			return errMisplaced
		case length > maxControlFrame:
			return broken(codeExcessive, "a frame that is too large")
		}
		p, err := r.whole(int(length))
		if err != nil {
			return err
		}
		if err := s.controlFrame(typ, p); err != nil {
			return err
		}
		s.chore()
	}
}

var errMisplaced = broken(codeFrameUnexpected, "a frame that has no place in the control stream")

// controlFrame takes a frame of the control stream. Priorities and limits of pushes
// are checked, and make no difference here.
func (s *session) controlFrame(typ uint64, p []byte) error {
	more := false // behind an ID
	switch typ {
	case frameSettings:
		return s.settings(p)
	case frameData, frameHeaders, framePushPromise:
		return errMisplaced
	case framePriority, framePushPriority, frameMaxPushID:
		if !s.server {
			return errMisplaced
		}
		more = typ != frameMaxPushID
	case frameGoAway, frameCancelPush:
	default:
		if reserved(typ) {
			return errMisplaced
		}
		return nil
	}
	id, n, err := quicvarint.Parse(p)
	if err != nil || n != len(p) && !more {
		return broken(codeFrame, "a malformed frame in the control stream")
	}
	return s.identified(typ, id)
}

// identified takes a frame of the control stream by the ID that it has.
func (s *session) identified(typ, id uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch typ {
	case frameGoAway:
		if id > s.unserved || !s.server && !namesRequest(id) {
			return broken(codeID, "a GOAWAY that takes back another, or names no request")
		}
		s.goesAway(id)
	case frameMaxPushID:
		if id < s.maxPush {
			return broken(codeID, "a limit of pushes that sinks")
		}
		s.maxPush = id
	case frameCancelPush, framePushPriority:
		return broken(codeID, "a push that was not promised")
	case framePriority:
		if !namesRequest(id) || !s.shutting && id >= uint64(s.next)+4*uint64(s.limits.MaxStreams) {
			return broken(codeID, "the priority of a request that cannot be")
		}
	}
	return nil
}

// encoderStream reads what the peer says of the dynamic table, which has no room:
// nothing but that it knows (RFC 9204 section 4.3.1).
func (s *session) encoderStream(r *reader) error {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		if b != 0x20 {
			return broken(codeQPACKEncoder, "an entry for a table that has no room")
		}
		s.chore()
	}
}

// decoderStream reads what the peer says of heads that it got. None of ours depends
// on the table, so it has streams to give up alone (RFC 9204 section 4.4.2).
func (s *session) decoderStream(r *reader) error {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		if b&0xc0 != 0x40 {
			return broken(codeQPACKDecoder, "an answer to what was not said")
		}
		for more := b&0x3f == 0x3f; more; more = b&0x80 != 0 { // the stream's number
			if b, err = r.ReadByte(); err != nil {
				return err
			}
		}
		s.chore()
	}
}

// settings takes the peer's settings.
func (s *session) settings(p []byte) error {
	seen := map[uint64]bool{}
	for len(p) > 0 {
		id, n, err := quicvarint.Parse(p)
		if err != nil {
			return broken(codeFrame, "malformed SETTINGS")
		}
		v, m, err := quicvarint.Parse(p[n:])
		if err != nil {
			return broken(codeFrame, "malformed SETTINGS")
		}
		p = p[n+m:]
		if seen[id] || id >= 0x2 && id <= 0x5 {
			return broken(codeSettings, "a setting that comes twice, or is HTTP/2's")
		}
		seen[id] = true
		if id == settingConnect {
			if v > 1 {
				return broken(codeSettings, "ENABLE_CONNECT_PROTOCOL out of range")
			}
			s.mu.Lock()
			s.connects = v == 1
			s.mu.Unlock()
		}
		switch id {
		case settingTransportDraft06, settingTransportDraft14, settingTransport:
			s.mu.Lock()
			s.carries = s.carries || v > 0
			s.mu.Unlock()
		}
	}
	close(s.settled)
	return nil
}

// peerConnects reports whether the peer takes extended CONNECTs for a protocol,
// once it has said so.
func (s *session) peerConnects(protocol []byte) bool {
	select {
	case <-s.settled:
	case <-s.c.Context().Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connects && (s.carries || !asksTransport(protocol))
}
