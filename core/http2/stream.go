package http2

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// Stream is one exchange of a connection; see httpmsg.Stream. What is in it is
// under the connection's lock.
type Stream struct {
	m  *mux
	id uint32 // 0: as a client, before its head

	in       side // waits for the peer
	outgoing side // waits for room

	// What came.
	queue       []httpmsg.Message
	heads       int // heads received
	headsRead   int
	headSeen    bool // the head that is not interim has come
	headErr     error
	trailers    httpmsg.Message
	hasTrailers bool
	data        []byte // content not yet read: data[read:]
	read        int
	got         int64 // content received
	declared    int64 // content-length, -1 for none
	window      int64 // what the peer may still send
	returned    int   // what was read and not yet given back
	peerEnded   bool

	// What goes.
	sendWindow int64
	starved    bool // it waits for a window
	ended      bool // we have ended our direction
	isHead     bool // the request is a HEAD

	watcher   httpmsg.Watcher
	aborted   bool // the peer has reset it
	resetCode code
	handled   bool // someone has it
	closed    bool
	err       error // why it ended before its time
}

// side is one direction's wait.
type side struct {
	wake     chan struct{}
	deadline time.Time
	timer    *time.Timer
}

var pool = sync.Pool{New: func() any {
	return &Stream{in: side{wake: make(chan struct{}, 1)}, outgoing: side{wake: make(chan struct{}, 1)}}
}}

func newStream(m *mux, id uint32) *Stream {
	s := pool.Get().(*Stream)
	s.m, s.id = m, id
	s.sendWindow, s.window, s.declared = m.peerWindow, int64(m.o.InitialWindowSize), -1
	return s
}

// recycle gives the stream back to the pool. Nobody may use it any more.
func (s *Stream) recycle() {
	in, out, queue, data := s.in, s.outgoing, s.queue, s.data
	trailers := s.trailers
	for _, side := range []*side{&in, &out} {
		side.deadline = time.Time{}
		select {
		case <-side.wake:
		default:
		}
	}
	if cap(data) > keepData {
		data = nil
	}
	*s = Stream{in: in, outgoing: out, queue: queue, data: data[:0], trailers: trailers}
	s.trailers.Reset(nil)
	pool.Put(s)
}

// keepData is how much storage for content a pooled stream keeps.
const keepData = 16 << 10

func (w *side) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (s *Stream) wakeReader() { s.in.signal() }
func (s *Stream) wakeWriter() { s.outgoing.signal() }

// wait waits for a signal, or the deadline. The lock is held, but while it waits.
func (s *Stream) wait(w *side) error {
	var expired <-chan time.Time
	if !w.deadline.IsZero() {
		left := time.Until(w.deadline)
		if left <= 0 {
			return os.ErrDeadlineExceeded
		}
		if w.timer == nil {
			w.timer = time.NewTimer(left)
		} else {
			w.timer.Reset(left)
		}
		expired = w.timer.C
	}
	s.m.mu.Unlock()
	select {
	case <-w.wake:
	case <-expired:
	}
	s.m.mu.Lock()
	if expired != nil {
		w.timer.Stop()
	}
	return nil
}

// end ends the stream before its time, for both directions. The lock is held.
func (s *Stream) end(err error) {
	if s.err == nil {
		s.err = err
		s.tell()
	}
	s.wakeReader()
	s.wakeWriter()
}

// Watch has a watcher told when the peer aborts.
func (s *Stream) Watch(w httpmsg.Watcher) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.watcher = w
	s.tell()
}

// tell tells the watcher of the peer's abort. The lock is held.
func (s *Stream) tell() {
	var se *httpmsg.StreamError
	if s.watcher != nil && errors.As(s.err, &se) && se.Remote {
		s.watcher.Aborted()
		s.watcher = nil
	}
}

// sendEnded notes that the peer wants no more of what we send. The lock is held.
func (s *Stream) sendEnded() {
	s.ended = true
	delete(s.m.streams, s.id)
	s.wakeWriter()
}

// nextHead gives the place for the next head. The lock is held.
func (s *Stream) nextHead() *httpmsg.Message {
	if s.headsRead == s.heads {
		s.headsRead, s.heads = 0, 0
	}
	if s.heads == len(s.queue) {
		s.queue = append(s.queue, httpmsg.Message{})
	}
	return &s.queue[s.heads]
}

