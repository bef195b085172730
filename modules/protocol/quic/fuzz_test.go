package quic

import (
	"bytes"
	"io"
	"testing"

	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/core/httphead"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

// FuzzHead decodes heads of both sides. What is taken keeps the rules that the
// engine relies on, and is taken again once it was encoded here.
func FuzzHead(f *testing.F) {
	f.Add([]byte{0, 0, 0xc0 | methodGet, 0xc0 | schemeHTTPS, 0xc0 | pathRoot, 0x50, 1, 'a'}, true)
	f.Add([]byte{0, 0, 0xd9}, false)
	f.Add(append([]byte{0, 0, 0xc0 | methodGet, 0xc0 | schemeHTTPS, 0xc0 | pathRoot}, literal("cookie", "a=1")...), true)
	f.Add([]byte{0, 0, 0x2f, 0xff, 0xff, 0xff, 0xff, 0x7f}, true)
	f.Fuzz(func(t *testing.T, block []byte, server bool) {
		d := httphead.Decoder{MaxSize: 4096, MaxFields: 30}
		var m httpmsg.Message
		d.Begin(&m, httpmsg.HTTP3, server, false)
		if decode(&d, block, false) != nil || d.Malformed != "" || d.TooLarge {
			return
		}
		if len(m.Head()) > 3*4096 {
			t.Fatalf("a head of %d bytes", len(m.Head()))
		}
		for i := range m.Fields() {
			if bytes.ContainsAny(m.Name(i), "\r\n\x00: ") || bytes.ContainsAny(m.Value(i), "\r\n\x00") {
				t.Fatalf("the field %q: %q", m.Name(i), m.Value(i))
			}
		}
		var again []byte
		if server {
			if bytes.ContainsAny(m.Target(), "\r\n\x00 ") || bytes.ContainsAny(m.Method(), "\r\n\x00 ") {
				t.Fatalf("%q %q", m.Method(), m.Target())
			}
			again = appendRequest(nil, &m)
		} else {
			again = appendResponse(nil, &m)
		}
		e := httphead.Decoder{MaxSize: 8192, MaxFields: 60}
		var n httpmsg.Message
		e.Begin(&n, httpmsg.HTTP3, server, false)
		if err := decode(&e, again, false); err != nil || e.Malformed != "" {
			t.Fatalf("%x, encoded again as %x: %v %s", block, again, err, e.Malformed)
		}
	})
}

// FuzzControl reads what a peer says on the streams of its connection. It must end.
func FuzzControl(f *testing.F) {
	f.Add(frame(frameSettings, 6, 1, 8, 1), uint8(streamControl))
	f.Add(append(frame(frameSettings), frame(frameGoAway, 4)...), uint8(streamControl))
	f.Add([]byte{0x20, 0x20}, uint8(streamEncoder))
	f.Add([]byte{0x40, 0x7f, 0x80, 1}, uint8(streamDecoder))
	f.Fuzz(func(t *testing.T, b []byte, typ uint8) {
		if typ != streamControl && typ != streamEncoder && typ != streamDecoder {
			return
		}
		s := &session{server: true, settled: make(chan struct{}), critical: map[uint64]bool{}, count: &httpmsg.Breaches{}, limits: settledTuning()}
		s.limits.GlitchLimit = 1 << 30 // there is no connection to end
		r := &reader{from: bytes.NewReader(b), buf: make([]byte, 64)}
		if s.controlled(uint64(typ), r) == nil {
			t.Fatal("it ended without a reason")
		}
	})
}

// FuzzFrames reads frames off a stream in pieces of any size.
func FuzzFrames(f *testing.F) {
	f.Add(get(), uint8(3))
	f.Add(frame(0x21, make([]byte, 100)...), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		r := &reader{from: &pieces{b, int(piece%16) + 1}, buf: make([]byte, 16)}
		rest := b
		for {
			typ, length, err := r.frame()
			if err != nil {
				return
			}
			wantType, n, _ := quicvarint.Parse(rest)
			wantLength, k, _ := quicvarint.Parse(rest[n:])
			if typ != wantType || length != wantLength {
				t.Fatalf("a frame %x of %d bytes, want %x of %d", typ, length, wantType, wantLength)
			}
			rest = rest[n+k:]
			if length > uint64(len(rest)) {
				if length < 1<<16 {
					if _, err := r.whole(int(length)); err == nil {
						t.Fatal("more came than there was")
					}
				}
				return
			}
			p, err := r.whole(int(length))
			if err != nil || !bytes.Equal(p, rest[:length]) {
				t.Fatalf("%x, %v, want %x", p, err, rest[:length])
			}
			rest = rest[length:]
		}
	})
}

// pieces gives bytes so many at a time.
type pieces struct {
	b []byte
	n int
}

func (p *pieces) Read(into []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(into[:min(len(into), p.n)], p.b)
	p.b = p.b[n:]
	return n, nil
}

func settledTuning() *protocol.SessionTuning {
	t := &protocol.SessionTuning{}
	settle(t)
	return t
}
