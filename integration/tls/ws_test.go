package tls

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// WebSocket goes by what ws says, and by HTTP/1.1 where a server that likes HTTP/2 better
// takes no extended CONNECT, as in HAProxy.
func TestWebSocketVersions(t *testing.T) {
	lab.Need(t, "haproxy")
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 && r.Header.Get("Upgrade") == "websocket" {
			echo(w)
			return
		}
		fmt.Fprint(w, r.Proto)
	})
	both := httptest.NewUnstartedServer(handler)
	both.EnableHTTP2 = true
	both.StartTLS()
	defer both.Close()
	plain := httptest.NewServer(handler)
	defer plain.Close()
	origin := both.Listener.Addr().String()
	backends := []struct{ name, theirs, ours string }{
		{"auto", "alpn h2,http/1.1", `alpn = "h2,http/1.1" }`},
		{"h1", "alpn h2 ws h1", `alpn = "h2" }, ws = "h1"`},
		{"proto", "proto h2 alpn h2 ws h1", `alpn = "h2" }, proto = "h2", ws = "h1"`},
		{"h2", "alpn h2,http/1.1 ws h2", `alpn = "h2,http/1.1" }, ws = "h2"`},
	}
	ports := map[string]string{"HAProxy": lab.Port(t), "Fairlead": lab.Port(t)}
	theirs := "defaults\n  mode http\n  retries 0\n  timeout connect 20s\n  timeout client 30s\n  timeout server 30s\nfrontend p\n  bind 127.0.0.1:" + ports["HAProxy"] + "\n  use_backend %[path,field(2,/)]\n"
	ours := defaults + "retries = 0\n[frontend.p]\nbind = \"127.0.0.1:" + ports["Fairlead"] + "\"\nuse-backend = [{ backend = \"%[path,field(2,/)]\" }]\n" +
		"[backend.plain]\nservers = [{ address = \"" + plain.Listener.Addr().String() + "\", ws = \"h1\" }]\n"
	for _, b := range backends {
		theirs += "backend " + b.name + "\n  server s " + origin + " ssl verify none " + b.theirs + "\n"
		ours += "[backend." + b.name + "]\nservers = [{ address = \"" + origin + "\", tls = { verify = \"none\", " + b.ours + " }]\n"
	}
	lab.HAProxy(t, theirs, ports["HAProxy"])
	lab.Fairlead(t, ours)
	for _, c := range []struct{ path, upgrade, normal string }{
		{"/auto", "101 echo", "HTTP/2.0"}, {"/h1", "101 echo", "HTTP/2.0"}, {"/proto", "101 echo", "HTTP/2.0"}, {"/h2", "502", "HTTP/2.0"}, {"/plain", "101 echo", "HTTP/1.1"},
	} {
		for name, port := range ports {
			if name == "HAProxy" && c.path == "/plain" {
				continue
			}
			asks := client{"tcp", "127.0.0.1:" + port, nil}
			before := asks.ask(t, c.path)
			if got := upgrade(t, port, c.path); !strings.HasPrefix(got, c.upgrade) {
				t.Errorf("%s, %s: an upgrade gives %s, want %s", name, c.path, got, c.upgrade)
			}
			if after := asks.ask(t, c.path); before != c.normal || after != c.normal {
				t.Errorf("%s, %s: other requests go by %s and %s, want %s", name, c.path, before, after, c.normal)
			}
		}
	}
}

// echo switches a request's connection to WebSocket, in the way that HAProxy takes too,
// and sends back a line.
func echo(w http.ResponseWriter) {
	c, b, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	line, err := b.ReadString('\n')
	if err == nil {
		fmt.Fprint(c, line)
	}
}

// upgrade asks for WebSocket, and tells what came of it.
func upgrade(t *testing.T, port, path string) string {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path)
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return err.Error()
	}
	if res.StatusCode != 101 {
		return res.Status
	}
	fmt.Fprint(c, "echo\n")
	line, err := r.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return "101 " + strings.TrimSpace(line)
}
