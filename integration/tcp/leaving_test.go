package tcp

import (
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// Clients that leave while they are queued, or connected to a server, give their
// place up at once. One that closes its half has left where it has sent nothing, and
// with option abortonclose.
func TestLeavingSameAsHAProxy(t *testing.T) {
	origin, full := lab.Serve(t, "tcp", "127.0.0.1:0", echo), lab.Unreachable(t)
	ports, socket := map[string]string{}, filepath.Join(t.TempDir(), "haproxy.sock")
	fill := func(text string) string {
		for _, name := range []string{"queue", "patient", "connect"} {
			ports[name] = lab.Port(t)
			text = strings.ReplaceAll(text, "AT-"+name, "127.0.0.1:"+ports[name])
		}
		return strings.NewReplacer("ORIGIN", origin, "FULL", full).Replace(text)
	}
	proxies := map[string]func() *lab.Process{
		"fairlead": func() *lab.Process {
			return lab.Fairlead(t, fill(defaults+`
log = { to = "stdout" }
[listen.queue]
option = "abortonclose"
bind = "AT-queue"
servers = [{ address = "ORIGIN", maxconn = 1 }]
[listen.patient]
bind = "AT-patient"
servers = [{ address = "ORIGIN", maxconn = 1 }]
[listen.connect]
option = "abortonclose"
bind = "AT-connect"
servers = ["FULL"]
`))
		},
		"haproxy": func() *lab.Process {
			text := fill(`
global
	stats socket ` + socket + `
defaults
	mode tcp
	log stdout format raw daemon
	option tcplog
	timeout connect 20s
	timeout client 30s
	timeout server 30s
listen queue
	option abortonclose
	bind AT-queue
	server s1 ORIGIN maxconn 1
listen patient
	bind AT-patient
	server s1 ORIGIN maxconn 1
listen connect
	option abortonclose
	bind AT-connect
	server s1 FULL
listen ready
	bind 127.0.0.1:PORT
`)
			port := lab.Port(t)
			return lab.HAProxy(t, strings.Replace(text, "PORT", port, 1), port)
		},
	}
	for name, start := range proxies {
		p := start()
		held := map[string]net.Conn{}
		for _, listen := range []string{"queue", "patient"} {
			c := dial(t, "127.0.0.1:"+ports[listen])
			held[listen] = c
			io.WriteString(c, "x")
			if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
		for i, c := range []struct {
			listen, sends string
			reset         bool
			want          string
		}{
			{"queue", "bytes", false, "queue/<NOSRV> CQ"},
			{"queue", "bytes", true, "queue/<NOSRV> CQ"},
			{"patient", "", false, "patient/<NOSRV> CQ"},
			{"patient", "bytes", true, "patient/<NOSRV> CQ"},
			{"connect", "bytes", false, "connect/s1 CC"},
			{"connect", "bytes", true, "connect/s1 CC"},
		} {
			conn := dial(t, "127.0.0.1:"+ports[c.listen]).(*net.TCPConn)
			io.WriteString(conn, c.sends)
			if name == "haproxy" { // which may miss what comes with the connection
				lab.Until(t, 10*time.Second, "the client waits", func() bool {
					all, queued := lab.InHAProxy(t, socket, c.listen)
					return queued == "1" || c.listen == "connect" && all == "1"
				})
			}
			if c.reset {
				_ = conn.SetLinger(0) // the close is a reset
				conn.Close()
			} else if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			source := regexp.QuoteMeta(conn.LocalAddr().String())
			line := regexp.MustCompile(source + `.* (\S+/\S+) [-+/\d]+ \+?\d+ (\S\S) `)
			var m []string
			lab.Until(t, 10*time.Second, "the log has the connection", func() bool {
				m = line.FindStringSubmatch(p.Output())
				return m != nil
			})
			got := m[1] + " " + m[2]
			if name == "haproxy" && c.reset {
				t.Logf("haproxy, case %d: a reset gives %s", i, got) // "CD", by its manual the phase of data
			} else if got != c.want {
				t.Errorf("%s, case %d: %s, want %s", name, i, got, c.want)
			}
		}
		// One that has sent something and closed its half waits on without the option.
		stays := dial(t, "127.0.0.1:"+ports["patient"])
		io.WriteString(stays, "bytes")
		if err := stays.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		held["patient"].Close()
		if b, err := io.ReadAll(stays); string(b) != "bytes" || err != nil {
			t.Errorf("%s: the one that waits gets %q, %v", name, b, err)
		}
	}
}
