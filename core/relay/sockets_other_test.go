//go:build !linux || portable

package relay

import (
	"errors"
	"net"
	"os"
	"testing"
)

func conn(t testing.TB, fd int) *Conn {
	t.Helper()
	f := os.NewFile(uintptr(fd), "")
	nc, err := net.FileConn(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return fromNet(t, nc)
}

func fromNet(t testing.TB, nc net.Conn) *Conn {
	t.Helper()
	c, err := NewSocket(nc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
