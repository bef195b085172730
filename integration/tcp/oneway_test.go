package tcp

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// TestOneWay has bytes move in one direction alone for longer than the timeouts,
// which are for connections on which nothing moves at all. A machine that does not
// get round to moving any for so long may have another go.
func TestOneWay(t *testing.T) {
	const pieces = 25
	drip := func(c net.Conn) {
		for range pieces {
			c.Write(make([]byte, 1000))
			time.Sleep(100 * time.Millisecond)
		}
		c.(*net.TCPConn).CloseWrite()
	}
	received := make(chan int64, 1)
	sends := lab.Serve(t, "tcp", "127.0.0.1:0", drip)
	takes := lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		n, _ := io.Copy(io.Discard, c) // how it ended shows in how much came
		received <- n
	})
	down, up := lab.Port(t), lab.Port(t)
	lab.Fairlead(t, `
[defaults]
timeout = { connect = "20s", client = "1s", server = "1s" }
[listen.down]
bind = "127.0.0.1:`+down+`"
servers = ["`+sends+`"]
[listen.up]
bind = "127.0.0.1:`+up+`"
servers = ["`+takes+`"]
`)
	lab.Attempts(t, 5, func() error {
		c := dial(t, "127.0.0.1:"+down)
		if n, err := io.Copy(io.Discard, c); err != nil || n != pieces*1000 {
			return fmt.Errorf("from the server came %d bytes of %d: %v", n, pieces*1000, err)
		}
		return nil
	})
	lab.Attempts(t, 5, func() error {
		drip(dial(t, "127.0.0.1:"+up))
		if n := <-received; n != pieces*1000 {
			return fmt.Errorf("from the client came %d bytes of %d", n, pieces*1000)
		}
		return nil
	})
}
