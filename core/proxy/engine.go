package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/http2/limits"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Tuning are the limits of the [global] table that the data path works within.
type Tuning struct {
	BufSize   int            // tune.bufsize, bytes
	MaxFields int            // tune.http.maxhdr
	MaxConn   int64          // maxconn of the process
	ParkAfter time.Duration  // how long an idle client keeps its goroutine
	Clients   limits.Options // tune.h2.fe
	Servers   limits.Options // tune.h2.be

	ClientSessions protocol.SessionTuning // tune.quic.fe
	ServerSessions protocol.SessionTuning // tune.quic.be

	MaxSSLConn int // maxsslconn; 0: no limit
	MaxSSLRate int // maxsslrate; 0: no limit

	RejectPrivileged bool // clients at ports below 1024 (harden.reject-privileged-ports.tcp)
}

// TuningOf gives what a configuration says, and maxConn for the process.
func TuningOf(g *config.Global, maxConn int) Tuning {
	t := Tuning{BufSize: int(g.Tune.Bufsize), MaxFields: g.Tune.Maxhdr, MaxConn: int64(maxConn), ParkAfter: time.Second, MaxSSLConn: g.Maxsslconn, MaxSSLRate: g.Maxsslrate}
	h := &g.Tune.TuneH2
	common := limits.Options{
		HeaderTableSize: int(h.H2HeaderTableSize), MaxFrameSize: int(h.H2MaxFrameSize),
		InitialWindowSize: int(h.H2InitialWindowSize), MaxConcurrentStreams: h.H2MaxConcurrentStreams,
		MaxFields: t.MaxFields, MaxHeaderList: t.BufSize,
	}
	t.Clients, t.Servers = common, common
	t.Clients.GlitchLimit, t.Servers.GlitchLimit = h.H2FeGlitchesThreshold, h.H2BeGlitchesThreshold
	override(&t.Clients.InitialWindowSize, int(h.H2FeInitialWindowSize))
	override(&t.Servers.InitialWindowSize, int(h.H2BeInitialWindowSize))
	override(&t.Clients.MaxConcurrentStreams, h.H2FeMaxConcurrentStreams)
	override(&t.Servers.MaxConcurrentStreams, h.H2BeMaxConcurrentStreams)
	t.RejectPrivileged = g.Harden.RejectPrivilegedPorts.TCP == "on"
	t.ClientSessions, t.ServerSessions = sessionTuning(&g.Tune, t.MaxFields)
	return t
}

// override sets what is not 0.
func override(into *int, by int) {
	if by != 0 {
		*into = by
	}
}

// Engine is what all connections of the process share, across reloads: buffers,
// pipes, the watcher of idle connections and the process's counters.
type Engine struct {
	Tuning   Tuning
	Counters Counters

	started time.Time
	pool    *relay.Pool
	mover   *relay.Mover
	watcher *relay.Watcher
	workers relay.Workers
	streams sync.Pool
	// children are the conns of sessions' streams.
	children sync.Pool
	// serverStreams are those of the sessions with servers.
	serverStreams sync.Pool
	lastID        atomic.Uint64
	streamNumber  atomic.Int64
	slots         slots
	// metrics are those of modules, which go on counting over a reload.
	metrics *module.Metrics
}

// NewEngine makes an engine; Close ends it.
func NewEngine(t Tuning) (*Engine, error) {
	w, err := relay.NewWatcher()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		Tuning: t, started: time.Now(), pool: relay.NewPool(t.BufSize), mover: relay.NewMover(), watcher: w,
		metrics: module.NewMetrics(),
	}
	e.streams.New = func() any { return newStream(e) }
	e.children.New = newChild
	e.serverStreams.New = func() any { return &serverConn{Conn: relay.WrapConn(nil)} }
	e.slots.limit = t.MaxConn
	return e, nil
}

// Close ends the watcher. All listeners and streams must have ended.
func (e *Engine) Close() error { return e.watcher.Close() }

// Parked gives the number of idle client connections that hold no goroutine.
func (e *Engine) Parked() int { return e.watcher.Parked() }

// slots is a counting semaphore for maxconn: taking one waits while all are taken.
type slots struct {
	limit int64 // 0: none
	taken atomic.Int64

	mu   sync.Mutex
	free sync.Cond
}

// take waits for a slot and reports whether there is one: there is none once
// stopped reports true after a wake.
func (s *slots) take(stopped func() bool) bool {
	for {
		n := s.taken.Add(1)
		if s.limit == 0 || n <= s.limit {
			return true
		}
		s.taken.Add(-1)
		s.mu.Lock()
		s.free.L = &s.mu
		for s.taken.Load() >= s.limit && !stopped() {
			s.free.Wait()
		}
		s.mu.Unlock()
		if stopped() {
			return false
		}
	}
}

func (s *slots) give() {
	n := s.taken.Add(-1)
	if s.limit != 0 && n >= s.limit-1 {
		s.wake()
	}
}

// wake lets waiters look again.
func (s *slots) wake() {
	s.mu.Lock()
	s.free.L = &s.mu
	s.free.Broadcast()
	s.mu.Unlock()
}

// wakeParked ends the parked connections of a graph that is being drained.
func (e *Engine) wakeParked(g *Graph) {
	e.watcher.Wake(func(owner any) bool { return owner.(*conn).fe.graph == g })
}
