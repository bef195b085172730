//go:build !portable

package process

import (
	"errors"
	"net"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNextGenerationInheritsSockets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a, b := &generation{fds: map[string]int{"tcp@:80": int(f.Fd())}}, &generation{}
	s := supervise(a, b)
	if err := errors.Join(s.Start(), s.Reload()); err != nil {
		t.Fatal(err)
	}
	if a.got != -1 || b.got < 0 || b.got == int(f.Fd()) {
		t.Fatalf("inherited %d, then %d; want none, then a duplicate of %d", a.got, b.got, f.Fd())
	}
	defer unix.Close(b.got)
	if v, err := unix.GetsockoptInt(b.got, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || v != 1 {
		t.Errorf("the duplicate does not listen: %d, %v", v, err)
	}
}

func TestFromEnvironment(t *testing.T) {
	t.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()+1))
	t.Setenv("LISTEN_FDS", "1")
	t.Setenv("LISTEN_FDNAMES", "web")
	s, err := FromEnvironment()
	if err != nil || s.Take("web") != -1 {
		t.Errorf("descriptors of another process were taken: %v", err)
	}
	if v := os.Getenv("LISTEN_FDS"); v != "" {
		t.Errorf("LISTEN_FDS is left: %q", v)
	}
	t.Setenv("LISTEN_FDS", "many")
	if _, err := FromEnvironment(); err == nil {
		t.Error("LISTEN_FDS=many was accepted")
	}
}
