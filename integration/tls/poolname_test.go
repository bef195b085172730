package tls

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// connNumber is the number of a connection in the context of its requests.
type connNumber struct{}

// numbered answers requests over TLS with the number of their connection and the name
// that its handshake asked for.
func numbered(t *testing.T, pair tls.Certificate, protocols ...string) string {
	t.Helper()
	var conns atomic.Int32
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%v:%s", r.Context().Value(connNumber{}), r.TLS.ServerName)
		}),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: protocols},
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, connNumber{}, conns.Add(1))
		},
	}
	go func() { _ = s.ServeTLS(l, "", "") }() // until Close
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

// keptClient is a client's connection that is kept.
type keptClient struct{ http.Client }

func keepClient(t *testing.T, port string) *keptClient {
	transport := &http.Transport{MaxConnsPerHost: 1, DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.DialTimeout("tcp", "127.0.0.1:"+port, time.Minute)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &keptClient{http.Client{Transport: transport, Timeout: time.Minute}}
}

// get asks for a host, under a name for the pool.
func (c *keptClient) get(t *testing.T, path, host, pool string) (body, about string) {
	t.Helper()
	req, err := http.NewRequest("GET", "http://127.0.0.1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	req.Header.Set("X-Pool", pool)
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), res.Header.Get("X-About")
}

// Clients share connections to a server that have the name that their requests need, and
// no others: that of sni, as in HAProxy, or that of pool-conn-name.
func TestPoolNames(t *testing.T) {
	lab.Need(t, "haproxy")
	site := newAuthority(t).issue("site.pem", false, "site.example.com")
	pair, err := tls.LoadX509KeyPair(site, site)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := lab.Port(t), lab.Port(t)
	lab.HAProxy(t, `
global
  nbthread 1
defaults
  mode http
  timeout connect 20s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend p
  bind 127.0.0.1:`+theirs+`
  use_backend %[path,field(2,/)]
backend sni
  server s `+numbered(t, pair)+` ssl verify none sni req.hdr(host)
backend h2
  server s `+numbered(t, pair, "h2")+` ssl verify none sni req.hdr(host) alpn h2
`, theirs)
	backend := func(name, reuse, address, tls, more string) string {
		return "[backend." + name + "]\nhttp-reuse = \"" + reuse + "\"\nservers = [{ address = \"" + address + "\", tls = { verify = \"none\", " + tls + " }" + more + " }]\n"
	}
	lab.Fairlead(t, defaults+`
[frontend.p]
bind = "127.0.0.1:`+ours+`"
use-backend = [{ backend = "%[path,field(2,/)]" }]
http-response = [{ do = "set-header", name = "X-About", value = "%[ssl_bc_sni] %[ssl_bc_alpn] %[ssl_bc_protocol] %[bc_reused]" }]
`+backend("sni", "always", numbered(t, pair), `sni = "req.hdr(host)"`, "")+
		backend("h2", "always", numbered(t, pair, "h2"), `sni = "req.hdr(host)", alpn = "h2"`, "")+
		backend("auto", "always", numbered(t, pair), `sni-auto = true`, "")+
		backend("named", "always", numbered(t, pair), `sni = "req.hdr(host)"`, `, pool-conn-name = "req.hdr(x-pool)"`)+
		backend("namedh2", "always", numbered(t, pair, "h2"), `sni = "req.hdr(host)", alpn = "h2"`, `, pool-conn-name = "req.hdr(x-pool)"`)+
		backend("safe", "safe", numbered(t, pair), `sni = "req.hdr(host)"`, "")+
		backend("never", "never", numbered(t, pair), `sni = "req.hdr(host)"`, ""))

	for _, c := range []struct {
		port, path string
		byPool     bool // the name is that of pool-conn-name
		shares     bool
	}{
		{theirs, "/sni", false, true}, {theirs, "/h2", false, true},
		{ours, "/sni", false, true}, {ours, "/h2", false, true}, {ours, "/auto", false, true}, {ours, "/safe", false, true}, {ours, "/never", false, false},
		{ours, "/named", true, true}, {ours, "/namedh2", true, true},
	} {
		clients := []*keptClient{keepClient(t, c.port), keepClient(t, c.port)}
		names, users := map[string]string{}, map[string]int{} // of connections: the name, and the clients as bits
		shared := func() bool {
			for i, host := range []string{"x.example.com", "x.example.com", "y.example.com", "y.example.com"} {
				pool := fmt.Sprint("pool", i/3)
				body, about := clients[i%2].get(t, c.path, host, pool)
				conn, sni, _ := strings.Cut(body, ":")
				name := host
				if c.byPool {
					name = pool
				}
				if !c.byPool && sni != host || names[conn] != "" && names[conn] != name {
					t.Fatalf("%s: a request for %s, %s went by connection %s, which has the name %q and is for %q", c.path, host, pool, conn, sni, names[conn])
				}
				if c.port == ours && !strings.HasPrefix(about, sni+" ") {
					t.Errorf("%s: the fetches tell %q of connection %s", c.path, about, body)
				}
				names[conn] = name
				users[conn] |= 1 << (i % 2)
			}
			for _, bits := range users {
				if bits == 3 {
					return true
				}
			}
			return false
		}
		if c.shares {
			lab.Until(t, 20*time.Second, "both clients of "+c.path+" have used one connection", shared)
			continue
		}
		for range 5 {
			if shared() {
				t.Errorf("%s: both clients have used one connection", c.path)
			}
		}
	}
	_, about := keepClient(t, ours).get(t, "/h2", "x.example.com", "")
	if want := "x.example.com h2 TLSv1.3 1"; about != want {
		t.Errorf("of a shared connection the fetches tell %q, want %q", about, want)
	}
}

// Clients that make up names have no more than 1000 idle connections kept, and those of
// a name that is asked for again are still used.
func TestManyPoolNames(t *testing.T) {
	const asked, kept = 1100, 1000
	var open, all atomic.Int32
	origin := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	origin.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		switch st {
		case http.StateNew:
			open.Add(1)
			all.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	origin.Start()
	defer origin.Close()
	port := lab.Port(t)
	lab.Fairlead(t, strings.Replace(defaults, `log = "global"`, "", 1)+`
[listen.p]
bind = "127.0.0.1:`+port+`"
http-reuse = "always"
servers = [{ address = "`+origin.Listener.Addr().String()+`", pool-conn-name = "req.hdr(x-pool)", pool-purge-delay = "1m" }]
`)
	c := keepClient(t, port)
	for i := range asked {
		c.get(t, "/", "a", fmt.Sprint(i))
	}
	lab.Until(t, 10*time.Second, "no more connections are open than may idle", func() bool { return open.Load() <= kept })
	before := all.Load()
	for i := range 10 {
		c.get(t, "/", "a", fmt.Sprint(i))
	}
	if all.Load() != before {
		t.Errorf("%d of 10 requests whose names had idle connections opened others", all.Load()-before)
	}
}
