//go:build !portable

package descriptor

import (
	"os"

	"golang.org/x/sys/unix"
)

// Dup gives another number for the same socket.
func Dup(n int) (int, error) {
	dup, err := unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 0)
	return dup, os.NewSyscallError("fcntl", err)
}

// Close gives a number back.
func Close(n int) error { return os.NewSyscallError("close", unix.Close(n)) }
