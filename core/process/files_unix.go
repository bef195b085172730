//go:build unix

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
	now, most, err := files()
	if err != nil {
		return 0, err
	}
	want := most
	if limit > 0 {
		want = uint64(limit)
	} else if maxConn > 0 {
		want = max(now, min(most, uint64(perConn*maxConn+reserve)))
	}
	if err := setFiles(want, max(want, most)); err != nil {
		return 0, fmt.Errorf("ulimit-n %d is more than this process may have, which is %d: %w", want, most, err)
	}
	if maxConn > 0 {
		return maxConn, nil
	}
	return connsIn(want), nil
}

// MaxConn gives how many connections at once the limit on file descriptors
// leaves room for.
func MaxConn() (int, error) {
	now, _, err := files()
	return connsIn(now), err
}

// files gives the limit on file descriptors, and how far it may be raised.
func files() (now, most uint64, err error) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, 0, fmt.Errorf("getrlimit: %w", err)
	}
	return uint64(r.Cur), min(uint64(r.Max), mostFiles()), nil
}

func setFiles(now, most uint64) error {
	var r syscall.Rlimit
	set(&r.Cur, now)
	set(&r.Max, most)
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &r)
}

// set sets a limit, whose type differs between systems.
func set[T int64 | uint64](limit *T, to uint64) { *limit = T(to) }

func connsIn(files uint64) int { return int(max(files, 2*reserve)-reserve) / perConn }
