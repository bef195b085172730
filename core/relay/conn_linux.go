//go:build !portable

package relay

import (
	"io"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const sendMore = unix.MSG_MORE

// NewConn makes a Conn of a non-blocking kernel socket that f owns from now on.
func NewConn(f *os.File) (*Conn, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &Conn{h: f, raw: raw, fd: -1}
	if err := raw.Control(func(fd uintptr) { c.fd = int(fd) }); err != nil {
		return nil, err
	}
	c.read.call = c.tryRead
	c.write.call = c.tryWrite
	return c, nil
}

// NewSocket makes a Conn of a non-blocking socket descriptor, which it owns
// from now on: on an error the descriptor is closed.
func NewSocket(fd int) (*Conn, error) {
	f := os.NewFile(uintptr(fd), "")
	if f == nil {
		return nil, os.ErrInvalid
	}
	c, err := NewConn(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return c, nil
}

// The calls below are on non-blocking sockets, so they do not block a thread
// and need none of what the runtime does around system calls that may: a raw
// system call saves that on each.

func (c *Conn) tryRead(fd uintptr) bool {
	op := &c.read
	if len(c.ahead) > 0 {
		return c.sendAhead(fd)
	}
	buf := op.buf
	if op.into != nil {
		buf = op.into.Space()
	}
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, 0, 0)
		switch errno {
		case 0:
			op.n = int(n)
			if op.into != nil {
				op.into.Added(op.n)
			}
			if n == 0 {
				op.err = io.EOF
				op.into.giveBack()
			}
			return true
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			op.into.giveBack()
			c.readMustWait()
			return false
		}
		op.err = os.NewSyscallError("recv", errno)
		op.into.giveBack()
		return true
	}
}

// sendAhead sends what was to go ahead of a wait, and lets the wait begin: no
// answer can have been there before. It reports true when something is left.
func (c *Conn) sendAhead(fd uintptr) bool {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&c.ahead[0])), uintptr(len(c.ahead)), unix.MSG_NOSIGNAL, 0, 0)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			return true
		case errno != 0:
			c.ahead = nil
			c.read.err = AsWriteSide(os.NewSyscallError("send", errno))
			return true
		}
		if c.ahead = c.ahead[n:]; len(c.ahead) > 0 {
			return true
		}
		c.ahead = nil
		c.readMustWait()
		return false
	}
}

// giveBack returns the storage of an empty buffer; b may be nil.
func (b *Buffer) giveBack() {
	if b != nil && b.Len() == 0 {
		b.Release()
	}
}

func (c *Conn) tryWrite(fd uintptr) bool {
	op := &c.write
	for op.n < len(op.buf) {
		rest := op.buf[op.n:]
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&rest[0])), uintptr(len(rest)), uintptr(op.flag|unix.MSG_NOSIGNAL), 0, 0)
		switch errno {
		case 0:
			op.n += int(n)
			op.resumed = false
		case syscall.EINTR:
		case syscall.EAGAIN:
			c.writeMustWait()
			return false
		default:
			op.err = os.NewSyscallError("send", errno)
			return true
		}
	}
	return true
}

// Watchable reports whether a Watcher can look after the connection.
func (c *Conn) Watchable() bool { return c.FD() >= 0 }

// CloseWrite tells the peer that nothing more comes (a half-close).
func (c *Conn) CloseWrite() error {
	if c.soft != nil {
		if hc, ok := c.soft.(interface{ CloseWrite() error }); ok {
			return hc.CloseWrite()
		}
		return nil
	}
	return os.NewSyscallError("shutdown", unix.Shutdown(c.fd, unix.SHUT_WR))
}

// Reset makes Close send a reset instead of a normal end.
func (c *Conn) Reset() error {
	fd := c.FD()
	if fd < 0 {
		return nil
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
}

// Vanish has Close not tell the peer, which goes on holding the connection for open:
// nothing is sent, or a reset that dies after ttl hops. Without the privilege for the
// former (CAP_NET_ADMIN), which ttl 0 asks for, the reset lives for one hop.
func (c *Conn) Vanish(ttl int) {
	fd := c.FD()
	if fd < 0 || ttl == 0 && unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_REPAIR, 1) == nil {
		return
	}
	ttl = max(ttl, 1)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TTL, ttl) // one of the two is the socket's
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, ttl)
	_ = c.Reset() // else it ends as usual
}

// PeerClosed reports whether the peer has closed or reset the connection and
// nothing is left to read, without waiting and without taking bytes.
func (c *Conn) PeerClosed() bool {
	n, err := c.peek()
	return n == 0 && err == nil || err != nil && err != unix.EAGAIN
}

// HalfClosed reports whether the peer has closed its side or reset the connection,
// whatever is left to read, without waiting.
func (c *Conn) HalfClosed() bool {
	fd := c.FD()
	if fd < 0 {
		return false
	}
	polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(polled, 0)
	return n > 0 && err == nil
}

// Pending reports whether bytes have come that nobody has read, without waiting.
func (c *Conn) Pending() bool {
	n, err := c.peek()
	return n > 0 && err == nil
}

func (c *Conn) peek() (int, error) {
	fd := c.FD()
	if fd < 0 {
		return 0, unix.EAGAIN
	}
	var b [1]byte
	n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return n, err
}

// Connect waits until a connect(2) to sa that is in progress has ended;
// os.ErrDeadlineExceeded after timeout (0: the system's). Other errors wrap the
// syscall.Errno.
func (c *Conn) Connect(sa unix.Sockaddr, timeout time.Duration) error {
	c.WriteTimeout(timeout)
	var result error
	err := c.raw.Write(func(fd uintptr) bool {
		// Asking again tells how the attempt in progress went.
		switch err := unix.Connect(int(fd), sa); err {
		case nil, unix.EISCONN:
			return true
		case unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
			c.writeMustWait()
			return false
		default:
			result = os.NewSyscallError("connect", err)
			return true
		}
	})
	if err == nil {
		err = result
	}
	return err
}
