package logs

import (
	"encoding/binary"
	"sync"
	"time"
)

// Line is one line on its way to a sink.
type Line struct {
	Time     time.Time // when it was logged
	Level    Level
	Facility Facility // NoFacility: the sink's own
	Text     []byte   // without a line end
}

// A record of the queue is a head and the text: time (8 bytes), level,
// facility, length (4 bytes).
const recordHead = 14

// queue takes lines from many goroutines for one: they are appended to a
// buffer, which the reader swaps for an empty one. Nothing waits longer than a
// copy takes, and nothing is allocated once both buffers have grown.
type queue struct {
	wake chan struct{} // a line came to an empty queue, or it became half full

	mu     sync.Mutex
	buf    []byte
	lines  int
	max    int // bytes
	closed bool
}

// put appends a line and reports whether there was room for it.
func (q *queue) put(now int64, f Facility, l Level, text []byte) bool {
	need := recordHead + len(text)
	q.mu.Lock()
	old := len(q.buf)
	if q.closed || old+need > q.max {
		q.mu.Unlock()
		return false
	}
	if old+need > cap(q.buf) {
		q.grow(need)
	}
	b := q.buf[old : old+recordHead]
	binary.LittleEndian.PutUint64(b, uint64(now))
	b[8], b[9] = byte(l), byte(f)
	binary.LittleEndian.PutUint32(b[10:], uint32(len(text)))
	q.buf = append(q.buf[:old+recordHead], text...)
	q.lines++
	q.mu.Unlock()
	if half := q.max / 2; old == 0 || old < half && old+need >= half {
		q.wakeUp()
	}
	return true
}

// grow makes room for n more bytes within max.
func (q *queue) grow(n int) {
	b := make([]byte, len(q.buf), min(max(2*cap(q.buf), len(q.buf)+n, 4096), q.max))
	copy(b, q.buf)
	q.buf = b
}

func (q *queue) wakeUp() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take swaps what is queued for an empty buffer, which becomes the queue's.
func (q *queue) take(empty []byte) (records []byte, lines int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	records, lines = q.buf, q.lines
	q.buf, q.lines = empty[:0], 0
	return records, lines
}

// halfFull reports whether the queue is in a hurry to be emptied.
func (q *queue) halfFull() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.buf) >= q.max/2
}

// close makes put refuse.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
}

// Batch is a run of lines for a sink.
type Batch struct {
	w       *Writer
	records []byte
	lines   int
}

// Len gives how many lines Next has yet to give.
func (b *Batch) Len() int { return b.lines }

// Next sets l to the next line and reports whether there was one. l.Text is a
// view that lives until the sink returns.
func (b *Batch) Next(l *Line) bool {
	if len(b.records) < recordHead {
		return false
	}
	head := b.records[:recordHead]
	l.Time = time.Unix(0, int64(binary.LittleEndian.Uint64(head)))
	l.Level, l.Facility = Level(head[8]), Facility(head[9])
	end := recordHead + int(binary.LittleEndian.Uint32(head[10:]))
	l.Text = b.records[recordHead:end:end]
	b.records = b.records[end:]
	b.lines--
	return true
}
