package tls

import (
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// transcript keeps what a program writes.
type transcript struct {
	mu sync.Mutex
	b  strings.Builder
}

func (o *transcript) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *transcript) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// A server may begin another handshake on a connection where renegotiate says so,
// and nowhere else.
func TestRenegotiate(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	for _, allowed := range []string{"true", "false"} {
		port, origin := lab.Port(t), lab.Port(t)
		server := exec.Command(lab.Need(t, "openssl"), "s_server", "-tls1_2", "-state", "-accept", "127.0.0.1:"+origin, "-cert", site, "-key", site)
		out := &transcript{}
		server.Stdout, server.Stderr = out, out
		keys, err := server.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = server.Process.Kill() // it runs until then
			_ = server.Wait()
		})
		lab.Until(t, 10*time.Second, "openssl accepts", func() bool { return strings.Contains(out.String(), "ACCEPT") })
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
		lab.Until(t, 10*time.Second, "the server has the first words", func() bool { return strings.Contains(out.String(), "before\n") })
		if _, err := io.WriteString(keys, "R\n"); err != nil {
			t.Fatal(err)
		}
		defer func() { t.Log(out.String()) }()
		lab.Until(t, 10*time.Second, "the second handshake succeeds or fails", func() bool {
			if allowed == "false" {
				return strings.Contains(out.String(), "no renegotiation")
			}
			return strings.Count(out.String(), "SSL_accept:SSLv3/TLS write finished") == 2
		})
		if allowed == "true" {
			if _, err := io.WriteString(c, "after\n"); err != nil {
				t.Fatal(err)
			}
			lab.Until(t, 10*time.Second, "the server has the last words", func() bool { return strings.Contains(out.String(), "after\n") })
		}
		c.Close()
	}
}
