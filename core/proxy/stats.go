package proxy

import (
	"runtime"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/stats"
)

// Statistics gives what the graph and the process count.
func (g *Graph) Statistics() stats.Snapshot {
	e := g.engine
	s := stats.Snapshot{Process: stats.Process{
		Counters: e.Counters.snapshot(), Version: module.Version(module.Core), Started: e.started,
		Threads: runtime.GOMAXPROCS(0), Limit: e.slots.limit, Parked: e.Parked(), Buffers: e.pool.Held(), BufSize: e.pool.Size(),
		MaxTLSConns: int64(e.Tuning.MaxSSLConn), MaxTLSRate: int64(e.Tuning.MaxSSLRate),
	}}
	for _, m := range e.metrics.Gather() {
		s.Modules = append(s.Modules, stats.Metric{Name: m.Name, Help: m.Help, Labels: m.Labels, Gauge: m.Gauge, Value: m.Load()})
	}
	for _, f := range g.order {
		one := f.statistics()
		s.Process.Requests += one.Requests
		s.Process.Stopping = s.Process.Stopping || !one.Open
		s.Frontends = append(s.Frontends, one)
	}
	for _, b := range g.backendOrder {
		s.Backends = append(s.Backends, b.statistics())
	}
	return s
}

func (c *Counters) snapshot() stats.Counters {
	s := stats.Counters{
		Sessions: c.Cur.Load(), MaxSessions: c.Max.Load(), SessionsTotal: c.Total.Load(), SessionRate: c.SessionRate(), MaxSessionRate: c.rate.most(),
		BytesIn: c.BytesIn.Load(), BytesOut: c.BytesOut.Load(), Requests: c.Requests.Load(),
		RequestsDenied: c.ReqDenied.Load(), ResponsesDenied: c.ResDenied.Load(),
		RequestErrors: c.ReqErrors.Load(), ConnectionErrors: c.ConErrors.Load(), ResponseErrors: c.ResErrors.Load(),
		Retries: c.Retries.Load(), Redispatches: c.Redisp.Load(), ClientAborts: c.CliAborts.Load(), ServerAborts: c.SrvAborts.Load(),
		Connects: c.Connects.Load(), Reuses: c.Reuses.Load(), MPTCP: c.MPTCP.Load(), MPTCPPlain: c.MPTCPPlain.Load(), Panics: c.Panics.Load(),
		TLSSessions: c.TLS.Sessions.Load(), TLSReused: c.TLS.Resumed.Load(), TLSFailed: c.TLS.Failed.Load(), Mux: breaches(&c.Mux),
	}
	for i := range c.ByClass {
		s.Responses[i] = c.ByClass[i].Load()
	}
	return s
}

func breaches(b *httpmsg.Breaches) stats.Breaches {
	return stats.Breaches{Glitches: b.Glitches.Load(), Conns: b.Conns.Load(), Streams: b.Streams.Load()}
}

func (f *Frontend) statistics() stats.Frontend {
	return stats.Frontend{Counters: f.snapshot(), QUIC: f.quicStatistics(), Name: f.name, Limit: f.slots.limit, Open: !f.stopping.Load()}
}

func (b *Backend) statistics() stats.Backend {
	s := stats.Backend{Counters: b.snapshot(), Name: b.name, Queued: b.waiting.len(), MaxQueued: b.waiting.max.Load()}
	for _, srv := range b.servers {
		s.Servers = append(s.Servers, srv.statistics())
	}
	for _, srv := range b.picker.Load().usable {
		s.Weight += srv.EffectiveWeight()
		s.UserWeight += int(srv.weight.Load())
		if srv.backup {
			s.Backup++
		} else {
			s.Active++
		}
	}
	s.Up = s.Active+s.Backup > 0
	return s
}

func (s *Server) statistics() stats.Server {
	s.idle.mu.Lock()
	idle := s.idle.n
	s.idle.mu.Unlock()
	s.shared.mu.Lock()
	idle += s.shared.n
	s.shared.mu.Unlock()
	out := stats.Server{
		Counters: s.snapshot(), Name: s.name, State: s.state(), Weight: s.EffectiveWeight(), UserWeight: int(s.weight.Load()), SlowStart: -1,
		Queued: s.waiting.len(), MaxQueued: s.waiting.max.Load(), Limit: s.maxConn, QueueLimit: s.maxQueue, Backup: s.backup,
		Check: s.checks.statistics(), Idle: idle, IdleLimit: int64(s.idle.max),
	}
	if f := s.factor.Load(); f < fullWeight {
		out.SlowStart = int(f * 100 / fullWeight)
	}
	return out
}

func (c *checking) statistics() *stats.Check {
	if c.checker == nil {
		return nil
	}
	s := c.checker.Status()
	out := &stats.Check{
		Code: s.Last.Code, Status: s.Last.Status, Duration: s.Last.Duration,
		Failures: s.Failures, Downs: s.Downs, Changed: s.Since, Downtime: s.Downtime,
	}
	if !s.Up {
		out.Downtime += time.Since(s.Since)
	}
	return out
}

func (s *Server) state() stats.State {
	switch {
	case s.admin.Load() == Maint:
		return stats.Maint
	case !s.up.Load():
		return stats.Down
	case s.admin.Load() == Drain:
		return stats.Drain
	case s.weight.Load() == 0:
		return stats.NoLB
	}
	return stats.Up
}
