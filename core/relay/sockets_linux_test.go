//go:build !portable

package relay

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair gives both ends of a connected stream socket.
func pair(t testing.TB) (a, b *Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return conn(t, fds[0]), conn(t, fds[1])
}

func conn(t testing.TB, fd int) *Conn {
	t.Helper()
	c, err := NewSocket(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func fromNet(t testing.TB, nc net.Conn) *Conn {
	t.Helper()
	f, err := nc.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return conn(t, fd)
}

func TestFillHoldsNoStorageWhileItWaits(t *testing.T) {
	a, b := pair(t)
	pool := NewPool(1024)
	buf := Buffer{Pool: pool}
	done := make(chan error)
	go func() { done <- a.Fill(&buf) }()
	time.Sleep(10 * time.Millisecond)
	if n := pool.Held(); n != 0 {
		t.Errorf("%d buffers are held", n)
	}
	if _, err := b.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || string(buf.Bytes()) != "hello" {
		t.Fatalf("Fill: %v, %q", err, buf.Bytes())
	}
	buf.Consume(5)
	if n := pool.Held(); n != 0 {
		t.Errorf("an empty buffer holds storage: %d", n)
	}
}

// A watch for a reset goes on when the peer closes its side.
func TestWatcherTellsResetsFromEnds(t *testing.T) {
	w, err := NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	a, b := tcpPair(t)
	defer a.Close()
	ended, reset := make(chan Event, 1), make(chan Event, 1)
	if a.HalfClosed() {
		t.Error("half closed before anything happened")
	}
	w.Closed(a, func(ev Event) { ended <- ev })
	if err := b.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	<-ended
	if !a.HalfClosed() {
		t.Error("the end of the peer's side is not seen")
	}
	if !w.Reset(a, func(ev Event) { reset <- ev }) {
		t.Fatal("not watched again")
	}
	if _, err := a.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	select {
	case <-reset:
		t.Error("an end of one side passed for a reset")
	default:
	}
	if err := errors.Join(b.Reset(), b.Close()); err != nil {
		t.Fatal(err)
	}
	<-reset
}
