package http2

import (
	"errors"
	"net"
	"sync"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// ClientConn is a connection to a server; see httpmsg.ClientSession.
type ClientConn struct {
	m     *mux
	in    relay.Buffer
	done  chan struct{}
	ended sync.Once
}

// NewClient makes a ClientConn of a connection, which it owns from now on, and
// sends the preface. A goroutine of its own reads it.
func NewClient(c *relay.Conn, o *Options) (*ClientConn, error) {
	k := &ClientConn{in: relay.Buffer{Pool: o.Pool}, done: make(chan struct{})}
	k.m = newMux(c, &k.in, o, false)
	k.m.begin()
	k.m.flush()
	if err := k.m.broken(); err != nil {
		return nil, err
	}
	go k.run()
	return k, nil
}

func (m *mux) broken() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

func (k *ClientConn) run() {
	defer close(k.done)
	err := k.m.read()
	if err == nil {
		err = net.ErrClosed
	}
	k.m.fail(err)
	k.in.Release()
	_ = k.Close() // who asked for nothing more gets nothing less
}

// Open begins a stream.
func (k *ClientConn) Open() (httpmsg.Stream, error) {
	m := k.m
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.err != nil:
		return nil, m.err
	case m.goneAway || m.nextID > maxWindow-2*uint32(m.o.MaxConcurrentStreams)-2:
		return nil, errNoMore
	case k.room() <= 0:
		return nil, httpmsg.ErrBusy
	}
	m.live++
	s := newStream(m, 0)
	s.handled = true
	return s, nil
}

var errNoMore = errors.New("the server takes no more streams")

// room gives how many more streams there may be. The lock is held.
func (k *ClientConn) room() int {
	return min(int(k.m.peerStreams), k.m.o.MaxConcurrentStreams) - k.m.live
}

// Room says how many more streams may be opened.
func (k *ClientConn) Room() int {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	if k.m.err != nil || k.m.goneAway {
		return 0
	}
	return max(0, k.room())
}

// Streams says how many streams are in progress.
func (k *ClientConn) Streams() int {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	return k.m.live
}

// Done is closed when the connection has ended.
func (k *ClientConn) Done() <-chan struct{} { return k.done }

// Close ends the connection.
func (k *ClientConn) Close() (err error) {
	k.ended.Do(func() { err = k.m.close() })
	return err
}

// scheme is that of a client's requests.
func (m *mux) scheme() string {
	if m.o.Secure {
		return "https"
	}
	return "http"
}
