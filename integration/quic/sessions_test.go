package quic

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// Of WebTransport (draft-ietf-webtrans-http3), and of HTTP/3.
const (
	rejected, message, unknownSession, goneSession = 0x10b, 0x10e, 0x3994bd84, 0x170d7b68

	closeCapsule, maxDataCapsule, maxStreamDataCapsule = 0x2843, 0x190b4d3d, 0x190b4d3e
)

// dialSessions connects to have sessions.
func dialSessions(t *testing.T, port string) raw {
	t.Helper()
	return dialRaw(t, port, &quic.Config{EnableDatagrams: true, EnableStreamResetPartialDelivery: true})
}

// session begins a session, and waits for the answer.
func (r raw) session() *quic.Stream {
	r.t.Helper()
	s := r.ask(head("CONNECT", "/session", ":protocol", "webtransport-h3"))
	_ = s.SetDeadline(time.Now().Add(20 * time.Second)) // it does not fail
	if _, err := io.ReadFull(s, make([]byte, 5)); err != nil {
		r.t.Fatalf("no session begins: %v", err)
	}
	return s
}

// stream opens a stream of a session.
func (r raw) stream(session uint64, text string) *quic.Stream {
	s := r.ask(append(quicvarint.Append([]byte{0x40, 0x41}, session), text...))
	_ = s.SetDeadline(time.Now().Add(20 * time.Second)) // it does not fail
	return s
}

// echoes reports whether a session is alive.
func (r raw) echoes(session uint64) bool {
	s := r.stream(session, "echo me")
	s.Close()
	b, err := io.ReadAll(s)
	return err == nil && string(b) == "echo me"
}

// resetWith reads a stream to its end, and gives the code that it was reset with, 0 for
// none.
func resetWith(s *quic.Stream) quic.StreamErrorCode {
	_, err := io.Copy(io.Discard, s)
	var se *quic.StreamError
	if errors.As(err, &se) && se.Remote {
		return se.ErrorCode
	}
	return 0
}

// TestSessionsOfOneConnection has a client begin more sessions than it may: those are
// refused, and the one that there is goes on. The next may begin once that has ended.
func TestSessionsOfOneConnection(t *testing.T) {
	_, f := transports(t, "30s")
	r := dialSessions(t, f.port)
	first := r.session()
	id := uint64(first.StreamID())
	if !r.echoes(id) {
		t.Error("the session is not alive")
	}
	second := r.ask(head("CONNECT", "/session", ":protocol", "webtransport"))
	if code := resetWith(second); code != rejected {
		t.Errorf("a second session is reset with %#x, want %#x", code, rejected)
	}
	lab.Until(t, 10*time.Second, "that is logged", func() bool { return strings.Contains(f.proc.Output(), " PR-- ") })
	if !r.echoes(id) {
		t.Error("the first session suffers from the second")
	}
	open := r.stream(id, "echo")
	if _, err := io.ReadFull(open, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	first.Write(frame(0, frame(closeCapsule, 0, 0, 0, 0)...))
	first.Close()
	if code := resetWith(open); code != goneSession {
		t.Errorf("a stream of the session that ended is reset with %#x, want %#x", code, goneSession)
	}
	third := r.session()
	if !r.echoes(uint64(third.StreamID())) {
		t.Error("the session after it is not alive")
	}
	if code := resetWith(r.stream(id, "echo")); code != goneSession {
		t.Errorf("a late stream of the first session is reset with %#x, want %#x", code, goneSession)
	}
}

// TestSessionsThatBreakRules has what is said about a session, and about none, break
// the rules: the session ends, or its stream, and the connection goes on.
func TestSessionsThatBreakRules(t *testing.T) {
	_, f := transports(t, "30s")
	for name, said := range map[string][]byte{
		"a window of a stream":  frame(maxStreamDataCapsule, 0, 1),
		"a text too long":       frame(closeCapsule, make([]byte, 1029)...),
		"more after the end":    append(frame(closeCapsule, 0, 0, 0, 0), frame(0x78ae)...),
		"a capsule that is cut": frame(closeCapsule, 0, 0, 0, 0)[:4],
	} {
		r := dialSessions(t, f.port)
		s := r.session()
		if s.Write(frame(0, said...)); name == "a capsule that is cut" {
			s.Close()
		}
		if code := resetWith(s); code != message {
			t.Errorf("%s: the session is reset with %#x, want %#x", name, code, message)
		}
		if s := r.session(); !r.echoes(uint64(s.StreamID())) {
			t.Errorf("%s: the session after it is not alive", name)
		}
	}
	r := dialSessions(t, f.port)
	s := r.session()
	s.Write(frame(0, bytes.Repeat(frame(maxDataCapsule, 1), 100)...))
	if !r.echoes(uint64(s.StreamID())) {
		t.Error("limits that were not agreed on end the session")
	}
	const streams, wait = 40, 16 // those that wait for their session do so for longer than this test
	codes := make(chan quic.StreamErrorCode, streams)
	for range streams {
		s := r.stream(4000, "echo")
		go func() { codes <- resetWith(s) }()
	}
	for range streams - wait {
		if code := <-codes; code != unknownSession {
			t.Errorf("a stream of a session that never comes is reset with %#x, want %#x", code, unknownSession)
		}
	}
	if !r.echoes(uint64(s.StreamID())) {
		t.Error("the session suffers from streams of none")
	}
}

// TestSessionsThatCannotBe has streams and datagrams name what is no session's ID.
func TestSessionsThatCannotBe(t *testing.T) {
	_, f := transports(t, "30s")
	for name, c := range map[string]struct {
		do   func(r raw)
		want quic.ApplicationErrorCode
	}{
		"a stream":           {func(r raw) { r.stream(2, "echo") }, 0x108},
		"a stream one way":   {func(r raw) { r.uni([]byte{0x40, 0x54, 1}, 1, nil) }, 0x108},
		"a datagram":         {func(r raw) { r.SendDatagram(quicvarint.Append(nil, 1<<60)) }, 0x33},
		"an empty datagram":  {func(r raw) { r.SendDatagram(nil) }, 0x33},
		"a request's middle": {func(r raw) { r.ask(append(head("POST", "/refused"), 0x40, 0x41, 0)) }, 0x106},
	} {
		r := dialSessions(t, f.port)
		r.session()
		c.do(r)
		if code, err := r.ended(); err != nil || code != c.want {
			t.Errorf("%s: the connection ends with %#x, %v, want %#x", name, uint64(code), err, uint64(c.want))
		}
	}
}
