//go:build unix

package output

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	// atomicBytes is what a pipe takes at once without mixing it with the
	// writes of others (PIPE_BUF, pipe(7)); a pipe that polls as writable has
	// room for it, so that writing does not block.
	atomicBytes = 4096
	// fileBytes is the size of writes to files.
	fileBytes = 64 << 10
	// pollTime is how often a sink that waits looks whether to give up, in milliseconds.
	pollTime = 100
)

// kind is what a descriptor refers to, which decides how to write without
// blocking while leaving its flags, which other processes share, as they are.
type kind uint8

const (
	file   kind = iota // never blocks for long
	pipe               // also terminals: wait for room, then write little
	socket             // takes a flag for each send
)

// Open looks at what the descriptor refers to. The error says that it is closed.
func (d *Descriptor) Open() error {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		return fmt.Errorf("%s cannot be written to: %w", d.name, err)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		d.kind, d.chunks.Max = file, fileBytes
	case unix.S_IFSOCK:
		d.kind, d.chunks.Max = socket, atomicBytes
	default:
		d.kind, d.chunks.Max = pipe, atomicBytes
	}
	return nil
}

// send waits until some bytes of p can be written and writes them.
func (d *Descriptor) send(ctx context.Context, p []byte) (n int, err error) {
	for {
		if d.kind != file {
			if err := d.wait(ctx); err != nil {
				return 0, err
			}
			p = p[:min(len(p), atomicBytes)]
		}
		if d.kind == socket {
			n, err = unix.SendmsgN(d.fd, p, nil, nil, unix.MSG_DONTWAIT|noSignal)
		} else {
			n, err = unix.Write(d.fd, p)
		}
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return max(n, 0), err
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
	}
}

// wait waits until the descriptor takes bytes, or has an error to tell.
func (d *Descriptor) wait(ctx context.Context) error {
	fds := [1]unix.PollFd{{Fd: int32(d.fd), Events: unix.POLLOUT}}
	for {
		n, err := unix.Poll(fds[:], pollTime)
		if n > 0 || err != nil && err != unix.EINTR {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
