package relay

import (
	"errors"
	"io"
	"math"
)

// unlimited is the length of a transfer that ends with its source.
const unlimited = math.MaxInt64

// writeError marks an error as the receiving side's.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

// AsWriteSide marks err as the receiving side's.
func AsWriteSide(err error) error { return &writeError{err} }

// WriteSide reports whether an error of Move came from the receiving side.
func WriteSide(err error) bool {
	var w *writeError
	return errors.As(err, &w)
}

// Mover moves bytes from one connection to another. What one read gives is
// written at once, so datagrams stay whole. Small pieces are copied
// through a pooled buffer; once a read fills the buffer and both sides are
// sockets that allow it, bytes go by splice(2) and never reach this process.
type Mover struct {
	pipes *pipes
}

// NewMover makes a Mover. It is safe for concurrent use.
func NewMover() *Mover { return &Mover{pipes: &pipes{}} }

// Move moves the bytes of buf and then, up to limit bytes in all, what src
// still sends, to dst; limit < 0 means all until src ends. moved is called
// after each piece with its length and may be nil. The error is io.EOF when src
// ended before limit, nil at the limit or at the end of an unlimited transfer.
func (m *Mover) Move(dst, src *Conn, buf *Buffer, limit int64, moved func(int)) error {
	want := limit
	if limit < 0 {
		want = unlimited
	}
	spliceable := src.fd >= 0 && dst.fd >= 0
	sp := splicer{pool: m.pipes}
	defer sp.release()
	for want > 0 {
		if buf.Len() == 0 {
			if err := src.Fill(buf); err != nil {
				return endOf(err, limit)
			}
		}
		filled := buf.Full()
		n := int(min(int64(buf.Len()), want))
		if _, err := dst.send(buf.Bytes()[:n], moreIf(limit >= 0 && int64(n) < want)); err != nil {
			return &writeError{err}
		}
		active(dst, src)
		buf.Consume(n)
		want -= int64(n)
		if moved != nil {
			moved(n)
		}
		if !filled || !spliceable {
			continue
		}
		n64, err := m.spliceWhile(&sp, dst, src, buf.Pool.size, want, moved)
		want -= n64
		switch {
		case err == errNoSplice:
			spliceable = false
		case err != nil:
			return endOf(err, limit)
		}
	}
	return nil
}

// spliceWhile splices as long as the pieces are worth it.
func (m *Mover) spliceWhile(sp *splicer, dst, src *Conn, worth int, want int64, moved func(int)) (int64, error) {
	total := int64(0)
	small := 0
	for want > total {
		n, err := sp.move(dst, src, want-total)
		total += int64(n)
		if n > 0 {
			active(dst, src)
			if moved != nil {
				moved(n)
			}
		}
		if err != nil {
			return total, err
		}
		if n >= worth/2 {
			small = 0
		} else if small++; small == 3 {
			sp.release() // idle connections hold no pipe
			return total, nil
		}
	}
	return total, nil
}

// active says that bytes have moved, which may have needed no wait, to those who
// wait for the other directions.
func active(dst, src *Conn) {
	now := Ticks()
	dst.write.began.Store(now)
	src.read.began.Store(now)
}

func endOf(err error, limit int64) error {
	if err == io.EOF && limit < 0 {
		return nil
	}
	return err
}

func moreIf(more bool) int {
	if more {
		return sendMore
	}
	return 0
}
