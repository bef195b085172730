package http2

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// holdTime is how long /hold takes.
const holdTime = 600 * time.Millisecond

// counted answers requests with the number of the connection that they came by.
func counted(t *testing.T) string {
	t.Helper()
	var conns atomic.Int32
	return lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		n := fmt.Sprint(conns.Add(1))
		var mu sync.Mutex
		serveOne(t, c, func(r *raw, req *http2.MetaHeadersFrame) {
			id := req.StreamID
			answer := func() {
				mu.Lock()
				defer mu.Unlock()
				r.head(id, true, r.block(":status", "200", "x-conn", n))
			}
			if req.PseudoValue("path") == "/hold" {
				time.AfterFunc(holdTime, answer)
				return
			}
			answer()
		})
	})
}

// both starts Fairlead and HAProxy before a server of HTTP/2, with one way of reuse,
// and gives their ports.
func both(t *testing.T, server, reuse, parameters string) map[string]string {
	t.Helper()
	ports := map[string]string{"haproxy": lab.Port(t), "fairlead": lab.Port(t)}
	lab.HAProxy(t, `
defaults
	mode http
	timeout connect 5s
	timeout client 10s
	timeout server 10s
	retries 0
listen web
	bind 127.0.0.1:`+ports["haproxy"]+`
	http-reuse `+reuse+`
	server s `+server+` proto h2 `+parameters+"\n", ports["haproxy"])
	var toml strings.Builder
	for name, value := range pairs(parameters) {
		fmt.Fprintf(&toml, ", %s = %s", name, value)
	}
	lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "5s", client = "10s", server = "10s" }
retries = 0
[listen.web]
bind = "127.0.0.1:`+ports["fairlead"]+`"
http-reuse = "`+reuse+`"
servers = [{ address = "`+server+`", proto = "h2"`+toml.String()+` }]
`)
	return ports
}

func pairs(parameters string) map[string]string {
	m, f := map[string]string{}, strings.Fields(parameters)
	for i := 0; i+1 < len(f); i += 2 {
		m[f[i]] = f[i+1]
		if strings.HasSuffix(f[i+1], "s") {
			m[f[i]] = `"` + f[i+1] + `"`
		}
	}
	return m
}

// kept is a client's connection of HTTP/1 that is kept.
type kept struct {
	net.Conn
	r *bufio.Reader
}

func keep(t *testing.T, port string) kept {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return kept{c, bufio.NewReader(c)}
}

func (k kept) send(path string) { fmt.Fprintf(k, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path) }

func (k kept) receive() string {
	res, err := http.ReadResponse(k.r, nil)
	if err != nil {
		return err.Error()
	}
	io.Copy(io.Discard, res.Body)
	if res.StatusCode != 200 {
		return res.Status
	}
	return res.Header.Get("X-Conn")
}

func (k kept) get(path string) string {
	k.send(path)
	return k.receive()
}

// TestReuse has two clients ask in turn, then both at once, then a third: which of the
// server's connections their requests go by is what http-reuse says. HAProxy's
// figures are shown beside: where its threads do not come between, they are the same.
func TestReuse(t *testing.T) {
	for _, c := range []struct{ reuse, parameters, want string }{
		{"never", "", "a1 b2 a1 b2 a1 b2 held b2 a1 new c3 c3"},
		{"never", "pool-max-conn 0", "a1 b2 a1 b2 a1 b2 held b2 a1 new c3 c3"},
		{"never", "max-reuse 1", "a1 b2 a1 b2 a3 b4 held b4 a3 new c5 c5"},
		{"safe", "", "a1 b2 a1 b2 a1 b2 held b2 a1 new c3 c3"},
		{"safe", "pool-max-conn 0", "a1 b2 a3 b4 a5 b6 held b8 a7 new c9 c10"},
		{"safe", "max-reuse 1", "a1 b2 a1 b2 a3 b3 held b5 a4 new c6 c6"},
		{"aggressive", "", "a1 b1 a1 b1 a1 b1 held b2 a1 new c1 c1"},
		{"aggressive", "pool-max-conn 0", "a1 b2 a3 b4 a5 b6 held b8 a7 new c9 c10"},
		{"aggressive", "max-reuse 1", "a1 b1 a2 b2 a3 b3 held b5 a4 new c4 c5"},
		{"always", "", "a1 b1 a1 b1 a1 b1 held b1 a1 new c1 c1"},
		{"always", "pool-max-conn 0", "a1 b2 a3 b4 a5 b6 held b7 a7 new c8 c9"},
		{"always", "max-reuse 1", "a1 b1 a2 b2 a3 b3 held b4 a4 new c5 c5"},
	} {
		t.Run(c.reuse+" "+c.parameters, func(t *testing.T) {
			for _, name := range []string{"haproxy", "fairlead"} {
				port := both(t, counted(t), c.reuse, c.parameters)[name]
				a, b := keep(t, port), keep(t, port)
				var list []string
				for range 3 {
					for _, k := range []struct {
						name string
						kept
					}{{"a", a}, {"b", b}} {
						list = append(list, k.name+k.get("/"))
						time.Sleep(holdTime / 10) // what becomes of the connection is settled after the answer
					}
				}
				a.send("/hold")
				time.Sleep(holdTime / 3)
				list = append(list, "held", "b"+b.get("/"), "a"+a.receive())
				time.Sleep(holdTime / 10)
				third := keep(t, port)
				list = append(list, "new", "c"+third.get("/"), "c"+third.get("/"))
				got := strings.Join(list, " ")
				t.Log(name, got)
				if name == "fairlead" && got != c.want {
					t.Errorf("the requests went by %s, want %s", got, c.want)
				}
			}
		})
	}
}
