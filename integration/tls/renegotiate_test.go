package tls

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A server may begin another handshake on a connection where renegotiate says so,
// and nowhere else.
func TestRenegotiate(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	for _, allowed := range []string{"true", "false"} {
		port, origin := lab.Port(t), lab.Port(t)
		typed, keys := io.Pipe()
		server := lab.StartReading(t, typed, ca.dir, lab.Need(t, "openssl"), "s_server", "-tls1_2", "-state", "-accept", "127.0.0.1:"+origin, "-cert", site, "-key", site)
		lab.Until(t, 10*time.Second, "openssl accepts", func() bool { return strings.Contains(server.Output(), "ACCEPT") })
		lab.Fairlead(t, `
[defaults]
mode = "tcp"
timeout = { connect = "2s", client = "10s", server = "10s" }
[frontend.in]
bind = "127.0.0.1:`+port+`"
default-backend = "out"
[backend.out]
servers = [{ address = "127.0.0.1:`+origin+`", tls = { verify = "none", renegotiate = `+allowed+` } }]
`)
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "before\n"); err != nil {
			t.Fatal(err)
		}
		lab.Until(t, 10*time.Second, "the server has the first words", func() bool { return strings.Contains(server.Output(), "before\n") })
		if _, err := io.WriteString(keys, "R\n"); err != nil {
			t.Fatal(err)
		}
		lab.Until(t, 10*time.Second, "the second handshake succeeds or fails", func() bool {
			if allowed == "false" {
				return strings.Contains(server.Output(), "no renegotiation")
			}
			return strings.Count(server.Output(), "SSL_accept:SSLv3/TLS write finished") == 2
		})
		if allowed == "true" {
			if _, err := io.WriteString(c, "after\n"); err != nil {
				t.Fatal(err)
			}
			lab.Until(t, 10*time.Second, "the server has the last words", func() bool { return strings.Contains(server.Output(), "after\n") })
		}
		c.Close()
		keys.Close()
	}
}
