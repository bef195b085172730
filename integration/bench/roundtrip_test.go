// Package bench measures the data path in one process: requests over socket
// pairs, through a graph that is built as the binary builds it.
package bench

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/proxy"
	"github.com/fairleadproxy/fairlead/core/relay"
	_ "github.com/fairleadproxy/fairlead/modules/standard/all"
)

// pairs is a protocol of socket pairs: clients come through a channel, and every
// server connection gets an origin at its other end.
type pairs struct {
	clients chan *relay.Conn
	closed  chan struct{}
	answer  []byte
}

func (p *pairs) Listen(address.Address, *protocol.ListenOptions) ([]protocol.Listener, error) {
	return []protocol.Listener{p}, nil
}

func (p *pairs) Dial(protocol.Target, *protocol.DialOptions) (*relay.Conn, error) {
	near, far, err := pair()
	if err == nil {
		go p.origin(far)
	}
	return near, err
}

func (p *pairs) Accept(*protocol.Accepted) (*relay.Conn, error) {
	select {
	case c := <-p.clients:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (*pairs) Addr() string { return "pair" }
func (*pairs) Key() string  { return "pair" }
func (*pairs) FD() int      { return -1 }

func (p *pairs) Close() error {
	close(p.closed)
	return nil
}

// origin answers every head with the same response.
func (p *pairs) origin(c *relay.Conn) {
	defer c.Close()
	b := make([]byte, 16<<10)
	for {
		n, err := c.Read(b)
		if err != nil {
			return // the proxy has closed
		}
		if bytes.HasSuffix(b[:n], []byte("\r\n\r\n")) {
			if _, err := c.Write(p.answer); err != nil {
				return
			}
		}
	}
}

func pair() (near, far *relay.Conn, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	if near, err = relay.NewSocket(fds[0]); err == nil {
		far, err = relay.NewSocket(fds[1])
	}
	return near, far, err
}

// start runs a graph of the configuration and gives a client's connection to it.
func start(t testing.TB, text string) (client *relay.Conn, answer []byte) {
	t.Helper()
	p := &pairs{
		clients: make(chan *relay.Conn, 1), closed: make(chan struct{}),
		answer: []byte("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024)),
	}
	r := module.Default().Clone()
	r.Exclude("protocol.unix")
	module.RegisterIn(r, protocol.Kind, "unix", module.Spec[struct{}, protocol.Protocol]{
		Doc: "socket pairs", New: func(*module.Context, struct{}) (protocol.Protocol, error) { return p, nil },
	})
	root, err := tree.Parse("bench.toml", []byte(text), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.FromTree(root)
	if err != nil {
		t.Fatal(err)
	}
	e, err := proxy.NewEngine(proxy.TuningOf(&cfg.Global, 100))
	if err != nil {
		t.Fatal(err)
	}
	g, err := proxy.Build(cfg, proxy.BuildOptions{Engine: e, Registry: r})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Open(); err != nil {
		t.Fatal(err)
	}
	g.Serve()
	client, far, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	p.clients <- far
	t.Cleanup(func() {
		client.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := errors.Join(g.Stop(ctx), e.Close()); err != nil {
			t.Error(err)
		}
	})
	return client, p.answer
}

// roundtrip sends a request and reads the response.
func roundtrip(t testing.TB, c *relay.Conn, request, buf []byte) {
	if _, err := c.Write(request); err != nil {
		t.Fatal(err)
	}
	for got := 0; !bytes.HasSuffix(buf[:got], tail); {
		n, err := c.Read(buf[got:])
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
}

var tail = []byte(strings.Repeat("x", 1024))

const plain = `
[defaults]
mode = "http"
timeout = { connect = "5s", client = "60s", server = "60s" }
[frontend.f]
bind = "/client"
default-backend = "b"
[backend.b]
servers = ["/one", "/two"]
`

// rules is the configuration of the scenario h1-rules, with a log line.
const rules = `
[[global.log]]
to = "null"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "5s", client = "60s", server = "60s" }
[frontend.f]
bind = "/client"
acl.bad_path = "path_beg /admin /private /secret"
acl.bad_ua = "hdr_sub(user-agent) -i sqlmap nikto masscan"
acl.lan = "src 10.0.0.0/8 192.168.0.0/16 127.0.0.0/8"
acl.api = "hdr(host) -i api.example.com"
acl.static = "path_end .css .js .png .jpg"
http-request = [
  { do = "deny", if = "bad_path !lan" },
  { do = "deny", if = "bad_ua" },
  { do = "set-var", name = "txn.host", expr = "req.hdr(host),lower" },
  { do = "set-header", name = "X-Forwarded-Proto", value = "http" },
  { do = "set-header", name = "X-Request-Path", value = "%[path,lower]" },
  { do = "add-header", name = "X-Via", value = "bench" },
]
http-response = [
  { do = "set-header", name = "X-Frame-Options", value = "DENY" },
  { do = "del-header", name = "Server" },
]
forwardfor = true
use-backend = [{ backend = "b", if = "api" }, { backend = "b", if = "static" }]
default-backend = "b"
[backend.b]
servers = ["/one", "/two"]
`

var request = []byte("GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n")

func BenchmarkHTTP1Roundtrip(b *testing.B) {
	for name, text := range map[string]string{"plain": plain, "rules": rules} {
		b.Run(name, func(b *testing.B) {
			c, answer := start(b, text)
			buf := make([]byte, 2*len(answer))
			roundtrip(b, c, request, buf)
			b.ReportAllocs()
			for b.Loop() {
				roundtrip(b, c, request, buf)
			}
		})
	}
}

// A request and its response allocate nothing in the steady state, with rules,
// variables and a log line too.
func TestRoundtripAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for name, text := range map[string]string{"plain": plain, "rules": rules} {
		c, answer := start(t, text)
		buf := make([]byte, 2*len(answer))
		for range 100 {
			roundtrip(t, c, request, buf)
		}
		if n := testing.AllocsPerRun(2000, func() { roundtrip(t, c, request, buf) }); n >= 1 {
			t.Errorf("%s: a round trip allocates %v times", name, n)
		}
	}
}
