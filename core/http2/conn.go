package http2

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/fairleadproxy/fairlead/core/httphead"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// mux is a connection of either role.
type mux struct {
	c      *relay.Conn
	in     *relay.Buffer
	o      Options
	server bool

	// What the reader alone uses.
	payload  []byte // a frame that is not in the buffer as a whole
	block    []byte // a head whose frames have not all come
	blockFor frameHead
	opened   bool // the peer's first settings have come
	decoder  *hpack.Decoder
	head     httphead.Decoder
	selfish  bool // the head that comes depends on itself
	accept   func(httpmsg.Stream)
	started  bool
	upgrade  *upgrade // the connection began as HTTP/1.1
	idleAt   int64    // tick since which there is no stream
	headAt   int64    // tick since which a part of a frame or head waits for the rest; 0: none does

	patience httpmsg.Patience // with what the peer does

	mu       sync.Mutex
	flushed  sync.Cond // output was written, or cannot be any more
	streams  map[uint32]*Stream
	gone     map[uint32]struct{} // streams that we have reset, whose frames may still be on their way
	resets   []uint32            // the same as a ring, the next to be forgotten at oldest
	oldest   int
	live     int    // streams not yet closed by their users
	lastPeer uint32 // the peer's highest stream
	nextID   uint32 // our next stream
	out      []byte // frames to be written
	spare    []byte
	flushing bool
	err      error // why nothing can be read or written any more

	sendWindow    int64 // what the peer lets us send on all streams
	peerWindow    int64 // its initial window for a stream
	peerFrameSize int
	peerStreams   int64 // how many streams it lets us open
	peerConnect   bool  // it takes extended CONNECTs
	recvWindow    int64 // what it may still send
	unread        int64 // what was read of that and not yet given back
	shutting      bool  // no more streams are wanted
	shutAt        int64
	final         bool // the peer knows which stream was the last
	goneAway      bool // the peer takes no more streams, or is not to
}

func newMux(c *relay.Conn, in *relay.Buffer, o *Options, server bool) *mux {
	m := &mux{
		c: c, in: in, o: settled(o), server: server,
		streams: map[uint32]*Stream{}, gone: map[uint32]struct{}{}, nextID: 1,
		sendWindow: defaultWindow, peerWindow: defaultWindow, peerFrameSize: defaultFrameSize,
		peerStreams: 100, recvWindow: connWindow, idleAt: relay.Ticks(),
	}
	m.flushed.L = &m.mu
	m.patience.Limit = m.o.GlitchLimit
	m.decoder = hpack.NewDecoder(uint32(m.o.HeaderTableSize), m.field)
	m.decoder.SetAllowedMaxDynamicTableSize(uint32(m.o.HeaderTableSize))
	m.decoder.SetMaxStringLength(m.o.MaxHeaderList)
	m.head.MaxSize, m.head.MaxFields = m.o.MaxHeaderList, m.o.MaxFields
	c.WriteTimeout(m.o.WriteTimeout)
	c.KeepApart()
	return m
}

// begin sends our settings.
func (m *mux) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.out
	if !m.server {
		b = append(b, preface...)
	}
	at := len(b)
	b = appendHead(b, 0, frameSettings, 0, 0)
	if m.server {
		b = appendSetting(b, settingMaxStreams, uint32(m.o.MaxConcurrentStreams))
		b = appendSetting(b, settingConnect, 1)
	} else {
		b = appendSetting(b, settingEnablePush, 0)
	}
	if m.o.HeaderTableSize != defaultTableSize {
		b = appendSetting(b, settingTableSize, uint32(m.o.HeaderTableSize))
	}
	if m.o.InitialWindowSize != defaultWindow {
		b = appendSetting(b, settingInitialWindow, uint32(m.o.InitialWindowSize))
	}
	if m.o.MaxFrameSize != defaultFrameSize {
		b = appendSetting(b, settingMaxFrameSize, uint32(m.o.MaxFrameSize))
	}
	b = appendSetting(b, settingMaxHeaderList, uint32(m.o.MaxHeaderList))
	b[at+2] = byte(len(b) - at - frameHeadLen)
	m.out = appendWindowUpdate(b, 0, connWindow-defaultWindow)
	m.started = true
}

// tick is how often a reader that waits looks at what else there is to do.
const tick = time.Second

// read takes frames until the connection ends, or idles where it may.
func (m *mux) read() error {
	for {
		if err := m.frames(); err != nil {
			return err
		}
		m.flush()
		if m.patience.WearsThin() {
			m.shutdown()
		}
		if over, err := m.rest(); over {
			return err
		}
		wait := tick
		if m.o.ParkAfter > 0 && m.o.ParkAfter < wait {
			wait = m.o.ParkAfter
		}
		m.c.ReadTimeout(wait)
		if err := m.c.Fill(m.in); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
}

// rest decides what a connection without streams does: go on, idle, or end.
func (m *mux) rest() (over bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return true, m.err
	}
	if m.live > 0 {
		m.idleAt = relay.Ticks()
		return false, nil
	}
	idle := time.Duration(relay.Ticks() - m.idleAt)
	switch {
	case m.shutting && (m.final || relay.Ticks()-m.shutAt > int64(tick)):
		m.lastStream()
		m.written()
		return true, nil
	case m.o.IdleTimeout > 0 && idle >= m.o.IdleTimeout, m.headLate(idle):
		m.goAway(codeNo, "")
		m.written()
		return true, nil
	case m.o.ParkAfter > 0 && idle >= m.o.ParkAfter && m.opened && m.in.Len() == 0 && m.blockFor.stream == 0:
		m.out, m.spare, m.payload = nil, nil, nil // idling costs nothing
		return true, httpmsg.ErrIdle
	}
	return false, nil
}

