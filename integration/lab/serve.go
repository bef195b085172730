package lab

import (
	"net"
	"testing"
)

// Serve listens and gives every connection to handle, on a goroutine of its own,
// until the test ends. It gives the address, and closes what handle leaves open.
func Serve(t testing.TB, network, at string, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test has ended
			}
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	}()
	return l.Addr().String()
}
