//go:build !linux || portable

package protocol

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/fairleadproxy/fairlead/core/relay"
)

// errAbstract is the error of a name in the abstract namespace.
var errAbstract = errors.New("names in the abstract namespace are Linux's: write a path, as in unix@/run/name.sock")

// ListenUnix opens a listening UNIX socket at a path. A socket file that nobody
// listens at is replaced.
func ListenUnix(path string, o *ListenOptions) (int, error) {
	if path[0] == 0 {
		return -1, errAbstract
	}
	var l *net.UnixListener
	err := place(path, o, func(path string) (err error) {
		if l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"}); err == nil {
			l.SetUnlinkOnClose(false)
		}
		return relay.Cause(err)
	})
	if err != nil {
		if l != nil {
			err = errors.Join(err, l.Close())
		}
		return -1, err
	}
	return share(l), nil
}

// answerTimeout is how long it may take to find out whether somebody listens at
// a path.
const answerTimeout = time.Second

// answered reports whether somebody listens at the path.
func answered(path string) (bool, error) {
	c, err := net.DialTimeout("unix", path, answerTimeout)
	if err != nil {
		return false, nil
	}
	return true, c.Close()
}

// DialUnix connects to a path.
func DialUnix(path string, o *DialOptions) (*relay.Conn, error) {
	if path == "" {
		return nil, fmt.Errorf("the path is empty: %w", syscall.EINVAL)
	}
	if path[0] == 0 {
		return nil, errAbstract
	}
	return dial(&net.Dialer{Timeout: o.Timeout}, "unix", path, o)
}
