package udp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/protocol"
)

const (
	// maxDatagram is the length of the longest datagram.
	maxDatagram = 65535
	// backlog is how many new sessions wait to be accepted.
	backlog = 1024
	// afterError is the wait after an error of reading.
	afterError = 10 * time.Millisecond
)

// identity is what tells sessions of an endpoint apart.
type identity struct {
	client netip.AddrPort
	local  netip.Addr // where the client sends to
}

// endpoint is a socket that clients send to, and their sessions.
type endpoint struct {
	socket  *net.UDPConn
	fd      int
	local   netip.AddrPort
	waiting chan *session // to be accepted
	losses  *losses
	leaving atomic.Bool // nobody listens: sessions end soon

	storage sync.Pool // of datagrams
	readers sync.WaitGroup

	mu        sync.Mutex
	sessions  map[identity]*session
	listeners int  // that are open
	serving   bool // one of them accepts: the socket is to be read
	reading   bool // and is
}

func openEndpoint(at netip.AddrPort, key string, o *protocol.ListenOptions, l *losses) (*endpoint, error) {
	socket, err := openSocket(at, key, o)
	if err != nil {
		return nil, err
	}
	e := &endpoint{
		socket: socket, local: socket.LocalAddr().(*net.UDPAddr).AddrPort(), losses: l,
		waiting: make(chan *session, backlog), sessions: map[identity]*session{},
		storage: sync.Pool{New: func() any { return new([usual]byte) }},
	}
	raw, err := socket.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { e.fd = int(fd) })
	}
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	return e, nil
}

// listen counts a listener in.
func (e *endpoint) listen() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listeners++
	e.leaving.Store(false)
}

// serve has the socket read, once a listener accepts.
func (e *endpoint) serve() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.serving = true
	_ = e.socket.SetReadDeadline(time.Time{}) // an error means that the socket is closed, as reading says
	if !e.reading {
		e.reading = true
		e.readers.Go(e.read)
	}
}

// unlisten counts a listener out. After the last one, what comes is left to
// whoever else has the socket.
func (e *endpoint) unlisten() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.listeners--; e.listeners > 0 {
		return
	}
	e.leaving.Store(true)
	e.serving = false
	_ = e.socket.SetReadDeadline(time.Unix(1, 0)) // as above
	for _, s := range e.sessions {
		s.wakeUp()
	}
	for {
		select {
		case s := <-e.waiting:
			delete(e.sessions, s.id)
			s.end()
			e.losses.count(unaccepted)
		default:
			return
		}
	}
}

// close ends the endpoint.
func (e *endpoint) close() {
	_ = e.socket.Close() // there is nothing left to be done about an error
	e.readers.Wait()
}

// read hands datagrams to their sessions until nobody listens.
func (e *endpoint) read() {
	b, control := make([]byte, maxDatagram), make([]byte, controlRoom)
	for {
		n, nc, _, client, err := e.socket.ReadMsgUDPAddrPort(b, control)
		switch {
		case err == nil:
			to, reply := destination(control[:nc])
			e.deliver(identity{client, to}, reply, b[:n])
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			if e.stopped() {
				return
			}
		default:
			e.losses.count(unread)
			time.Sleep(afterError) // a shortage of memory, which asking again would not help
		}
	}
}

// stopped ends the reading unless it was asked for again meanwhile.
func (e *endpoint) stopped() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reading = e.serving
	return !e.reading
}

// deliver gives a datagram to its session, which it makes if there is none.
func (e *endpoint) deliver(id identity, reply netip.Addr, datagram []byte) {
	s := e.session(id, reply)
	if s == nil {
		e.losses.count(unaccepted)
	} else if !s.push(datagram) {
		e.losses.count(overrun)
	}
}

// session finds or makes a session, nil when no more can wait.
func (e *endpoint) session(id identity, reply netip.Addr) *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sessions[id]
	if s != nil || e.listeners == 0 {
		return s
	}
	s = newSession(e, id, reply)
	select {
	case e.waiting <- s:
		e.sessions[id] = s
		return s
	default:
		return nil
	}
}

// forget takes a session out that has ended.
func (e *endpoint) forget(s *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sessions[s.id] == s {
		delete(e.sessions, s.id)
	}
}
