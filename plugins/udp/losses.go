package udp

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// loss is why a datagram was dropped.
type loss uint8

const (
	tooLong    loss = iota // it does not fit into tune.bufsize, or into a packet
	overrun                // its session is not read as fast as datagrams come
	unaccepted             // too many new sessions wait, as while maxconn is reached
	unsent                 // the system did not take it
	unread                 // the socket gave an error instead
	reasons
)

var lossNames = [reasons]string{"too long", "overrun", "not accepted", "not sent", "not read"}

// logEvery is how often a loss is logged at most, with the number until then.
const logEvery = 10 * time.Second

// losses counts and logs what was dropped. It is safe for concurrent use.
type losses struct {
	log     *slog.Logger
	clock   module.Clock
	metrics [reasons]*module.Metric
	fresh   [reasons]atomic.Int64 // since the last line
	logged  [reasons]atomic.Int64 // when that was, in nanoseconds since 1970
}

func newLosses(ctx *module.Context) *losses {
	l := &losses{log: ctx.Log(), clock: ctx.Clock()}
	for r, name := range lossNames {
		l.metrics[r] = ctx.Metrics().Counter("udp_dropped_datagrams_total", "Datagrams that were dropped", "reason", name)
	}
	return l
}

func (l *losses) count(r loss) {
	l.metrics[r].Add(1)
	l.fresh[r].Add(1)
	now, last := l.clock.Now().UnixNano(), l.logged[r].Load()
	if now-last < int64(logEvery) || !l.logged[r].CompareAndSwap(last, now) {
		return
	}
	l.log.Warn("datagrams dropped", "reason", lossNames[r], "count", l.fresh[r].Swap(0))
}
