package http

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// scripted is an origin that shows in its answer what it was asked, framed as
// the path says.
func scripted(t *testing.T) (address string) {
	t.Helper()
	return lab.Serve(t, "tcp", "127.0.0.1:0", answer)
}

func answer(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		var head []string
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			head = append(head, strings.ToLower(line))
		}
		said := strings.Join(head, "|")
		switch strings.Fields(head[0])[1] {
		case "/chunked":
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(said), said)
		case "/close":
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\n\r\n%s", said)
			return
		case "/204":
			io.WriteString(c, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")
		default:
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(said), said)
		}
	}
}

// What speaks HTTP/1.0 is understood by servers and gets what it understands.
func TestOldClients(t *testing.T) {
	origin := scripted(t)
	p := both(t, `
[frontend.web]
bind = "FRONT"
default-backend = "app"
[backend.app]
servers = ["`+origin+`"]
`, `
frontend web
	bind FRONT
	default_backend app
backend app
	server s1 `+origin+`
`)
	for name, request := range map[string]string{
		"without Host":       "GET / HTTP/1.0\r\n\r\n",
		"with Host":          "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
		"until the end":      "GET /close HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"no content":         "GET /204 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"no content, old":    "GET /204 HTTP/1.0\r\nHost: a\r\n\r\n",
		"two requests":       "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
		"none to upgrade to": "GET / HTTP/1.0\r\nHost: a\r\nTE: trailers\r\n\r\n",
		"chunks to new ones": "GET /chunked HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"body of a length":   "POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
		"HEAD of no one":     "HEAD /204 HTTP/1.0\r\n\r\n",
	} {
		f, h := strings.ToLower(whole(t, p.fairlead, request)), strings.ToLower(whole(t, p.haproxy, request))
		if f != h {
			t.Errorf("%s:\nfairlead: %q\nhaproxy:  %q", name, f, h)
		}
	}
	// RFC 9112 section 7.1: chunks are not for HTTP/1.0. HAProxy 2.6 passes them on.
	got := whole(t, p.fairlead, "GET /chunked HTTP/1.0\r\n\r\n")
	if want := "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nget /chunked http/1.0|connection: keep-alive"; got != want {
		t.Errorf("chunks to an old client: %q, want %q", got, want)
	}
	got = whole(t, p.fairlead, "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
	if !strings.HasSuffix(got, "\r\n\r\nget / http/1.0|connection: keep-alive") {
		t.Errorf("an upgrade, which HTTP/1.0 does not have: %q", got)
	}
}
