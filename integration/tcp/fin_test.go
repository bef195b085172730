package tcp

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// Once one side has ended its half, the other has the fin timeout of its own side;
// the log tells whose timeout has struck, as HAProxy's does.
func TestFinTimeouts(t *testing.T) {
	silent := lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); select {} })
	ends := lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) { c.(*net.TCPConn).CloseWrite(); select {} })
	for name, c := range map[string]struct {
		origin, timeouts string
		half             bool // the client ends its half
		want             string
	}{
		"server-fin": {silent, `client = "60s", client-fin = "60s", server = "60s", server-fin = "200ms"`, true, " sD "},
		"client-fin": {ends, `client = "60s", client-fin = "200ms", server = "60s", server-fin = "60s"`, false, " cD "},
		"client":     {silent, `client = "200ms", server = "60s"`, false, " cD "},
		"server":     {silent, `client = "60s", server = "200ms"`, false, " sD "},
	} {
		port := lab.Port(t)
		p := lab.Fairlead(t, `
[listen.l]
bind = "127.0.0.1:`+port+`"
log = { to = "stdout" }
timeout = { connect = "20s", `+c.timeouts+` }
servers = ["`+c.origin+`"]
`)
		conn := dial(t, "127.0.0.1:"+port)
		if c.half {
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := io.ReadAll(conn); len(b) > 0 || err != nil {
			t.Errorf("%s: got %q, %v", name, b, err)
		}
		lab.Until(t, 5*time.Second, name+" is logged as "+c.want, func() bool { return strings.Contains(p.Output(), c.want) })
	}
}
