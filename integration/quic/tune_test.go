package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

func dial(t *testing.T, port string) *quic.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	q, err := quic.DialAddr(ctx, "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.CloseWithError(0, "") })
	return q
}

// TestTune has a client meet the limits of the configuration, and both sides'
// connections recorded.
func TestTune(t *testing.T) {
	dir := t.TempDir()
	inner := front(t, `"`+plain(t)+`"`, "")
	f, port := listening(t, `
[global.tune.quic]
fe = { max-idle-timeout = "2s", stream = { max-concurrent = 2, rxbuf = "100k" } }
be.max-idle-timeout = "20s"
qlog-dir = "`+dir+`"
`, `
bind = { address = "quic@127.0.0.1:PORT", tls = "CERT" }
use-backend = ["inner"]
[backend.inner]
servers = [{ address = "quic@127.0.0.1:`+inner.port+`", tls = { verify = "none" } }]
`)
	body := string(lab.Pattern(1 << 20)) // more than may be in flight
	if res, b := lab.Do(t, client(t), lab.Request(t, "POST", "https://127.0.0.1:"+port+"/echo", strings.NewReader(body))); res.StatusCode != 200 || string(b) != body {
		t.Errorf("status %d, %d bytes", res.StatusCode, len(b))
	}
	q := dial(t, port)
	for range 2 {
		if _, err := q.OpenStream(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := q.OpenStream(); err == nil {
		t.Error("a third stream is open")
	}
	var idle *quic.IdleTimeoutError
	lab.Until(t, 10*time.Second, "the idle connection ends", func() bool { return errors.As(context.Cause(q.Context()), &idle) })
	f.Signal(t, os.Interrupt)
	f.Wait(t, 20*time.Second)
	clients, servers := 0, 0
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file.Name(), "_server.sqlog") {
			servers++
		}
		if strings.HasSuffix(file.Name(), "_client.sqlog") {
			clients++
		}
	}
	if clients != 1 || servers != 2 {
		t.Errorf("there are records of %d connections to servers and %d of clients, want 1 and 2", clients, servers)
	}
}

// TestTuneIsChecked has settings refused, renamed, or passed over with a warning.
func TestTuneIsChecked(t *testing.T) {
	out := invalid(t, "[global]\ntune.quic.qlog-dir = \"/nowhere/at/all\"\n[frontend.web]\nbind = \":8080\"\n")
	if !strings.Contains(out, "lb.toml:2:") || !strings.Contains(out, "/nowhere/at/all: no such file") {
		t.Errorf("a directory that is not there: %s", out)
	}
	file := t.TempDir() + "/lb.toml"
	lab.Write(t, file, `
[global.tune]
quic.frontend.max-idle-timeout = "10s"
quic.fe.cc.reorder-ratio = 40
quic.fe.tx.pacing = "on"
quic.fe.sock-per-conn = "force-off"
[frontend.web]
mode = "http"
bind = { address = "quic@:4433", tls = "`+lab.Certificate(t)+`", quic-cc-algo = "bbr", quic-socket = "connection" }
`)
	out, errs, code := lab.Run(t, lab.Binary(t), "validate", "--config", file)
	if code != 0 {
		t.Errorf("validate exits with %d", code)
	}
	out += errs
	for _, want := range []string{
		"lb.toml:3:34: global.tune.quic.frontend.max-idle-timeout: it is called tune.quic.fe.max-idle-timeout now",
		"lb.toml:4:28: global.tune.quic.fe.cc.reorder-ratio: it has no effect: losses are found as RFC 9002 says",
		`quic-cc-algo = "bbr" has no effect: congestion is controlled by NewReno`, `quic-socket = "connection" has no effect`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "pacing") || strings.Contains(out, "sock-per-conn") {
		t.Errorf("a warning about what holds anyway:\n%s", out)
	}
}

// TestMaxSSLConn has a client wait with its handshake until another connection
// ends.
func TestMaxSSLConn(t *testing.T) {
	_, port := listening(t, "maxsslconn = 1\n", `bind = { address = "quic@127.0.0.1:PORT", tls = "CERT" }`)
	first := dial(t, port)
	got := make(chan *quic.Conn)
	go func() { got <- dial(t, port) }()
	select {
	case <-got:
		t.Fatal("a second connection is open")
	case <-time.After(300 * time.Millisecond):
	}
	first.CloseWithError(0, "")
	select {
	case <-got:
	case <-time.After(time.Minute):
		t.Fatal("the second connection got no turn")
	}
}

// TestListenOff leaves quic@ binds closed.
func TestListenOff(t *testing.T) {
	_, port := listening(t, "[global.tune.quic]\nlisten = \"off\"\n", "alt-svc = true\n"+`bind = [{ address = "127.0.0.1:PORT", tls = "CERT" }, { address = "quic@127.0.0.1:PORT", tls = "CERT" }]`)
	if _, err := connect(t, "127.0.0.1:0", "127.0.0.1:"+port, noAnswer); err == nil {
		t.Error("it listens")
	}
}

// TestMaxconn has a client wait until there is room for its connection.
func TestMaxconn(t *testing.T) {
	_, port := listening(t, "", "maxconn = 1\nbind = { address = \"quic@127.0.0.1:PORT\", tls = \"CERT\" }")
	url := "https://127.0.0.1:" + port + "/none"
	first := &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	if res, err := first.RoundTrip(lab.Request(t, "GET", url, nil)); err != nil || res.StatusCode != 204 {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := client(t).Get(url)
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Fatalf("a second connection is served: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	first.Close()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
