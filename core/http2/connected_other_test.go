//go:build !linux || portable

package http2

import (
	"net"
	"testing"

	"github.com/fairleadproxy/fairlead/core/relay"
)

// connected gives the two ends of a connection, one for the code under test.
func connected(t testing.TB) (*relay.Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	near, err := relay.NewSocket(nc)
	if err != nil {
		t.Fatal(err)
	}
	return near, far
}
