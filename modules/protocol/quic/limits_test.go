package quic

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/protocol"
	facts "github.com/fairleadproxy/fairlead/core/session"
)

// at gives the UDP address of a listener.
func at(l protocol.SessionListener) string {
	_, a, _ := strings.Cut(l.Addr(), "@")
	return a
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never was that %s", what)
		}
	}
}

// TestBadPackets sends what is no QUIC, or breaks its rules: nothing comes back
// that could amplify it, and it is counted.
func TestBadPackets(t *testing.T) {
	o := &protocol.SessionOptions{Counters: &protocol.SessionCounters{}}
	l := listenWith(t, o)
	c, err := net.Dial("udp", at(l))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	long := func(first byte, version uint32, rest ...byte) []byte {
		return append([]byte{first, byte(version >> 24), byte(version >> 16), byte(version >> 8), byte(version)}, rest...)
	}
	ids := []byte{8, 1, 2, 3, 4, 5, 6, 7, 8, 0} // a destination's, and none of the source
	full := func(b []byte) []byte { return append(b, make([]byte, 1200-len(b))...) }
	for name, p := range map[string][]byte{
		"a TLS record":                    []byte("\x16\x03\x01\x00\x05hello"),
		"a single byte":                   {0x20},
		"a header that is cut off":        {0xc0, 0, 0, 0, 1, 8, 1},
		"an ID that is too long":          full(long(0xc0, 1, append([]byte{21}, make([]byte, 30)...)...)),
		"an Initial that is too short":    long(0xc0, 1, append(ids, 0, 0x40, 20, 0, 0, 0, 0)...),
		"a token beyond the end":          full(long(0xc0, 1, append(ids, 0x7f, 0xff)...)),
		"a Handshake of no connection":    full(long(0xe0, 1, append(ids, 0x40, 20)...)),
		"a Retry for a server":            full(long(0xf0, 1, ids...)),
		"version negotiation to a server": full(long(0xc0, 0, append(ids, 0, 0, 0, 1)...)),
	} {
		before := o.Counters.Malformed.Load()
		if _, err := c.Write(p); err != nil {
			t.Fatal(err)
		}
		until(t, "counted: "+name, func() bool { return o.Counters.Malformed.Load() == before+1 })
	}
	// A packet of an unknown connection is answered by no more than it has itself.
	before := o.Counters.Dropped.Load()
	if _, err := c.Write([]byte{0x40, 1, 2, 3, 4, 5, 6, 7}); err != nil {
		t.Fatal(err)
	}
	until(t, "a packet of an unknown connection is counted", func() bool { return o.Counters.Dropped.Load() == before+1 })
	ask(t, dial(t, l))
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 2000)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes came back, %v", n, err)
	}
}

// TestRetryUnderLoad has as many handshakes hang as the threshold says: the next
// client has to prove its address, and gets through.
func TestRetryUnderLoad(t *testing.T) {
	o := &protocol.SessionOptions{Counters: &protocol.SessionCounters{}, SessionTuning: protocol.SessionTuning{RetryThreshold: 3}}
	release := make(chan struct{})
	var begun atomic.Int32
	o.Begin = func(context.Context) error {
		if begun.Add(1) <= 3 {
			<-release
		}
		return nil
	}
	l := listenWith(t, o)
	done := make(chan error, 3)
	for range 3 {
		go func() {
			c, err := quic.DialAddr(t.Context(), at(l), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{alpn}}, nil)
			if err == nil {
				_ = c.CloseWithError(0, "") // nobody needs it
			}
			done <- err
		}()
	}
	until(t, "three handshakes hang", func() bool { return begun.Load() == 3 && o.Counters.HalfOpen.Load() == 3 })
	if n := o.Counters.Retries.Load(); n != 0 {
		t.Errorf("%d clients had to prove their addresses before the threshold", n)
	}
	ask(t, dial(t, l))
	if n := o.Counters.Retries.Load(); n == 0 { // each packet of its first flight may be answered
		t.Error("the client did not have to prove its address")
	}
	close(release)
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	until(t, "no handshake is in progress", func() bool { return o.Counters.HalfOpen.Load() == 0 })
}

// TestHandshakesAreTold has handshakes that succeed and fail.
func TestHandshakesAreTold(t *testing.T) {
	told := make(chan error, 10)
	o := &protocol.SessionOptions{Shook: func(src, _ netip.AddrPort, known *facts.TLS, err error) {
		if !src.IsValid() || (known == nil) != (err != nil) {
			t.Errorf("told of %v, %v, %v", src, known, err)
		}
		told <- err
	}}
	l := listenWith(t, o)
	dial(t, l)
	if err := <-told; err != nil {
		t.Errorf("a handshake that succeeded: %v", err)
	}
	for name, c := range map[string]struct {
		config *tls.Config
		is     func(error) bool
	}{
		"another protocol": {&tls.Config{InsecureSkipVerify: true, NextProtos: []string{"smtp"}}, func(err error) bool { return strings.Contains(err.Error(), "application protocol") }},
		"no trust in us":   {&tls.Config{ServerName: "localhost", NextProtos: []string{alpn}}, func(err error) bool { var a tls.AlertError; return errors.As(err, &a) }},
	} {
		if _, err := quic.DialAddr(t.Context(), at(l), c.config, nil); err == nil {
			t.Errorf("%s: it succeeded", name)
		}
		if err := <-told; err == nil || !c.is(err) {
			t.Errorf("%s: told of %v", name, err)
		}
	}
}

