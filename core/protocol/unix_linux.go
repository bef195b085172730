//go:build !portable

package protocol

import (
	"fmt"
	"os"
	"time"
	"unsafe"

	"github.com/fairleadproxy/fairlead/core/relay"
	"golang.org/x/sys/unix"
)

// ListenUnix opens a listening UNIX socket at a path, or under a name in the
// abstract namespace when that begins with a zero byte. A socket file that
// nobody listens at is replaced.
func ListenUnix(path string, o *ListenOptions) (int, error) {
	fd, err := socket(unix.AF_UNIX, 0)
	if err != nil {
		return -1, err
	}
	if err = bindUnix(fd, path, o); err == nil {
		err = os.NewSyscallError("listen", unix.Listen(fd, backlog(o)))
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func bindUnix(fd int, path string, o *ListenOptions) error {
	bind := func(path string) error { return os.NewSyscallError("bind", withPath(fd, unix.SYS_BIND, path)) }
	if path[0] == 0 {
		return bind(path)
	}
	return place(path, o, bind)
}

// answered reports whether somebody listens at the path.
func answered(path string) (bool, error) {
	fd, err := socket(unix.AF_UNIX, 0)
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	err = withPath(fd, unix.SYS_CONNECT, path)
	return err == nil || err == unix.EAGAIN, nil
}

// DialUnix connects to a path, or a name that begins with a zero byte.
func DialUnix(path string, o *DialOptions) (*relay.Conn, error) {
	if path == "" {
		return nil, fmt.Errorf("the path is empty: %w", unix.EINVAL)
	}
	fd, err := socket(unix.AF_UNIX, 0)
	if err != nil {
		return nil, err
	}
	if err := connectUnix(fd, path, o); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	return relay.NewSocket(fd)
}

// fullWait is how long to wait before another look at a backlog that was full.
const fullWait = 5 * time.Millisecond

// connectUnix connects; while the backlog is full it tries again.
func connectUnix(fd int, path string, o *DialOptions) error {
	for end := time.Now().Add(o.Timeout); ; time.Sleep(fullWait) {
		err := withPath(fd, unix.SYS_CONNECT, path)
		if err != unix.EAGAIN || o.Timeout > 0 && time.Now().After(end) || o.DialContext().Err() != nil {
			return err
		}
	}
}

// withPath makes a system call that takes an address. The names of package unix
// are one byte too short for those under abns@.
func withPath(fd int, call uintptr, path string) error {
	sa := unix.RawSockaddrUnix{Family: unix.AF_UNIX}
	if len(path) > len(sa.Path) || path[0] != 0 && len(path) == len(sa.Path) {
		return unix.ENAMETOOLONG
	}
	for i := range len(path) {
		sa.Path[i] = int8(path[i])
	}
	size := unsafe.Offsetof(sa.Path) + uintptr(len(path))
	if path[0] != 0 {
		size++ // the zero byte at its end
	}
	if _, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&sa)), size); errno != 0 {
		return errno
	}
	return nil
}
