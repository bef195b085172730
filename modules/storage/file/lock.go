//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/caddyserver/certmagic"
)

// locks are the files that this process has locked (flock(2)). The kernel takes
// back those of a process that dies.
type locks struct {
	mu   sync.Mutex
	held map[string]*os.File
}

func newLocks() *locks { return &locks{held: map[string]*os.File{}} }

// askEvery is how often a lock that another holds is asked for.
const askEvery = 20 * time.Millisecond

// Lock waits for a lock.
func (s *Storage) Lock(ctx context.Context, name string) error {
	dir := filepath.Join(s.Path, "locks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, certmagic.StorageKeys.Safe(name)+".lock")
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		f, err := try(path)
		if err != nil {
			return fmt.Errorf("locking %s: %w", name, err)
		}
		if f != nil {
			s.locks.mu.Lock()
			defer s.locks.mu.Unlock()
			s.locks.held[name] = f
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// try gives the locked file, nil when another has it.
func try(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		// The holder before removes the file: one that is gone locks nobody out.
		mine, err1 := f.Stat()
		now, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(mine, now) {
			return f, nil
		}
	} else if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
		return nil, errors.Join(err, f.Close())
	}
	return nil, f.Close()
}

// Unlock gives a lock back.
func (s *Storage) Unlock(_ context.Context, name string) error {
	s.locks.mu.Lock()
	f := s.locks.held[name]
	delete(s.locks.held, name)
	s.locks.mu.Unlock()
	if f == nil {
		return fmt.Errorf("unlocking %s: it is not held here", name)
	}
	// As long as it is locked the file is ours to remove.
	return errors.Join(os.Remove(f.Name()), f.Close())
}
