package logs

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// Warnings about dropped lines: the first comes soon after the first loss, the
// others are this far apart.
const (
	firstWarning = time.Second
	nextWarning  = 10 * time.Second
)

var (
	errQueueFull    = errors.New("the queue was full: the sink is too slow for the lines")
	errNeverStarted = errors.New("the logger was stopped before it was started")
)

// drops counts lost lines and warns of them, now and then.
type drops struct {
	total   atomic.Int64
	pending atomic.Bool // a warning is scheduled
	reason  atomic.Pointer[error]

	log   *slog.Logger
	clock module.Clock
	name  string

	mu     sync.Mutex
	timer  module.Timer
	warned time.Time // when the last warning was given
	told   int64     // the total it told
	ended  bool
}

func (d *drops) init(ctx *module.Context, name string) {
	d.log, d.clock, d.name = ctx.Log(), ctx.Clock(), name
	d.reason.Store(&errQueueFull)
}

// add counts n lost lines. reason is nil when the queue was full, and is told
// with the next warning.
func (d *drops) add(n int, reason error) {
	if n <= 0 {
		return
	}
	d.total.Add(int64(n))
	if reason != nil {
		r := reason // so that only this path allocates
		d.reason.Store(&r)
	}
	if d.pending.CompareAndSwap(false, true) {
		d.schedule()
	}
}

// schedule sets the time of the next warning.
func (d *drops) schedule() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return
	}
	wait := firstWarning
	if since := d.clock.Now().Sub(d.warned); since < nextWarning {
		wait = nextWarning - since
	}
	d.timer = d.clock.AfterFunc(wait, d.warn)
}

// warn tells how many lines were lost since it was last called. The log it
// writes to may be the very one that loses lines.
func (d *drops) warn() {
	d.mu.Lock()
	d.warned = d.clock.Now()
	total := d.total.Load()
	lost := total - d.told
	d.told = total
	d.pending.Store(false)
	reason := *d.reason.Swap(&errQueueFull)
	d.mu.Unlock()
	if lost > 0 {
		d.log.Warn("log lines dropped", "logger", d.name, "lines", lost, "total", total, "error", reason)
	}
}

// flush gives the warning that is due, and no later ones.
func (d *drops) flush() {
	d.mu.Lock()
	d.ended = true
	if d.timer != nil {
		d.timer.Stop()
	}
	d.mu.Unlock()
	d.warn()
}
