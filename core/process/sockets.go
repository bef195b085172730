package process

import (
	"sync"

	"github.com/fairleadproxy/fairlead/core/descriptor"
)

// Sockets are the descriptors that were given to the process at its start, by
// systemd's socket activation (sd_listen_fds(3)) or by a process before it.
type Sockets struct {
	mu    sync.Mutex
	byKey map[string]int
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
	dup, err := descriptor.Dup(fd)
	if err != nil {
		return -1 // it is opened anew, which says what is wrong
	}
	return dup
}
