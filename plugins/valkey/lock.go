package valkey

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"github.com/valkey-io/valkey-go"
)

// lock is one that this process holds.
type lock struct {
	token string // what tells it from another holder's
	end   chan struct{}
	ended chan struct{}
}

// What is to happen at once, so that nobody's lock is touched but one's own.
var (
	renew   = valkey.NewLuaScript(`if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end return 0`)
	release = valkey.NewLuaScript(`if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`)
)

// How often a lock that another holds is asked for: between these.
const (
	askAfter = 100 * time.Millisecond
	askUpTo  = 500 * time.Millisecond
)

func (s *Storage) lockKey(name string) string { return s.c.Prefix + ":lock:" + name }

// Lock waits for a lock and renews it until it is given back.
func (s *Storage) Lock(ctx context.Context, name string) error {
	l := &lock{token: rand.Text(), end: make(chan struct{}), ended: make(chan struct{})}
	for {
		set := s.client.B().Set().Key(s.lockKey(name)).Value(l.token).Nx().Px(s.c.LockTimeout).Build()
		err := s.client.Do(ctx, set).Error()
		if err == nil {
			break
		}
		if !valkey.IsValkeyNil(err) {
			return fmt.Errorf("locking %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(askAfter + mathrand.N(askUpTo-askAfter)):
		}
	}
	s.mu.Lock()
	s.held[name] = l
	s.mu.Unlock()
	go s.keep(name, l)
	return nil
}

// keep renews a lock while it is held.
func (s *Storage) keep(name string, l *lock) {
	defer close(l.ended)
	every := time.NewTicker(s.c.LockTimeout / 3)
	defer every.Stop()
	for {
		select {
		case <-l.end:
			return
		case <-every.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), s.c.LockTimeout/3)
		// What fails is tried again; a lock that was lost is noticed by Unlock.
		_ = renew.Exec(ctx, s.client, []string{s.lockKey(name)}, []string{l.token, fmt.Sprint(s.c.LockTimeout.Milliseconds())}).Error()
		cancel()
	}
}

// errLost is the error of giving back what another has by now.
var errLost = errors.New("the lock was lost: it was not renewed in time")

// Unlock gives a lock back.
func (s *Storage) Unlock(ctx context.Context, name string) error {
	s.mu.Lock()
	l := s.held[name]
	delete(s.held, name)
	s.mu.Unlock()
	if l == nil {
		return fmt.Errorf("unlocking %s: it is not held here", name)
	}
	close(l.end)
	<-l.ended
	n, err := release.Exec(ctx, s.client, []string{s.lockKey(name)}, []string{l.token}).AsInt64()
	if err == nil && n == 0 {
		err = errLost
	}
	if err != nil {
		return fmt.Errorf("unlocking %s: %w", name, err)
	}
	return nil
}
