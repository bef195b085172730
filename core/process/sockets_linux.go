//go:build !portable

package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// firstFD is where systemd puts the descriptors that it hands over.
const firstFD = 3

// FromEnvironment takes the descriptors that LISTEN_FDS tells of, under the
// names in LISTEN_FDNAMES and under their numbers ("fd@3"). The variables are
// removed, so that no child takes them for its own.
func FromEnvironment() (*Sockets, error) {
	s := &Sockets{byKey: map[string]int{}}
	pid, count := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	for _, v := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		if err := os.Unsetenv(v); err != nil {
			return nil, err
		}
	}
	if count == "" || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return s, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("LISTEN_FDS=%q is not a number", count)
	}
	for i := range n {
		fd := firstFD + i
		unix.CloseOnExec(fd)
		s.byKey["fd@"+strconv.Itoa(fd)] = fd
		if i < len(names) && names[i] != "" && names[i] != "unknown" {
			s.byKey[names[i]] = fd
		}
	}
	return s, nil
}
