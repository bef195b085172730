package http2

import (
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A stream that its client aborts while it waits ends at once, whatever it waits for:
// a slot of the server, a connection to it, or the one that another stream opens.
func TestLeavingWhileWaiting(t *testing.T) {
	origin, asked := lab.Mute(t)
	full, port, tells := lab.Unreachable(t), lab.Port(t), lab.Port(t)
	p := lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "60s", client = "60s", server = "60s" }
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", proto = "h2" }
log-format = "%HP %ts %ST"
use-backend = [{ backend = "queue", if = "{ path_beg /queue }" }]
default-backend = "connect"
[frontend.tells]
bind = "127.0.0.1:`+tells+`"
http-request = [{ do = "return", content-type = "text/plain", lf-string = "%[queue(queue)] %[be_conn(connect)]" }]
[backend.queue]
servers = [{ address = "`+origin+`", maxconn = 1 }]
[backend.connect]
servers = [{ address = "`+full+`", proto = "h2" }]
`)
	c := dialRaw(t, port)
	waiting := func(want string) {
		t.Helper()
		lab.Until(t, 10*time.Second, "the backends hold "+want, func() bool {
			out, _, _ := lab.Run(t, lab.Need(t, "curl"), "-s", "http://127.0.0.1:"+tells+"/")
			return out == want
		})
	}
	c.get(1, "/queue/first")
	<-asked
	c.get(3, "/queue/second")
	c.get(5, "/connect/opens")
	c.get(7, "/connect/shares")
	waiting("1 2")
	for _, id := range []uint32{3, 7, 5} { // the one that waits for another's connection before that
		c.WriteRSTStream(id, http2.ErrCodeCancel)
	}
	for _, want := range []string{"/queue/second CQ -1", "/connect/opens CC -1", "/connect/shares CC -1"} {
		logged(t, p, want)
	}
	c.c.Close()
	logged(t, p, "/queue/first CH -1")
	waiting("0 0")
}
