package balance

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// names starts TCP servers that answer with their names when bytes have come.
func names(t *testing.T, n int) []string {
	t.Helper()
	var at []string
	for i := range n {
		at = append(at, lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
			if _, err := c.Read(make([]byte, 1024)); err == nil {
				fmt.Fprintf(c, "s%d", i+1)
			}
		}))
	}
	return at
}

// The cookie of an RDP client has the place that it has with HAProxy.
func TestRDPCookie(t *testing.T) {
	at := names(t, 3)
	free := freePorts(t, 2)
	lab.HAProxy(t, `
defaults
	mode tcp
	timeout connect 20s
	timeout client 60s
	timeout server 60s
listen rdp
	bind 127.0.0.1:`+free[0]+`
	tcp-request inspect-delay 20s
	tcp-request content accept if { req.rdp_cookie_cnt gt 0 }
	balance rdp-cookie
	server s1 `+at[0]+`
	server s2 `+at[1]+`
	server s3 `+at[2]+"\n", free[0])
	lab.Fairlead(t, `
[defaults]
timeout = { connect = "20s", client = "60s", server = "60s" }
[frontend.rdp]
bind = "127.0.0.1:`+free[1]+`"
tcp-request = { inspect-delay = "20s", content = [{ do = "accept", if = "{ req.rdp_cookie_cnt gt 0 }" }] }
default-backend = "desks"
[backend.desks]
balance = "rdp-cookie"
server.s1 = "`+at[0]+`"
server.s2 = "`+at[1]+`"
server.s3 = "`+at[2]+"\"\n")
	ask := func(port, user string) string {
		t.Helper()
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		line := "Cookie: mstshash=" + user + "\r\n"
		head := []byte{3, 0, 0, byte(19 + len(line)), byte(14 + len(line)), 0xe0, 0, 0, 0, 0, 0}
		if _, err := c.Write(append(append(head, line...), 1, 0, 8, 0, 3, 0, 0, 0)); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	used := map[string]bool{}
	for n := range 12 {
		user := strings.Repeat("u", n%3+1) + fmt.Sprint(n)
		ours, theirs := ask(free[1], user), ask(free[0], user)
		used[ours] = true
		if ours != theirs || ours == "" {
			t.Errorf("%s reached %q, with HAProxy %q", user, ours, theirs)
		}
	}
	if len(used) < 2 {
		t.Errorf("all clients reached %v", used)
	}
}
