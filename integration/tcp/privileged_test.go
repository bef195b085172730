package tcp

import (
	"errors"
	"io"
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// TestPrivilegedPorts has clients at ports that no user's program has refused, where
// the configuration says so.
func TestPrivilegedPorts(t *testing.T) {
	port := lab.Port(t)
	lab.Fairlead(t, `
harden.reject-privileged-ports.tcp = "on"
[frontend.web]
mode = "http"
timeout = { client = "5s" }
bind = "127.0.0.1:`+port+`"
http-request = [ { do = "return", status = 200 } ]
`)
	asked := func(from int) error {
		d := net.Dialer{Timeout: 5 * time.Second}
		if from > 0 {
			d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: from}
		}
		c, err := d.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		_, err = c.Read(make([]byte, 100))
		return err
	}
	if err := asked(0); err != nil {
		t.Errorf("a client at another port: %v", err)
	}
	for from := 1023; from > 600; from-- {
		err := asked(from)
		switch {
		case errors.Is(err, syscall.EACCES):
			lab.Missing(t, "a privileged port needs root")
		case errors.Is(err, syscall.EADDRINUSE):
			continue
		case err == nil:
			t.Errorf("a client at port %s is served", strconv.Itoa(from))
		}
		return
	}
}