// TestGlitches ends the connection of a client that breaks HTTP's rules over and
// over.
func TestGlitches(t *testing.T) {
	o := &protocol.SessionOptions{Counters: &protocol.SessionCounters{}, SessionTuning: protocol.SessionTuning{GlitchLimit: 20}}
	q := dial(t, listenWith(t, o))
	for range 1000 {
		s, err := q.OpenStreamSync(t.Context())
		if err != nil {
			break
		}
		_, _ = s.Write(get(literal("connection", "close")...)) // the connection may end meanwhile
	}
	var ae *quic.ApplicationError
	until(t, "the connection ends", func() bool { return q.Context().Err() != nil })
	if err := context.Cause(q.Context()); !errors.As(err, &ae) || code(ae.ErrorCode) != codeExcessive {
		t.Errorf("it ended with %v", err)
	}
	if o.Counters.Glitches.Load() < 20 {
		t.Errorf("%d oddities were counted", o.Counters.Glitches.Load())
	}
}

// TestMaxRequests has clients open another connection after so many requests.
func TestMaxRequests(t *testing.T) {
	l := listenWith(t, &protocol.SessionOptions{SessionTuning: protocol.SessionTuning{MaxRequests: 2}})
	q := dial(t, l)
	control, err := q.AcceptUniStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask(t, q)
	ask(t, q)
	r := &reader{from: control, buf: make([]byte, 512)}
	if typ, err := r.ReadByte(); err != nil || typ != streamControl {
		t.Fatalf("a stream of type %d, %v", typ, err)
	}
	for {
		typ, length, err := r.frame()
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.whole(int(length))
		if err != nil {
			t.Fatal(err)
		}
		if typ == frameGoAway {
			if p[len(p)-1] != 8 {
				t.Errorf("GOAWAY %x, want that of the third request", p)
			}
			break
		}
	}
	select {
	case <-q.Context().Done():
	case <-time.After(30 * time.Second):
		t.Error("the connection goes on")
	}
}

// TestTuning has a client that meets the limits.
func TestTuning(t *testing.T) {
	l := listenWith(t, &protocol.SessionOptions{SessionTuning: protocol.SessionTuning{MaxStreams: 2, MaxHead: 100, MaxIdle: 300 * time.Millisecond}})
	q := dial(t, l)
	for range 2 {
		if _, err := q.OpenStream(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := q.OpenStream(); err == nil {
		t.Error("a third stream is open")
	}
	x := dial(t, l)
	s, err := x.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(get(literal("x", strings.Repeat("y", 200))...)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	var se *quic.StreamError
	if _, err := s.Read(make([]byte, 100)); !errors.As(err, &se) {
		t.Errorf("a head beyond the limit: %v", err)
	}
	var idle *quic.IdleTimeoutError
	until(t, "an idle connection ends", func() bool { return errors.As(context.Cause(q.Context()), &idle) })
}

// TestQLog has the record of a connection written.
func TestQLog(t *testing.T) {
	dir := t.TempDir()
	l := listenWith(t, &protocol.SessionOptions{SessionTuning: protocol.SessionTuning{QLog: dir}})
	q := dial(t, l)
	ask(t, q)
	_ = q.CloseWithError(0, "") // the record ends with it
	until(t, "the record is there", func() bool {
		list, err := os.ReadDir(dir)
		if err != nil || len(list) != 1 || !strings.HasSuffix(list[0].Name(), "_server.sqlog") {
			return false
		}
		b, err := os.ReadFile(dir + "/" + list[0].Name())
		return err == nil && strings.Contains(string(b), "connection_closed") && strings.HasPrefix(string(b), "\x1e{")
	})
}

// TestUnknownVersion tells a client of a version that there is none of which there
// are (RFC 9000 section 6), in a packet no larger than its own.
func TestUnknownVersion(t *testing.T) {
	l := listen(t)
	c, err := net.Dial("udp", at(l))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	first := append([]byte{0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 2, 9, 9}, make([]byte, 1183)...)
	if _, err := c.Write(first); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2000)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	// No version, the IDs the other way around, and versions.
	head := []byte{0, 0, 0, 0, 2, 9, 9, 8, 1, 2, 3, 4, 5, 6, 7, 8}
	if b = b[:n]; n > len(first) || b[0]&longHeader == 0 || !bytes.Equal(b[1:1+len(head)], head) || !bytes.Contains(b[1+len(head):], []byte{0, 0, 0, 1}) {
		t.Errorf("the answer is %x", b)
	}
	ask(t, dial(t, l))
}
