package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// firstFD is where systemd puts the descriptors that it hands over.
const firstFD = 3

// Sockets are the descriptors that were given to the process at its start, by
// systemd's socket activation (sd_listen_fds(3)) or by a process before it.
type Sockets struct {
	mu    sync.Mutex
	byKey map[string]int
}

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

// Take gives a duplicate of the descriptor called key, -1 when there is none.
func (s *Sockets) Take(key string) int {
	if s == nil {
		return -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return duplicate(s.byKey, key)
}

// duplicates gives a function like Take over descriptors that stay their owner's.
func duplicates(fds map[string]int) func(string) int {
	return func(key string) int { return duplicate(fds, key) }
}

func duplicate(fds map[string]int, key string) int {
	fd, ok := fds[key]
	if !ok {
		return -1
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1 // it is opened anew, which says what is wrong
	}
	return dup
}
