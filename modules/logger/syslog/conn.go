package syslog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
)

const (
	dialTimeout = 5 * time.Second
	// datagramTimeout is how long a full socket may hold one datagram up.
	datagramTimeout = 200 * time.Millisecond
	// streamTimeout is how long a server may leave a stream unread before the
	// connection counts as broken.
	streamTimeout = 10 * time.Second
	// The first and the longest wait between attempts to connect; each is
	// twice the one before.
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 10 * time.Second
	// streamBytes is the size of writes to streams.
	streamBytes = 16 << 10
)

// conn is the connection to the server. All but close belongs to the writer's
// goroutine.
type conn struct {
	to     server
	header *logs.Header
	dial   func(ctx context.Context, network, address string) (net.Conn, error)

	fails int    // in a row
	buf   []byte // messages as they are sent
	msg   []byte

	mu     sync.Mutex
	c      net.Conn
	closed bool
}

// WriteLines sends b; it is called by the Writer.
func (s *conn) WriteLines(ctx context.Context, b *logs.Batch) (lost int, err error) {
	// Writes end when the writer gives up.
	defer context.AfterFunc(ctx, s.interrupt)()
	if _, err := s.connect(ctx, b); err != nil {
		return 0, err
	}
	if s.to.datagrams {
		return s.sendDatagrams(ctx, b)
	}
	return s.sendStream(ctx, b)
}

// interrupt makes writes in progress fail.
func (s *conn) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c != nil {
		_ = s.c.SetWriteDeadline(time.Unix(1, 0)) // fails only when it is closed, which ends writes too
	}
}

// close closes the connection for good.
func (s *conn) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return s.drop()
}

// drop closes the connection; the next message opens another.
func (s *conn) drop() error {
	if s.c == nil {
		return nil
	}
	err := s.c.Close()
	s.c = nil
	return err
}

// reset closes a connection that failed.
func (s *conn) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.drop() // the failure before it is the one that is told
}

// connect gives the connection, which it makes when there is none. It tries
// until it has one or the writer stops.
func (s *conn) connect(ctx context.Context, b *logs.Batch) (net.Conn, error) {
	for {
		c, err := s.tryConnect(ctx)
		if err == nil {
			return c, nil
		}
		s.fails = max(s.fails, 1) // an attempt to connect is not repeated at once
		if !s.again(ctx, b) {
			return nil, err
		}
	}
}

// again counts a failure and waits for the time of the next attempt: none
// after the first failure, and then longer each time. It reports false when the
// writer stops and there is no more waiting.
func (s *conn) again(ctx context.Context, b *logs.Batch) bool {
	s.fails++
	if s.fails == 1 {
		return ctx.Err() == nil
	}
	return b.Pause(ctx, min(firstBackoff<<min(s.fails-2, 10), lastBackoff))
}

func (s *conn) tryConnect(ctx context.Context) (net.Conn, error) {
	s.mu.Lock()
	c := s.c
	s.mu.Unlock()
	if c != nil {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := s.dial(ctx, s.to.network, s.to.address)
	if errors.Is(err, syscall.EPROTOTYPE) && s.to.network == "unixgram" {
		// A log socket takes datagrams or streams, and its path does not tell which.
		s.to.network, s.to.datagrams = "unix", false
		c, err = s.dial(ctx, s.to.network, s.to.address)
	}
	if err != nil {
		return nil, fmt.Errorf("syslog server: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.Join(net.ErrClosed, c.Close())
	}
	s.c = c
	return c, nil
}

// write writes p within d.
func (s *conn) write(ctx context.Context, c net.Conn, p []byte, d time.Duration) error {
	err := c.SetWriteDeadline(time.Now().Add(d))
	if err == nil {
		err = ctx.Err() // interrupt may have come before the deadline was set
	}
	if err == nil {
		_, err = c.Write(p)
	}
	if err != nil {
		return fmt.Errorf("syslog server: %w", err)
	}
	s.fails = 0
	return nil
}

// sendDatagrams sends each line as a datagram.
func (s *conn) sendDatagrams(ctx context.Context, b *logs.Batch) (lost int, err error) {
	var l logs.Line
	for b.Next(&l) {
		s.buf = s.header.Append(s.buf[:0], &l)
		n, serr := s.sendDatagram(ctx, b)
		if lost += n; serr != nil {
			err = serr
		}
		if ctx.Err() != nil || s.fails > 0 && b.Stopping() {
			break // what is left in b counts as lost
		}
	}
	return lost, err
}

// sendDatagram sends buf, or gives how many lines were lost and why.
func (s *conn) sendDatagram(ctx context.Context, b *logs.Batch) (lost int, err error) {
	for attempt := 0; ; attempt++ {
		c, cerr := s.connect(ctx, b)
		if cerr != nil {
			return lost + 1, cerr
		}
		werr := s.write(ctx, c, s.buf, datagramTimeout)
		if werr == nil {
			return lost, err
		}
		err = werr
		switch {
		case errors.Is(err, syscall.EMSGSIZE), errors.Is(err, os.ErrDeadlineExceeded), attempt > 0:
			return lost + 1, err
		case s.to.network != "unixgram" && errors.Is(err, syscall.ECONNREFUSED):
			lost++ // so was an earlier one, and this one was not sent yet
		default:
			s.reset()
			if !s.again(ctx, b) {
				return lost + 1, err
			}
		}
	}
}

// sendStream sends the lines over a stream, many at a time.
func (s *conn) sendStream(ctx context.Context, b *logs.Batch) (lost int, err error) {
	var l logs.Line
	for b.Len() > 0 {
		s.buf = s.buf[:0]
		lines := 0
		for len(s.buf) < streamBytes && b.Next(&l) {
			s.appendFrame(&l)
			lines++
		}
		if err := s.deliver(ctx, b); err != nil {
			return lines, err
		}
	}
	return 0, nil
}

// deliver writes buf to the stream. When the connection breaks it begins anew
// on another one: a message may then come twice.
func (s *conn) deliver(ctx context.Context, b *logs.Batch) error {
	for {
		c, err := s.connect(ctx, b)
		if err != nil {
			return err
		}
		if closedByPeer(c) {
			err = errPeerClosed
		} else if err = s.write(ctx, c, s.buf, streamTimeout); err == nil {
			return nil
		}
		s.reset()
		if !s.again(ctx, b) {
			return err
		}
	}
}

var errPeerClosed = errors.New("the syslog server closes connections")

// appendFrame appends the message of a line to buf, framed (RFC 6587 section 3.4).
func (s *conn) appendFrame(l *logs.Line) {
	if !s.to.octets {
		s.buf = append(s.header.Append(s.buf, l), '\n')
		return
	}
	s.msg = s.header.Append(s.msg[:0], l)
	s.buf = append(strconv.AppendInt(s.buf, int64(len(s.msg)), 10), ' ')
	s.buf = append(s.buf, s.msg...)
}
