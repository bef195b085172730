package quic

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A request whose client gives up while it waits, for a slot of the server or for a
// connection by QUIC to it, ends at once.
func TestLeavingWhileWaiting(t *testing.T) {
	origin, asked := lab.Mute(t)
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	port, tells := lab.Port(t), lab.Port(t)
	p := lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "60s", client = "60s", server = "60s" }
[frontend.web]
bind = { address = "quic@127.0.0.1:`+port+`", tls = "`+lab.Certificate(t)+`" }
log-format = "%HP %ts %ST"
use-backend = [{ backend = "queue", if = "{ path_beg /queue }" }]
default-backend = "connect"
[frontend.tells]
bind = "127.0.0.1:`+tells+`"
http-request = [{ do = "return", content-type = "text/plain", lf-string = "%[queue(queue)] %[be_conn(connect)]" }]
[backend.queue]
servers = [{ address = "`+origin+`", maxconn = 1 }]
[backend.connect]
servers = [{ address = "quic@`+silent.LocalAddr().String()+`", tls = { verify = "none" }, check = false }]
`)
	waiting := func(want string) {
		t.Helper()
		lab.Until(t, 10*time.Second, "the backends hold "+want, func() bool {
			out, _, _ := lab.Run(t, lab.Need(t, "curl"), "-s", "http://127.0.0.1:"+tells+"/")
			return out == want
		})
	}
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	c := client(t)
	ask := func(ctx context.Context, path string) {
		r := lab.Request(t, "GET", "https://127.0.0.1:"+port+path, nil).WithContext(ctx)
		go func() {
			if res, err := c.Do(r); err == nil {
				t.Errorf("%s is answered with %s", path, res.Status)
				res.Body.Close()
			}
		}()
	}
	first, end := context.WithCancel(context.Background())
	defer end()
	ask(first, "/queue/first")
	<-asked
	ask(ctx, "/queue/second")
	ask(ctx, "/connect")
	waiting("1 1")
	leave()
	for _, want := range []string{"/queue/second CQ -1\n", "/connect CC -1\n"} {
		lab.Until(t, 10*time.Second, "the log says "+want, func() bool { return strings.Contains(p.Output(), want) })
	}
	waiting("0 0")
}
