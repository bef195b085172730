package lab

import (
	"io"
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

// Mute serves an origin that never answers. It gives the address, and something from
// asked for each connection whose first bytes have come.
func Mute(t testing.TB) (at string, asked <-chan struct{}) {
	t.Helper()
	come := make(chan struct{}, 100)
	return Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			come <- struct{}{}
		}
		_, _ = io.Copy(io.Discard, c) // how it ends is the other side's business
	}), come
}
