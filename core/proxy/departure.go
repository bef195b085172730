package proxy

import (
	"sync"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// departure ends the waits for a server when the client has aborted its stream, of
// HTTP/2 or HTTP/3: nobody wants the response. A client of HTTP/1 may close its half
// and still wait.
type departure struct {
	mu   sync.Mutex
	sc   *serverConn // whose waits are to end, nil for nobody's
	gone bool
}

// Aborted is called when the client has aborted (httpmsg.Watcher).
func (d *departure) Aborted() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sc != nil {
		d.gone = true
		d.sc.Interrupt()
	}
}

func (d *departure) set(sc *serverConn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sc = sc
}

// watchClient has the waits for sc end with the client's stream, from when it is
// used until unwatchClient.
func (s *stream) watchClient(sc *serverConn) {
	if x, ok := s.c.x.(httpmsg.Abortable); ok {
		s.departure.set(sc)
		x.Watch(&s.departure)
	}
}

func (s *stream) unwatchClient() {
	if x, ok := s.c.x.(httpmsg.Abortable); ok {
		x.Watch(nil)
		s.departure.set(nil)
	}
}

// clientGone reports whether the client aborted while a server was used.
func (s *stream) clientGone() bool {
	s.departure.mu.Lock()
	defer s.departure.mu.Unlock()
	return s.departure.gone
}
