// Package output is what the loggers that write bytes to descriptors and files
// share: it makes chunks of whole lines of a batch, and writes them to a
// descriptor that may be a pipe which nobody reads.
//
// Its types belong to the goroutine of one sink.
package output

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/logs"
)

// Chunks renders the lines of batches into chunks that are written at once, so
// that lines of several processes do not mix where the system keeps a write
// together.
type Chunks struct {
	Header *logs.Header
	// Max is the most bytes of a chunk, unless one line alone is longer.
	Max int

	buf   []byte // the chunk given last, and from carry on the first line of the next
	carry int
}

// Next gives the next chunk of b, of whole lines with their ends, and how many
// lines it holds; nothing once b is empty. The chunk is a view that lives until
// the next call.
func (c *Chunks) Next(b *logs.Batch) (chunk []byte, lines int) {
	n := copy(c.buf, c.buf[c.carry:])
	c.buf = c.buf[:n]
	if n > 0 {
		lines = 1
	}
	var l logs.Line
	for b.Next(&l) {
		before := len(c.buf)
		c.buf = append(c.Header.Append(c.buf, &l), '\n')
		if len(c.buf) > c.Max && lines > 0 {
			c.carry = before
			return c.buf[:before], lines
		}
		lines++
	}
	c.carry = len(c.buf)
	return c.buf, lines
}

// Reset forgets the line carried over, which is given as the number lost.
func (c *Chunks) Reset() (lost int) {
	if c.carry < len(c.buf) {
		lost = 1
	}
	c.buf, c.carry = c.buf[:0], 0
	return lost
}

// Lost gives how many of a chunk's lines did not get through when only the
// first written bytes did, and whether that cut a line in two.
func Lost(chunk []byte, lines, written int) (lost int, torn bool) {
	done := chunk[:written]
	return lines - bytes.Count(done, []byte{'\n'}), written > 0 && done[written-1] != '\n'
}
