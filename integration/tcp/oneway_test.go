package tcp

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// TestOneWay has bytes move in one direction alone for longer than the timeouts,
// which are for connections on which nothing moves at all.
func TestOneWay(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	const pieces = 40
	drip := func(c net.Conn) {
		for range pieces {
			c.Write(make([]byte, 1000))
			time.Sleep(100 * time.Millisecond)
		}
		c.(*net.TCPConn).CloseWrite()
	}
	received := make(chan int64, 1)
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if n == 0 {
				drip(c)
				continue
			}
			go func() {
				n, _ := io.Copy(io.Discard, c)
				received <- n
				c.Close()
			}()
		}
	}()
	port := lab.Port(t)
	lab.Fairlead(t, `
[defaults]
timeout = { connect = "5s", client = "1s", server = "1s" }
[frontend.f]
bind = "127.0.0.1:`+port+`"
default-backend = "b"
[backend.b]
servers = ["`+l.Addr().String()+`"]
`)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	if n, err := io.Copy(io.Discard, dial()); err != nil || n != pieces*1000 {
		t.Errorf("from the server came %d bytes of %d: %v", n, pieces*1000, err)
	}
	c := dial()
	drip(c)
	if n := <-received; n != pieces*1000 {
		t.Errorf("from the client came %d bytes of %d", n, pieces*1000)
	}
}
