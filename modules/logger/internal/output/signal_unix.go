//go:build unix && !darwin

package output

import "golang.org/x/sys/unix"

// noSignal keeps a send from raising SIGPIPE.
const noSignal = unix.MSG_NOSIGNAL
