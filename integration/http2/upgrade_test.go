package http2

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// TestUpgrade has clients change from HTTP/1.1 to HTTP/2 without TLS. curl gives up
// where more than 32 KB come with the answer that it changes by.
func TestUpgrade(t *testing.T) {
	p, plain, _ := proxy(t, startOrigin(t, "h1"), "")
	base := "http://127.0.0.1:" + plain
	out, errs, code := lab.Run(t, lab.Need(t, "curl"), "-s", "--http2", "-w", "%{http_version} %{http_code} %{size_download}", "-o", "/dev/null", base+"/bytes?n=20000")
	if want := "2 200 20000"; code != 0 || out != want {
		t.Errorf("curl: exit status %d, %q, want %q\n%s", code, out, want, errs)
	}
	out, errs, code = lab.Run(t, lab.Need(t, "nghttp"), "-nvuy", "-m", "5", base+"/bytes?n=70000")
	if code != 0 || !strings.Contains(out, "HTTP Upgrade success") || strings.Count(out, ":status: 200") != 5 {
		t.Errorf("nghttp: exit status %d\n%s\n%s", code, out, errs)
	}
	lab.Until(t, 5*time.Second, "a log line that names the version", func() bool {
		return strings.Contains(p.Output(), `"GET /bytes?n=70000 HTTP/2.0"`)
	})
}

// TestNoUpgrade has requests that are not fit for the change, or come where it is
// turned off, carried by HTTP/1.1. The server never hears of HTTP/2: a client could
// speak to it past all rules.
func TestNoUpgrade(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" || r.Header.Get("Http2-Settings") != "" {
			t.Errorf("the server was asked to upgrade: %v", r.Header)
		}
		io.Copy(w, r.Body)
	}))
	t.Cleanup(origin.Close)
	server := `"` + origin.Listener.Addr().String() + `"`
	_, plain, _ := proxy(t, server, "")
	_, off, _ := proxy(t, server, `option = "disable-h2-upgrade"`)
	const h2c = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
	for name, c := range map[string]struct{ port, request string }{
		"turned off":       {off, h2c + "HTTP2-Settings: AAMAAABk\r\n\r\n"},
		"content":          {plain, strings.Replace(h2c, "GET", "POST", 1) + "HTTP2-Settings: AAMAAABk\r\nContent-Length: 2\r\n\r\nhi"},
		"no settings":      {plain, h2c + "\r\n"},
		"settings twice":   {plain, h2c + "HTTP2-Settings: AAMAAABk\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"},
		"settings torn":    {plain, h2c + "HTTP2-Settings: AAMA\r\n\r\n"},
		"not base64":       {plain, h2c + "HTTP2-Settings: ???\r\n\r\n"},
		"no connection":    {plain, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nConnection: close\r\n\r\n"},
		"the name for TLS": {plain, strings.Replace(h2c, "h2c", "h2", 1) + "\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", "127.0.0.1:"+c.port)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(25 * time.Second))
			io.WriteString(conn, c.request)
			line, err := bufio.NewReader(conn).ReadString('\n')
			if line != "HTTP/1.1 200 OK\r\n" {
				t.Errorf("the answer begins with %q (%v), want a response of HTTP/1.1", line, err)
			}
		})
	}
}

// TestUpgradeBrokenOff has a client upgrade and then speak no HTTP/2.
func TestUpgradeBrokenOff(t *testing.T) {
	_, plain, _ := proxy(t, startOrigin(t, "h1"), "")
	conn, err := net.Dial("tcp", "127.0.0.1:"+plain)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(25 * time.Second))
	io.WriteString(conn, "GET /none HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
	b, err := io.ReadAll(conn)
	if err != nil {
		t.Errorf("the connection goes on: %v", err)
	}
	if !strings.HasPrefix(string(b), "HTTP/1.1 101 Switching Protocols\r\n") || strings.Contains(string(b[1:]), "HTTP/1.1 2") {
		t.Errorf("the answer is %q, want the switch and the end", b)
	}
}
