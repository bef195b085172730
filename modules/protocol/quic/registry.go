package quic

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/qlogwriter"
)

// registry knows the connections of a process, whichever configuration they began
// with. It is safe for concurrent use.
type registry struct {
	mu   sync.Mutex
	last uint64
	all  map[uint64]*entry
}

func newRegistry() (*registry, error) { return &registry{all: map[uint64]*entry{}}, nil }

// entry is a connection. What is in it after the registry is under its lock.
type entry struct {
	known
	r    *registry
	conn *quic.Conn // nil at the beginning of a handshake, and after the end
	s    *session   // nil before there is one, and after the end
}

// known is what is known of a connection at a moment.
type known struct {
	id      uint64
	owner   string // the frontend, or backend/server
	server  bool   // the peer is one
	closing bool   // it has ended, and its last packets may come
	first   string // the first destination connection ID, in hexadecimal
	began   time.Time
	local   netip.AddrPort
	remote  netip.AddrPort
	limits  *quic.Config

	state   string // one of those below
	version quic.Version
	stats   quic.ConnectionStats

	streams  []quic.StreamID // in progress
	serving  bool            // it carries requests
	goneAway bool            // no more streams are opened
	glitches int64
}

// States of connections.
const (
	stateHandshake   = "HDSHK"
	stateEstablished = "ESTAB"
	stateClosing     = "CLO"
)

// add begins an entry.
func (r *registry) add(f known) *entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	f.id, f.began, f.state = r.last, time.Now(), stateHandshake
	e := &entry{known: f, r: r}
	r.all[f.id] = e
	return e
}

// carried notes the connection, and what it carries; nil: nothing yet.
func (e *entry) carried(c *quic.Conn, s *session) {
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	if !e.closing {
		e.conn, e.s = c, s
	}
}

// tracing notes a connection's first ID as quic-go tells of it, which it does in the
// place where it asks for a trace. of finds the entry; more gives the trace, nil
// for none.
func tracing(of func(context.Context) *entry, more tracer) tracer {
	return func(ctx context.Context, client bool, id quic.ConnectionID) qlogwriter.Trace {
		if e := of(ctx); e != nil {
			e.r.mu.Lock()
			e.first = id.String()
			e.r.mu.Unlock()
		}
		if more == nil {
			return nil
		}
		return more(ctx, client, id)
	}
}

// end notes that a connection has ended. It is kept for as long as packets of it are
// answered or passed over (RFC 9000 section 10.2).
func (e *entry) end(why error) {
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	keep := e.conn != nil && !e.server && !forgotten(why) // a server's socket ends with it
	e.look()
	e.state, e.closing, e.conn, e.s = stateClosing, true, nil, nil
	if !keep {
		delete(e.r.all, e.id)
		return
	}
	time.AfterFunc(3*probeTimeout(&e.stats), func() {
		e.r.mu.Lock()
		defer e.r.mu.Unlock()
		delete(e.r.all, e.id)
	})
}

// forgotten reports whether a connection ended without a word.
func forgotten(why error) bool {
	var idle *quic.IdleTimeoutError
	var slow *quic.HandshakeTimeoutError
	var reset *quic.StatelessResetError
	return errors.As(why, &idle) || errors.As(why, &slow) || errors.As(why, &reset)
}

// probeTimeout is the PTO (RFC 9002 section 6.2.1), with the delay of
// acknowledgements that peers have unless they say so.
func probeTimeout(s *quic.ConnectionStats) time.Duration {
	return s.SmoothedRTT + max(4*s.MeanDeviation, time.Millisecond) + 25*time.Millisecond
}

// look takes what changes by itself. The lock is held.
func (e *entry) look() {
	if c := e.conn; c != nil {
		e.stats, e.version = c.ConnectionStats(), c.ConnectionState().Version
		e.local, e.remote = cmp.Or(addrPort(c.LocalAddr()), e.local), addrPort(c.RemoteAddr())
		select {
		case <-c.HandshakeComplete():
			e.state = stateEstablished
		default:
		}
	}
	if s := e.s; s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		e.streams = e.streams[:0]
		for x := range s.streams {
			e.streams = append(e.streams, x.id)
		}
		slices.Sort(e.streams)
		e.serving, e.goneAway, e.glitches = true, s.told || s.gone, s.patience.Glitches()
	}
}

// list gives the connections that are wanted, as they are now, in the order of their
// beginnings.
func (r *registry) list(wanted func(*known) bool) []known {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []known
	for _, e := range r.all {
		if e.look(); wanted(&e.known) {
			f := e.known
			f.streams = slices.Clone(f.streams)
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b known) int { return cmp.Compare(a.id, b.id) })
	return list
}
