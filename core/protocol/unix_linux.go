package protocol

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/fairleadproxy/fairlead/core/address"
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
	if path[0] == 0 {
		return os.NewSyscallError("bind", withPath(fd, unix.SYS_BIND, path))
	}
	if err := vacant(path); err != nil {
		return err
	}
	// It appears under its name with its owner and permissions settled.
	fresh := path + "." + strconv.Itoa(os.Getpid()) + ".tmp"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.NewSyscallError("bind", withPath(fd, unix.SYS_BIND, fresh)); err != nil {
		return err
	}
	err := own(fresh, o)
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return nil
}

// vacant reports an error when something is at the path that must not be replaced.
func vacant(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there already and is no socket", path)
	}
	fd, err := socket(unix.AF_UNIX, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := withPath(fd, unix.SYS_CONNECT, path); err == nil || err == unix.EAGAIN {
		return fmt.Errorf("%s is in use by another process: %w", path, unix.EADDRINUSE)
	}
	return nil
}

// own sets the permissions and owner of a socket file.
func own(path string, o *ListenOptions) error {
	if o.Mode != "" {
		mode, err := strconv.ParseUint(o.Mode, 8, 32)
		if err != nil {
			return fmt.Errorf("mode %q: %w", o.Mode, err)
		}
		if err := os.Chmod(path, fs.FileMode(mode)); err != nil {
			return err
		}
	}
	uid, gid, err := Owner(o.User, o.Group)
	if err != nil || uid < 0 && gid < 0 {
		return err
	}
	return os.Chown(path, uid, gid)
}

// Owner gives the numbers of a user and a group by name or number, -1 for "".
func Owner(userName, groupName string) (uid, gid int, err error) {
	uid, gid = -1, -1
	if userName != "" {
		if uid, err = strconv.Atoi(userName); err != nil {
			u, err := user.Lookup(userName)
			if err != nil {
				return -1, -1, fmt.Errorf("there is no user %q", userName)
			}
			if uid, err = strconv.Atoi(u.Uid); err != nil {
				return -1, -1, err
			}
		}
	}
	if groupName != "" {
		if gid, err = strconv.Atoi(groupName); err != nil {
			g, err := user.LookupGroup(groupName)
			if err != nil {
				return -1, -1, fmt.Errorf("there is no group %q", groupName)
			}
			if gid, err = strconv.Atoi(g.Gid); err != nil {
				return -1, -1, err
			}
		}
	}
	return uid, gid, nil
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
	if err := connectUnix(fd, path, o.Timeout); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	return relay.NewSocket(fd)
}

// fullWait is how long to wait before another look at a backlog that was full.
const fullWait = 5 * time.Millisecond

// connectUnix connects; while the backlog is full it tries again.
func connectUnix(fd int, path string, timeout time.Duration) error {
	for end := time.Now().Add(timeout); ; time.Sleep(fullWait) {
		err := withPath(fd, unix.SYS_CONNECT, path)
		if err != unix.EAGAIN || timeout > 0 && time.Now().After(end) {
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

// abnsLength is the size of sun_path, which names under abns@ are padded to
// with zeros (HAProxy manual section 2.9).
const abnsLength = 108

// UnixPath gives the path of a UNIX address as the kernel wants it: a name in
// the abstract namespace begins with a zero byte.
func UnixPath(addr address.Address) string {
	switch addr.Network {
	case address.Abns:
		return "\x00" + addr.Path + strings.Repeat("\x00", max(0, abnsLength-1-len(addr.Path)))
	case address.Abnsz:
		return "\x00" + addr.Path
	}
	return addr.Path
}
