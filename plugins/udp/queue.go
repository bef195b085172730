package udp

import "sync"

// usual is the length up to which datagrams are kept in pooled storage. Nearly
// all are shorter: a frame of Ethernet holds 1500 bytes.
const usual = 2048

// packet is a datagram that waits.
type packet struct {
	n     int
	short *[usual]byte // nil for a long one
	long  []byte
}

func (p *packet) bytes() []byte {
	if p.short != nil {
		return p.short[:p.n]
	}
	return p.long
}

// queue holds datagrams in order. The zero queue with storage is empty.
type queue struct {
	storage *sync.Pool // of *[usual]byte
	list    []packet
	first   int // of those in the list that are still there
	bytes   int
}

func (q *queue) len() int { return len(q.list) - q.first }

// push adds a copy of a datagram; it reports false when the queue is full.
func (q *queue) push(datagram []byte) bool {
	if q.len() >= maxQueued || q.len() > 0 && q.bytes+len(datagram) > maxQueuedBytes {
		return false
	}
	p := packet{n: len(datagram)}
	if p.n <= usual {
		p.short = q.storage.Get().(*[usual]byte)
		copy(p.short[:], datagram)
	} else {
		p.long = append([]byte(nil), datagram...)
	}
	if q.first == len(q.list) {
		q.list, q.first = q.list[:0], 0
	}
	q.list = append(q.list, p)
	q.bytes += p.n
	return true
}

// pop takes the first datagram, which there must be, and copies it into b; it
// reports false when b is too short for it.
func (q *queue) pop(b []byte) (n int, ok bool) {
	p := q.list[q.first]
	q.list[q.first] = packet{}
	q.first++
	q.bytes -= p.n
	if ok = p.n <= len(b); ok {
		n = copy(b, p.bytes())
	}
	if p.short != nil {
		q.storage.Put(p.short)
	}
	return n, ok
}

// drop empties the queue.
func (q *queue) drop() {
	for q.len() > 0 {
		q.pop(nil)
	}
	q.list = nil
}
