package proxy

import (
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/mptcp"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Counters count what went through a frontend, backend, server or the process.
// All are safe for concurrent use; the names are those of HAProxy's statistics.
type Counters struct {
	Cur       atomic.Int64 // scur: sessions in progress
	Max       atomic.Int64 // smax
	Total     atomic.Int64 // stot
	BytesIn   atomic.Int64 // bin: from clients
	BytesOut  atomic.Int64 // bout: to clients
	Requests  atomic.Int64 // req_tot
	ByClass   [6]atomic.Int64
	ReqDenied atomic.Int64 // dreq
	ResDenied atomic.Int64 // dresp
	ReqErrors atomic.Int64 // ereq
	ConErrors atomic.Int64 // econ
	ResErrors atomic.Int64 // eresp
	Retries   atomic.Int64 // wretr
	Redisp    atomic.Int64 // wredis
	Connects  atomic.Int64 // connect: connections opened to servers
	Reuses    atomic.Int64 // reuse: requests sent over one that was there
	CliAborts atomic.Int64 // cli_abrt
	SrvAborts atomic.Int64 // srv_abrt
	Panics    atomic.Int64 // streams ended by a defect of ours

	// Of MPTCP: connections that speak it; those that came or went by plain TCP
	// though it was offered; the paths they had beyond the first; segments sent again.
	MPTCP            atomic.Int64
	MPTCPPlain       atomic.Int64
	MPTCPSubflows    atomic.Int64
	MPTCPRetransmits atomic.Int64

	TLS  layer.Counters           // of frontends and servers
	Mux  httpmsg.Breaches         // of frontends in HTTP/2, of servers also in HTTP/3
	QUIC protocol.SessionCounters // of frontends

	rate rate
}

// enter counts a session that begins.
func (c *Counters) enter() {
	n := c.Cur.Add(1)
	for {
		m := c.Max.Load()
		if n <= m || c.Max.CompareAndSwap(m, n) {
			break
		}
	}
	c.Total.Add(1)
	c.rate.add()
}

// multipath adds what an MPTCP connection that ends has to tell.
func (c *Counters) multipath(rc *relay.Conn) {
	if !rc.MPTCP() {
		return
	}
	if info, ok := mptcp.Read(rc.FD()); ok {
		c.MPTCPSubflows.Add(int64(info.Subflows - 1))
		c.MPTCPRetransmits.Add(int64(info.Retransmits))
	}
}

// leave counts a session that ends.
func (c *Counters) leave() { c.Cur.Add(-1) }

// answered counts a response by its status class.
func (c *Counters) answered(status int) {
	if class := status / 100; class >= 1 && class <= 5 {
		c.ByClass[class].Add(1)
	} else {
		c.ByClass[0].Add(1)
	}
}

// SessionRate gives the sessions begun over the last second.
func (c *Counters) SessionRate() int64 { return c.rate.perSecond() }
