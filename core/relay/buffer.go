package relay

import (
	"sync"
	"sync/atomic"
)

// Pool hands out the storage of buffers. All storage of a pool has one size, so
// that what one connection gives back fits the next.
type Pool struct {
	size int
	free sync.Pool
	held atomic.Int64
}

// NewPool makes a pool of storage of size bytes (tune.bufsize).
func NewPool(size int) *Pool {
	p := &Pool{size: size}
	p.free.New = func() any {
		b := make([]byte, size)
		return &b
	}
	return p
}

// Held gives the number of buffers that hold storage now.
func (p *Pool) Held() int64 { return p.held.Load() }

// Size gives the bytes of one buffer.
func (p *Pool) Size() int { return p.size }

// Buffer is a window of received bytes over pooled storage. An empty buffer
// holds no storage: it is taken when bytes arrive and goes back with the last
// byte consumed. The zero Buffer with a Pool is ready for use.
//
// A buffer belongs to one goroutine.
type Buffer struct {
	Pool *Pool

	store *[]byte
	r, w  int
}

// Bytes gives the bytes received and not yet consumed, a view that is good
// until the next call that changes the buffer.
func (b *Buffer) Bytes() []byte {
	if b.store == nil {
		return nil
	}
	return (*b.store)[b.r:b.w]
}

// Len gives the number of bytes in the buffer.
func (b *Buffer) Len() int { return b.w - b.r }

// Full reports whether no byte can be added even after moving what is there.
func (b *Buffer) Full() bool { return b.Len() == b.Pool.size }

// Space gives the free room behind the bytes, at least one byte unless the
// buffer is full. Bytes may move to the front to make room.
func (b *Buffer) Space() []byte {
	if b.store == nil {
		b.store = b.Pool.free.Get().(*[]byte)
		b.Pool.held.Add(1)
		b.r, b.w = 0, 0
	}
	if b.w == len(*b.store) && b.r > 0 {
		b.w = copy(*b.store, (*b.store)[b.r:b.w])
		b.r = 0
	}
	return (*b.store)[b.w:]
}

// Added says that n bytes were written into Space.
func (b *Buffer) Added(n int) { b.w += n }

// Consume drops the first n bytes and gives the storage back when none is left.
func (b *Buffer) Consume(n int) {
	b.r += n
	if b.r == b.w {
		b.Release()
	}
}

// Append adds bytes as far as they fit and says how many.
func (b *Buffer) Append(p []byte) int {
	n := copy(b.Space(), p)
	b.Added(n)
	return n
}

// Release drops all bytes and gives the storage back.
func (b *Buffer) Release() {
	if b.store != nil {
		b.Pool.free.Put(b.store)
		b.Pool.held.Add(-1)
		b.store = nil
	}
	b.r, b.w = 0, 0
}
