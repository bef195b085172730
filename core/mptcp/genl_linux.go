package mptcp

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// receiveSize is more than the kernel puts into one datagram of a dump.
const receiveSize = 64 << 10

// answerTimeout bounds the wait for an answer, in seconds. The kernel answers
// within the call that asks; this is for kernels that do not.
const answerTimeout = 5

// errInterrupted is the error of a dump that was not of one moment.
var errInterrupted = errors.New("the list kept changing while it was read; try again")

// genl is a socket of generic netlink. It is safe for concurrent use.
type genl struct {
	mu  sync.Mutex
	fd  int
	seq uint32
	buf []byte
}

func openGenl() (*genl, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	g := &genl{fd: fd, buf: make([]byte, receiveSize)}
	if err := g.setup(); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

func (g *genl) setup() error {
	if err := unix.Bind(g.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("bind netlink socket: %w", err)
	}
	if err := unix.SetsockoptTimeval(g.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: answerTimeout}); err != nil {
		return fmt.Errorf("netlink socket's timeout: %w", err)
	}
	for _, opt := range []int{unix.NETLINK_EXT_ACK, unix.NETLINK_CAP_ACK} {
		// Without these, of Linux 4.12 and 4.3, errors are only less telling.
		if err := unix.SetsockoptInt(g.fd, unix.SOL_NETLINK, opt, 1); err != nil && !errors.Is(err, unix.ENOPROTOOPT) {
			return fmt.Errorf("netlink socket's option %d: %w", opt, err)
		}
	}
	return nil
}

func (g *genl) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fd < 0 {
		return nil
	}
	fd := g.fd
	g.fd = -1
	return unix.Close(fd)
}

// do sends a request, with the flags NLM_F_ACK or NLM_F_DUMP, and calls each,
// which may be nil, for the answers' attributes. The error is errInterrupted when
// a list changed while it was read.
func (g *genl) do(family, flags uint16, cmd uint8, a attrs, each func([]byte) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fd < 0 {
		return errors.New("the path manager was closed")
	}
	g.seq++
	request := genericMessage(family, flags|unix.NLM_F_REQUEST, g.seq, cmd, a)
	if err := unix.Sendto(g.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("send to netlink: %w", err)
	}
	r := answers{seq: g.seq, each: each}
	for {
		b, err := g.receive()
		if err != nil {
			return err
		}
		if done, err := r.datagram(b); done || err != nil {
			return err
		}
	}
}

// receive reads a datagram of the kernel's; it is good until the next.
func (g *genl) receive() ([]byte, error) {
	for {
		n, _, flags, from, err := unix.Recvmsg(g.fd, g.buf, nil, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return nil, fmt.Errorf("the kernel did not answer within %d s", answerTimeout)
		case err != nil:
			return nil, fmt.Errorf("receive from netlink: %w", err)
		case flags&unix.MSG_TRUNC != 0:
			return nil, fmt.Errorf("netlink answer of more than %d bytes", receiveSize)
		}
		if sender, ok := from.(*unix.SockaddrNetlink); ok && sender.Pid == 0 { // other processes may send too
			return g.buf[:n], nil
		}
	}
}

// answers follows the answers to one request.
type answers struct {
	seq         uint32
	each        func([]byte) error
	interrupted bool
	err         error // of each; the answers are read to their end all the same
}

// datagram takes a datagram; done reports whether it was the last.
func (r *answers) datagram(b []byte) (done bool, err error) {
	for len(b) > 0 {
		m, rest, err := cutMessage(b)
		if err != nil {
			return true, err
		}
		b = rest
		if m.seq != r.seq {
			continue // of a request that was given up
		}
		if m.flags&unix.NLM_F_DUMP_INTR != 0 {
			r.interrupted = true
		}
		switch m.kind {
		case unix.NLMSG_NOOP:
		case unix.NLMSG_ERROR, unix.NLMSG_DONE:
			if err := parseAck(m); err != nil {
				return true, err
			}
			if r.interrupted {
				return true, errInterrupted
			}
			return true, r.err
		case unix.NLMSG_OVERRUN:
			return true, errors.New("netlink answers were lost")
		default:
			if len(m.data) < genericHeader {
				return true, errShort
			}
			if r.each != nil && r.err == nil {
				r.err = r.each(m.data[genericHeader:])
			}
		}
	}
	return false, nil
}

// family finds a family's number by its name.
func (g *genl) family(name string) (id uint16, err error) {
	var a attrs
	a.bytes(unix.CTRL_ATTR_FAMILY_NAME, append([]byte(name), 0))
	err = g.do(unix.GENL_ID_CTRL, unix.NLM_F_ACK, unix.CTRL_CMD_GETFAMILY, a, func(b []byte) error {
		return eachAttr(b, func(kind uint16, value []byte) error {
			if kind != unix.CTRL_ATTR_FAMILY_ID {
				return nil
			}
			v, err := attrUint(kind, value, 2)
			id = uint16(v)
			return err
		})
	})
	if err == nil && id == 0 {
		err = fmt.Errorf("netlink gives no number for the family %q", name)
	}
	return id, err
}
