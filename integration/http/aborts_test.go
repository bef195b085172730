package http

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// Clients that close their half in the middle get the same as from HAProxy, also
// where the response is long in coming to one that may wait for it.
func TestAbortsSameAsHAProxy(t *testing.T) {
	p := both(t, `
[frontend.web]
bind = "FRONT"
default-backend = "app"
[backend.app]
option = "no abortonclose"
servers = ["ORIGIN"]
`, `
frontend web
	bind FRONT
	default_backend app
backend app
	no option abortonclose
	server s1 ORIGIN
`)
	half := func(at, send string) string {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, send); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(c) // what came counts
		status, _, _ := strings.Cut(string(b), "\r\n")
		return strings.ToLower(status)
	}
	for name, send := range map[string]string{
		"half a head":        "GET / HT",
		"a head without end": "GET / HTTP/1.1\r\nHost: a\r\n",
		"a whole request":    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		if f, h := half(p.fairlead, send), half(p.haproxy, send); f != h {
			t.Errorf("%s: fairlead answers %q, haproxy %q", name, f, h)
		}
	}
}
