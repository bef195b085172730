package process

import (
	"fmt"
	"syscall"
)

// reserve are the descriptors that are not for connections: listeners, logs,
// health checks, pipes.
const reserve = 512

// perConn are the descriptors of one connection: the client's and the server's.
const perConn = 2

// RaiseFiles raises the limit on file descriptors to limit, or to what maxConn
// connections need, or else as far as is allowed, and gives the number of
// connections that may be taken at once.
func RaiseFiles(limit, maxConn int) (int, error) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, fmt.Errorf("getrlimit: %w", err)
	}
	want := r.Max
	if limit > 0 {
		want = uint64(limit)
	} else if maxConn > 0 {
		want = max(r.Cur, min(r.Max, uint64(perConn*maxConn+reserve)))
	}
	raised := syscall.Rlimit{Cur: want, Max: max(want, r.Max)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err != nil {
		return 0, fmt.Errorf("ulimit-n %d is more than this process may have, which is %d: %w", want, r.Max, err)
	}
	if maxConn > 0 {
		return maxConn, nil
	}
	return connsIn(want), nil
}

// MaxConn gives how many connections at once the limit on file descriptors
// leaves room for.
func MaxConn() (int, error) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, fmt.Errorf("getrlimit: %w", err)
	}
	return connsIn(r.Cur), nil
}

func connsIn(files uint64) int { return int(max(files, 2*reserve)-reserve) / perConn }
