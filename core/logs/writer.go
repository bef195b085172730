package logs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// Sink is where a Writer writes to: what a logger module has to implement.
type Sink interface {
	// WriteLines writes the lines of b, in order, and gives how many of those it
	// took with b.Next were lost, and why. Lines that it leaves in b are lost
	// as well. It is called by one goroutine and may block, but returns soon
	// after ctx is done; to wait it uses b.Pause.
	WriteLines(ctx context.Context, b *Batch) (lost int, err error)
}

// Options are the settings of a Writer.
type Options struct {
	// Name is what warnings and the goroutine are called, such as "logger.file".
	Name string
	// QueueBytes is the most that waits, counting 14 bytes for each line beside
	// its text. Default: DefaultQueue. Twice as much can be in memory: what
	// waits, and what is being written.
	QueueBytes int
	// Interval is the least time between two batches: lines that come meanwhile
	// are written together, unless the queue is half full. Default: none.
	Interval time.Duration
}

const (
	// DefaultQueue is the default of Options.QueueBytes.
	DefaultQueue = 1 << 20
	// MaxLine is the most bytes of a line; longer ones are cut.
	MaxLine = 65535
	// flushTime bounds the flush at Stop when the deadline is further away.
	flushTime = 3 * time.Second
	// spareBytes is what an idle writer's buffer may keep.
	spareBytes = 64 << 10
)

// Writer is the bounded queue before a sink and the goroutine that empties it.
// Logger modules embed one and so have Log, LogAs, Start, Stop and Dropped:
//
//	type Logger struct {
//		*logs.Writer
//		...
//	}
//	l.Writer = logs.NewWriter(ctx, l, logs.Options{Name: "logger.file"})
//
// Log may be called by all goroutines at once, and before Start; it never
// blocks and, in the steady state, allocates nothing.
type Writer struct {
	name     string
	sink     Sink
	clock    module.Clock
	queue    queue
	interval time.Duration
	drops    drops

	mu       sync.Mutex // guards what follows
	running  bool
	stopped  bool
	stopping chan struct{} // closed by Stop
	done     chan struct{} // closed when the goroutine has ended
	cancel   context.CancelFunc
}

// NewWriter makes a writer for a sink. It starts nothing.
func NewWriter(ctx *module.Context, sink Sink, o Options) *Writer {
	if o.QueueBytes <= 0 {
		o.QueueBytes = DefaultQueue
	}
	w := &Writer{
		name: o.Name, sink: sink, clock: ctx.Clock(), interval: o.Interval,
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	w.queue.wake = make(chan struct{}, 1)
	w.queue.max = max(o.QueueBytes, recordHead+MaxLine)
	w.drops.init(ctx, o.Name)
	return w
}

// Log queues a copy of line, or drops and counts it when the queue is full or
// the writer stopped.
func (w *Writer) Log(level Level, line []byte) { w.LogAs(NoFacility, level, line) }

// LogAs is Log with a facility other than the sink's own.
func (w *Writer) LogAs(f Facility, level Level, line []byte) {
	if len(line) > MaxLine {
		line = line[:MaxLine]
	}
	if !w.queue.put(w.clock.Now().UnixNano(), f, level, line) {
		w.drops.add(1, nil)
	}
}

// Dropped gives how many lines were lost so far, whatever the reason.
func (w *Writer) Dropped() int64 { return w.drops.total.Load() }

// Start starts the goroutine that empties the queue.
func (w *Writer) Start(ctx *module.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running || w.stopped {
		return fmt.Errorf("%s was started or stopped before", w.name)
	}
	w.running = true
	sinkCtx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	ctx.Go(w.name, func(life context.Context) { w.run(life, sinkCtx) })
	return nil
}

// Stop refuses further lines, has those that wait written and ends the
// goroutine. It gives up, with an error that counts the lines left, at ctx's
// deadline or after 3 s, whichever is first. Further calls do nothing.
func (w *Writer) Stop(ctx context.Context) error {
	w.mu.Lock()
	first, running := !w.stopped, w.running
	w.stopped = true
	w.mu.Unlock()
	if !first {
		return nil
	}
	w.queue.close()
	close(w.stopping)
	defer w.drops.flush()
	if !running {
		_, lines := w.queue.take(nil)
		w.drops.add(lines, errNeverStarted)
		return nil
	}
	defer w.cancel()
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
	}
	_, lines := w.queue.take(nil)
	w.drops.add(lines, ctx.Err())
	return fmt.Errorf("%s did not take its last lines in time: %w", w.name, ctx.Err())
}

// run empties the queue until the writer stops or its module's life ends.
func (w *Writer) run(life, sinkCtx context.Context) {
	defer close(w.done)
	defer context.AfterFunc(life, w.cancel)()
	var spare []byte
	for {
		ending := false
		select {
		case <-w.queue.wake:
		case <-w.stopping:
			ending = true
		case <-life.Done():
			w.queue.close()
			ending = true
		}
		for {
			records, lines := w.queue.take(spare)
			if lines == 0 {
				spare = records
				break
			}
			w.write(sinkCtx, records, lines)
			if spare = records; cap(spare) > spareBytes && len(records) < cap(spare)/16 {
				spare = nil // a burst is over
			}
			w.pace(life)
		}
		if ending {
			return
		}
	}
}

// write gives one batch to the sink and counts what was lost.
func (w *Writer) write(ctx context.Context, records []byte, lines int) {
	b := Batch{w: w, records: records, lines: lines}
	lost, err := w.sink.WriteLines(ctx, &b)
	if lost += b.lines; lost > 0 {
		w.drops.add(lost, err)
	}
}

// pace waits until the next batch is due.
func (w *Writer) pace(life context.Context) {
	if w.interval <= 0 {
		return
	}
	due := make(chan struct{})
	t := w.clock.AfterFunc(w.interval, func() { close(due) })
	defer t.Stop()
	for !w.queue.halfFull() {
		select {
		case <-due:
			return
		case <-w.stopping:
			return
		case <-life.Done():
			return
		case <-w.queue.wake:
		}
	}
}

// Pause waits for d, for a sink that is going to try again. It reports false,
// at once, when the writer is being stopped and the sink should give up.
func (b *Batch) Pause(ctx context.Context, d time.Duration) bool {
	due := make(chan struct{})
	t := b.w.clock.AfterFunc(d, func() { close(due) })
	defer t.Stop()
	select {
	case <-due:
		return true
	case <-b.w.stopping:
	case <-ctx.Done():
	}
	return false
}

// Stopping reports whether the writer is being stopped, so that a sink does not
// wait for better times.
func (b *Batch) Stopping() bool {
	select {
	case <-b.w.stopping:
		return true
	default:
		return false
	}
}

var _ interface {
	Logger
	FacilityLogger
	Dropper
	module.Starter
	module.Stopper
} = (*Writer)(nil)