// received takes content. The lock is held.
func (s *Stream) received(p []byte) {
	if s.err != nil || s.closed {
		s.m.credit(len(p))
		return
	}
	if s.read > 0 && (s.read == len(s.data) || len(s.data)+len(p) > cap(s.data)) {
		s.data = s.data[:copy(s.data, s.data[s.read:])]
		s.read = 0
	}
	s.data = append(s.data, p...)
	s.got += int64(len(p))
	s.window -= int64(len(p))
	s.wakeReader()
}

// giveBack lets the peer send as much again. The lock is held.
func (s *Stream) giveBack(n int) {
	if s.peerEnded || s.err != nil {
		return
	}
	if s.returned += n; s.returned >= s.m.o.InitialWindowSize/2 {
		s.m.out = appendWindowUpdate(s.m.out, s.id, s.returned)
		s.window += int64(s.returned)
		s.returned = 0
	}
}

// ReadHead waits for the next head.
func (s *Stream) ReadHead(into *httpmsg.Message) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for {
		if s.headErr != nil {
			return s.headErr
		}
		if s.headsRead < s.heads {
			q := &s.queue[s.headsRead]
			*into, *q = *q, *into
			s.headsRead++
			return nil
		}
		if s.err != nil {
			return s.err
		}
		if err := s.wait(&s.in); err != nil {
			return err
		}
	}
}

// Read gives content.
func (s *Stream) Read(p []byte) (int, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for {
		switch {
		case s.read < len(s.data):
			n := copy(p, s.data[s.read:])
			s.read += n
			if s.read == len(s.data) {
				s.data, s.read = s.data[:0], 0
			}
			s.m.credit(n)
			s.giveBack(n)
			s.m.flushLocked()
			return n, nil
		case s.err != nil:
			return 0, s.err
		case s.peerEnded:
			return 0, io.EOF
		}
		if err := s.wait(&s.in); err != nil {
			return 0, err
		}
	}
}

// ReadTrailers gives the fields after the content.
func (s *Stream) ReadTrailers(into *httpmsg.Message) bool {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.hasTrailers {
		*into, s.trailers = s.trailers, *into
		s.hasTrailers = false
		return true
	}
	return false
}

// Cancel ends the stream at once.
func (s *Stream) Cancel(why httpmsg.Reason) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.m.streams[s.id] == s {
		s.m.drop(s, reasons[why])
		s.m.flushLocked()
	}
	s.end(&httpmsg.StreamError{Msg: "the stream was cancelled"})
}

var reasons = [...]code{
	httpmsg.Cancelled: codeCancel, httpmsg.NoError: codeNo, httpmsg.Refused: codeRefused,
	httpmsg.Broken: codeInternal, httpmsg.Malformed: codeProtocol,
}

// Close ends the stream and gives it up.
func (s *Stream) Close() error {
	m := s.m
	m.mu.Lock()
	if s.closed {
		m.mu.Unlock()
		return os.ErrClosed
	}
	s.closed = true
	if m.streams[s.id] == s && s.id != 0 {
		why := codeCancel
		if s.ended {
			why = codeNo
		}
		m.drop(s, why)
	}
	if rest := len(s.data) - s.read; rest > 0 {
		m.credit(rest)
	}
	m.flushLocked()
	m.live--
	s.recycle()
	m.mu.Unlock()
	return nil
}

// SetDeadline sets both deadlines.
func (s *Stream) SetDeadline(t time.Time) error {
	_ = s.SetReadDeadline(t) // neither fails
	return s.SetWriteDeadline(t)
}

// SetReadDeadline sets until when ReadHead and Read wait.
func (s *Stream) SetReadDeadline(t time.Time) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.in.deadline = t
	s.wakeReader()
	return nil
}

// SetWriteDeadline sets until when Write waits.
func (s *Stream) SetWriteDeadline(t time.Time) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.outgoing.deadline = t
	s.wakeWriter()
	return nil
}

// LocalAddr and RemoteAddr give nothing: the session knows the addresses.
func (*Stream) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
func (*Stream) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
