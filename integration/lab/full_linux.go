package lab

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// Unreachable gives an address of the loopback where connecting takes for ever:
// something listens there, but takes no connection, and its queue is full.
func Unreachable(t testing.TB) string {
	t.Helper()
	socket := func() int {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	l := socket()
	if err := unix.Bind(l, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(l, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(l)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		c := socket()
		if err := unix.Connect(c, sa); err != nil && err != unix.EINPROGRESS {
			t.Fatal(err)
		}
		const settled = 200 // milliseconds: over loopback a connection is there at once, or not at all
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(c), Events: unix.POLLOUT}}, settled)
		if err == nil && n == 0 {
			at := sa.(*unix.SockaddrInet4)
			return (&net.TCPAddr{IP: at.Addr[:], Port: at.Port}).String()
		}
	}
	t.Fatal("the queue of a socket that listens does not fill")
	return ""
}
