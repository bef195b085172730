package tls

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A client that closes its half before its turn for a handshake has come gets none,
// but where option abortonclose is off.
func TestLeavingBeforeTheHandshake(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	for option, served := range map[string]bool{"abortonclose": false, "no abortonclose": true, "dontlognull": false} {
		port := lab.Port(t)
		lab.Fairlead(t, "maxsslconn = 1\n"+defaults+`
[frontend.web]
option = "`+option+`"
bind = { address = "127.0.0.1:`+port+`", tls = "`+site+`" }
http-request = [{ do = "return" }]
`)
		held, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(clientHello(t)); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		held.Close()
		b, _ := io.ReadAll(c) // a reset counts as an end
		const handshake = 22
		if got := len(b) > 0 && b[0] == handshake; got != served {
			t.Errorf("option %s: a handshake: %v, want %v; it begins with %x", option, got, served, b[:min(len(b), 10)])
		}
	}
}

// A client of TLS that closes its connection waits no more, nor for a server that
// does not do its handshake.
func TestLeavingWhileWaiting(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	origin, asked := lab.Mute(t)
	port := lab.Port(t)
	p := lab.Fairlead(t, defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = "`+site+`" }
log-format = "%HP %ts %ST"
use-backend = [{ backend = "secure", if = "{ path /secure }" }]
default-backend = "plain"
[backend.plain]
servers = ["`+origin+`"]
[backend.secure]
servers = [{ address = "`+origin+`", tls = { verify = "none" } }]
`)
	for path, want := range map[string]string{"/plain": "/plain CH 400\n", "/secure": "/secure CC -1\n"} {
		c, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-asked
		c.Close()
		lab.Until(t, 10*time.Second, "the log says "+want, func() bool { return strings.Contains(p.Output(), want) })
	}
}
