//go:build unix && (!linux || portable)

package relay

import "golang.org/x/sys/unix"

// peek tells how many of the next bytes of a socket have come, one at most; 0
// without an error is the end of the stream.
func peek(fd uintptr) (int, error) {
	var b [1]byte
	for {
		n, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch err {
		case nil:
			return n, nil
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return 0, errNothing
		}
		return 0, err
	}
}

// posix gives err as it is: the system's errors are those of POSIX.
func posix(err error) error { return err }
