package tcp

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A client that is dropped silently sees neither an end nor a reset, as with HAProxy,
// though nothing of its connection is left.
func TestSilentDropSameAsHAProxy(t *testing.T) {
	mayRepair(t)
	fp, hp := lab.Port(t), lab.Port(t)
	fairlead := lab.Fairlead(t, defaults+`
[listen.tcp]
bind = "127.0.0.1:`+fp+`"
tcp-request = { inspect-delay = "20s", content = [{ do = "silent-drop", if = "{ req.len gt 0 }" }] }
servers = ["127.0.0.1:1"]
`)
	lab.HAProxy(t, `
defaults
	mode tcp
	timeout connect 20s
	timeout client 30s
	timeout server 30s
listen tcp
	bind 127.0.0.1:`+hp+`
	tcp-request inspect-delay 20s
	tcp-request content silent-drop if { req.len gt 0 }
	server s1 127.0.0.1:1
`, hp)
	before := fairlead.Descriptors(t)
	for name, port := range map[string]string{"fairlead": fp, "haproxy": hp} {
		c := dial(t, "127.0.0.1:"+port)
		io.WriteString(c, "x")
		if name == "fairlead" {
			lab.Until(t, 10*time.Second, "the connection is given up", func() bool { return fairlead.Descriptors(t) <= before })
		}
		if err := c.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the client sees %d bytes and %v", name, n, err)
		}
	}
}

// mayRepair looks for the privilege to close connections silently.
func mayRepair(t *testing.T) {
	t.Helper()
	c := dial(t, lab.Serve(t, "tcp", "127.0.0.1:0", echo))
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var refused error
	if err := raw.Control(func(fd uintptr) { refused = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_REPAIR, 1) }); err != nil {
		t.Fatal(err)
	}
	if refused != nil {
		lab.Missing(t, "TCP_REPAIR needs CAP_NET_ADMIN: "+refused.Error())
	}
}
