//go:build unix && (!linux || portable)

package protocol

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// setOptions sets what the standard library does not on a socket that will listen.
func setOptions(fd uintptr, o *ListenOptions) error {
	if !o.NoReusePort {
		if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return fmt.Errorf("option reuseport: %w", os.NewSyscallError("setsockopt", err))
		}
	}
	if o.MSS > 0 {
		if err := unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, o.MSS); err != nil {
			return fmt.Errorf("option mss: %w", os.NewSyscallError("setsockopt", err))
		}
	}
	return nil
}
