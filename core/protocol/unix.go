package protocol

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	"github.com/fairleadproxy/fairlead/core/address"
)

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
	taken, err := answered(path)
	if taken {
		err = fmt.Errorf("%s is in use by another process: %w", path, syscall.EADDRINUSE)
	}
	return err
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
