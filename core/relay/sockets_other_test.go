//go:build !linux || portable

package relay

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// pair gives both ends of a connected stream socket, which buffers less than one of TCP.
func pair(t testing.TB) (a, b *Conn) {
	t.Helper()
	dir, err := os.MkdirTemp("", "") // its name is short, as those of sockets must be
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	return connected(t, "unix", filepath.Join(dir, "s"))
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
