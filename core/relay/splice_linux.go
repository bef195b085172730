//go:build !portable

package relay

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipeSize is what a pipe is asked to hold: large enough that a transfer costs
// few system calls, and within what the kernel grants without privileges.
const pipeSize = 1 << 20

// pipe carries bytes between two sockets inside the kernel.
type pipe struct {
	r, w     int
	src, dst *Conn
	left     int // bytes wanted in, or still to go out
	n        int
	err      error
	into     func(fd uintptr) bool
	out      func(fd uintptr) bool
	moreFlag int
}

// pipes keeps pipes for the next transfer; opening one costs four system calls.
type pipes struct {
	mu   sync.Mutex
	free []*pipe
}

const maxFreePipes = 64

func (ps *pipes) get() (*pipe, error) {
	ps.mu.Lock()
	if n := len(ps.free); n > 0 {
		p := ps.free[n-1]
		ps.free = ps.free[:n-1]
		ps.mu.Unlock()
		return p, nil
	}
	ps.mu.Unlock()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	// A refusal leaves the default size, which works too.
	_, _ = unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, pipeSize)
	p := &pipe{r: fds[0], w: fds[1]}
	p.into, p.out = p.tryInto, p.tryOut
	return p, nil
}

// put takes back a pipe; one that still holds bytes is closed.
func (ps *pipes) put(p *pipe, empty bool) {
	p.src, p.dst = nil, nil
	if empty {
		ps.mu.Lock()
		defer ps.mu.Unlock()
		if len(ps.free) < maxFreePipes {
			ps.free = append(ps.free, p)
			return
		}
	}
	unix.Close(p.r)
	unix.Close(p.w)
}

func (p *pipe) tryInto(fd uintptr) bool {
	for {
		n, err := unix.Splice(int(fd), nil, p.w, nil, min(p.left, pipeSize), unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			p.src.readMustWait()
			return false
		case err != nil:
			p.err = os.NewSyscallError("splice", err)
		case n == 0:
			p.err = io.EOF
		}
		p.n = int(n)
		return true
	}
}

func (p *pipe) tryOut(fd uintptr) bool {
	for p.left > 0 {
		n, err := unix.Splice(p.r, nil, int(fd), nil, p.left, unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE|p.moreFlag)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			p.dst.writeMustWait()
			return false
		case err != nil:
			p.err = os.NewSyscallError("splice", err)
			return true
		default:
			p.left -= int(n)
			p.dst.write.resumed = false
		}
	}
	return true
}

// spliceRefused counts the sockets whose kernel refused splice(2).
var spliceRefused atomic.Int64

// SpliceRefused gives how often the kernel refused splice(2) between two sockets
// since the process began.
func SpliceRefused() int64 { return spliceRefused.Load() }

// errNoSplice says that the kernel refuses splice(2) between the two, before any byte moved.
var errNoSplice = errors.New("splice refused")

// splicer moves bytes between two sockets through a pipe that it holds while
// they move.
type splicer struct {
	pool *pipes
	p    *pipe
}

// move splices up to limit bytes once from src to dst and returns how many. It waits
// for src to have bytes and for dst to take them all.
func (s *splicer) move(dst, src *Conn, limit int64) (int, error) {
	if s.p == nil {
		p, err := s.pool.get()
		if err != nil {
			return 0, errNoSplice
		}
		s.p = p
	}
	p := s.p
	p.src, p.dst = src, dst
	src.read.resumed, dst.write.resumed = false, false
	for {
		p.left, p.n, p.err = int(min(limit, pipeSize)), 0, nil
		src.read.waits = false
		err := src.raw.Read(p.into)
		if err == nil {
			break
		}
		if !src.retry(&src.read, err, src.h.SetReadDeadline) {
			return 0, err
		}
	}
	if errors.Is(p.err, syscall.EINVAL) {
		spliceRefused.Add(1)
		return 0, errNoSplice
	}
	if p.err != nil {
		return 0, p.err
	}
	n := p.n
	p.left, p.err = n, nil
	p.moreFlag = 0
	if int64(n) < limit && limit != unlimited {
		p.moreFlag = unix.SPLICE_F_MORE
	}
	for {
		dst.write.waits = false
		err := dst.raw.Write(p.out)
		if err != nil && dst.retry(&dst.write, err, dst.h.SetWriteDeadline) {
			continue
		}
		if err == nil {
			err = p.err
		}
		if err != nil {
			s.drop()
			return n - p.left, &writeError{err}
		}
		return n, nil
	}
}

// release gives the pipe back, which must be empty.
func (s *splicer) release() {
	if s.p != nil {
		s.pool.put(s.p, true)
		s.p = nil
	}
}

func (s *splicer) drop() {
	s.pool.put(s.p, false)
	s.p = nil
}
