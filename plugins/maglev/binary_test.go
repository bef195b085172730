package maglev

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// origins starts servers that answer with their names, s1, s2 and so on, and
// gives a backend of them.
func origins(t *testing.T, n int) (backend []string) {
	t.Helper()
	for i := range n {
		name := fmt.Sprintf("s%d", i+1)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, name) // the test looks at what comes
		}))
		t.Cleanup(s.Close)
		backend = append(backend, fmt.Sprintf("server.%s.address = %q\n", name, s.Listener.Addr()))
	}
	return backend
}

// from asks as the client of an address, and gives the name of the server.
func from(t *testing.T, client, port string) string {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(client)}}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return d.DialContext(ctx, network, "127.0.0.1:"+port)
	}}}
	res, err := c.Get("http://127.0.0.1:" + port + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %q, %v", res.StatusCode, body, err)
	}
	return string(body)
}

// Clients keep their servers over a reload that takes one of ten out.
func TestReload(t *testing.T) {
	backend := origins(t, 10)
	port := lab.Port(t)
	config := func(servers []string) string {
		return "[defaults]\nmode = \"http\"\ntimeout = { connect = \"5s\", client = \"5s\", server = \"5s\" }\n" +
			"[frontend.web]\nbind = \"127.0.0.1:" + port + "\"\ndefault-backend = \"app\"\n" +
			"[backend.app]\nbalance = \"maglev\"\n" + strings.Join(servers, "")
	}
	p := lab.FairleadOf(t, lab.BinaryOf(t, "github.com/fairleadproxy/fairlead/plugins/maglev/testdata/binary"), config(backend))
	const clients = 200
	client := func(i int) string { return fmt.Sprintf("127.0.%d.%d", i/100, 1+i%100) }
	before, used := map[string]string{}, map[string]bool{}
	for i := range clients {
		before[client(i)] = from(t, client(i), port)
		used[before[client(i)]] = true
	}
	if len(used) != 10 {
		t.Errorf("%d clients use %d of 10 servers", clients, len(used))
	}
	for i := range 10 {
		if got := from(t, client(i), port); got != before[client(i)] {
			t.Errorf("client %s came to %s and to %s", client(i), before[client(i)], got)
		}
	}
	lab.Write(t, p.Config(), config(backend[1:]))
	p.Signal(t, syscall.SIGHUP)
	var of1 string
	for c, s := range before {
		if s == "s1" {
			of1 = c
		}
	}
	lab.Until(t, 10*time.Second, "s1 is out", func() bool { return from(t, of1, port) != "s1" })
	moved := 0
	for c, was := range before {
		if got := from(t, c, port); got != was && was != "s1" {
			moved++
		}
	}
	if moved > clients/20 {
		t.Errorf("%d of %d clients of other servers moved", moved, clients)
	}
}

// The errors of the plugin's settings have their places.
func TestErrors(t *testing.T) {
	binary := lab.BinaryOf(t, "github.com/fairleadproxy/fairlead/plugins/maglev/testdata/binary")
	file := t.TempDir() + "/lb.toml"
	lab.Write(t, file, `[frontend.web]
bind = ":0"
default-backend = "app"
[backend.app]
balance = { type = "maglev", key = "req.hdr(x", size = 1000 }
servers = ["127.0.0.1:1"]
`)
	_, errs, code := lab.Run(t, binary, "validate", "--config", file)
	if code != 2 || !strings.Contains(errs, "lb.toml:5:") || !strings.Contains(errs, "write 1009") {
		t.Errorf("status %d:\n%s", code, errs)
	}
}