// headLate reports whether the first head, or one that has begun, takes too long.
func (m *mux) headLate(idle time.Duration) bool {
	now := relay.Ticks()
	switch {
	case m.in.Len() == 0 && m.blockFor.stream == 0:
		m.headAt = 0
	case m.headAt == 0:
		m.headAt = now
	}
	begun := time.Duration(0)
	if m.headAt != 0 {
		begun = time.Duration(now - m.headAt)
	}
	return m.o.HeadTimeout > 0 && (m.lastPeer == 0 && idle >= m.o.HeadTimeout || begun >= m.o.HeadTimeout)
}

// shutdown has the peer open no more streams: first it hears that this is
// coming, and when it has, which stream was the last (RFC 9113 section 6.8).
func (m *mux) shutdown() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shutting || m.err != nil {
		return
	}
	m.shutting, m.shutAt = true, relay.Ticks()
	m.goneAway = m.goneAway || !m.server // we open no more either
	m.out = appendGoAway(m.out, maxWindow, codeNo, "")
	m.out = append(appendHead(m.out, 8, framePing, 0, 0), "shutdown"...)
	if m.started {
		m.flushLocked()
	}
}

// lastStream tells the peer which of its streams was the last. The lock is held.
func (m *mux) lastStream() {
	if m.shutting && !m.final {
		m.final = true
		m.goAway(codeNo, "")
	}
}

// goAway tells the peer that the connection ends. The lock is held.
func (m *mux) goAway(c code, msg string) {
	m.out = appendGoAway(m.out, m.lastPeer, c, msg)
	m.flushLocked()
}

// fail ends the connection and all that is on it. It is called once the reader
// has ended, or in place of that.
func (m *mux) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return
	}
	var ce *connError
	if errors.As(err, &ce) {
		m.o.Breaches.Conns.Add(1)
		m.goAway(ce.code, ce.msg)
		m.written()
	}
	m.failLocked(err)
}

// written waits until a stream that writes at this moment has written the last
// frames too, but not for long: the peer may read nothing. The lock is held.
func (m *mux) written() {
	if !m.flushing {
		return
	}
	t := time.AfterFunc(lingerTime, m.c.Interrupt)
	defer t.Stop()
	for m.flushing {
		m.flushed.Wait()
	}
}

func (m *mux) failLocked(err error) {
	if m.err != nil {
		return
	}
	m.err = err
	for id, s := range m.streams {
		delete(m.streams, id)
		s.end(&httpmsg.StreamError{Remote: true, Retry: !m.server && s.id == 0, Msg: "the connection ended: " + err.Error()})
	}
	m.flushed.Broadcast()
}

// maxOut is how much output may gather before those who make it wait.
const maxOut = 256 << 10

// maxControl is how much output a peer may cause without reading it.
const maxControl = 1 << 20

// room waits until output may gather. The lock is held.
func (m *mux) room() error {
	for m.err == nil && m.flushing && len(m.out) > maxOut {
		m.flushed.Wait()
	}
	return m.err
}

// flush writes what has gathered, unless someone does already.
func (m *mux) flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flushLocked()
}

func (m *mux) flushLocked() {
	if m.flushing || len(m.out) == 0 || m.err != nil {
		return
	}
	m.flushing = true
	if m.live > 1 {
		// Streams that are ready to write may do so first, and go along.
		m.mu.Unlock()
		runtime.Gosched()
		m.mu.Lock()
	}
	for len(m.out) > 0 && m.err == nil {
		b := m.out
		m.out = m.spare[:0]
		m.mu.Unlock()
		_, err := m.c.Write(b)
		m.mu.Lock()
		m.spare = b[:0]
		if err != nil {
			m.failLocked(err)
			m.c.Interrupt() // its reader notices
		}
		m.flushed.Broadcast()
	}
	m.flushing = false
	m.flushed.Broadcast()
}

// glitch counts an oddity and reports whether there have been too many.
func (m *mux) glitch() error {
	m.o.Breaches.Glitches.Add(1)
	if !m.patience.Glitch(time.Duration(relay.Ticks())) {
		return broken(codeCalm, "too many glitches")
	}
	return nil
}

// chore counts n frames that carry nothing, of which every peer sends some, and
// reports whether there have been too many.
func (m *mux) chore(n int) error {
	if !m.patience.Chore(n, time.Duration(relay.Ticks())) {
		return broken(codeCalm, "too many frames that carry nothing")
	}
	return nil
}
