package quic

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// distant is a path to a server on which packets to the client take their time,
// so that a handshake does too. It keeps what the client sends first.
type distant struct {
	client, server *net.UDPConn
	delay          time.Duration

	mu    sync.Mutex
	first [][]byte // until the server answers
	heard bool
}

func farFrom(t *testing.T, port string, delay time.Duration) *distant {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	d := &distant{delay: delay}
	if d.client, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	if d.server, err = net.DialUDP("udp", nil, to); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.client.Close(); d.server.Close() })
	var peer atomic.Pointer[net.UDPAddr]
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := d.client.ReadFromUDP(b)
			if err != nil {
				return
			}
			peer.Store(from)
			d.mu.Lock()
			if !d.heard {
				d.first = append(d.first, append([]byte(nil), b[:n]...))
			}
			d.mu.Unlock()
			d.server.Write(b[:n])
		}
	}()
	go func() {
		for {
			b := make([]byte, 2048)
			n, err := d.server.Read(b)
			if err != nil {
				return
			}
			time.AfterFunc(delay, func() {
				d.mu.Lock()
				d.heard = true
				d.mu.Unlock()
				d.client.WriteToUDP(b[:n], peer.Load())
			})
		}
	}()
	return d
}

func (d *distant) url() string { return "https://" + d.client.LocalAddr().String() }

// early asks for a path with early data, if the server takes them, and gives the
// answer.
func early(t *testing.T, sessions tls.ClientSessionCache, url string) (res *http.Response, body string, used bool) {
	t.Helper()
	var conn *quic.Conn
	tr := &http3.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "localhost", ClientSessionCache: sessions},
		Dial: func(ctx context.Context, addr string, tc *tls.Config, qc *quic.Config) (*quic.Conn, error) {
			c, err := quic.DialAddrEarly(ctx, addr, tc, qc)
			conn = c
			return c, err
		},
	}
	defer tr.Close()
	r := lab.Request(t, http3.MethodGet0RTT, url, nil)
	res, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b), conn.ConnectionState().Used0RTT
}

// far is how long packets take to a client whose requests are to come before its
// handshake is over, on a busy machine too.
const far = 700 * time.Millisecond

// TestEarlyData has a client send requests before the handshake is over: the
// server is told, and what waits for the handshake reaches it after; sent again
// by someone else it does not.
func TestEarlyData(t *testing.T) {
	var held atomic.Int32
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/held" {
			held.Add(1)
		}
		io.WriteString(w, "early-data="+r.Header.Get("Early-Data")+" has="+r.Header.Get("X-Has")+" received="+r.Header.Get("X-Received"))
	}))
	t.Cleanup(app.Close)
	port := lab.Port(t)
	f := lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "20s", client = "30s", server = "30s" }
[listen.web]
bind = { address = "quic@127.0.0.1:`+port+`", tls = { crt = "`+lab.Certificate(t)+`", allow-0rtt = true } }
http-request = [
  { do = "wait-for-handshake", if = "{ path /held }" },
  { do = "set-header", name = "X-Has", value = "%[ssl_fc_has_early]" },
  { do = "set-header", name = "X-Received", value = "%[ssl_fc_early_rcvd]" },
]
servers = ["`+app.Listener.Addr().String()+`"]
`)
	sessions := tls.NewLRUClientSessionCache(10)
	near := "https://127.0.0.1:" + port
	if _, body, used := early(t, sessions, near+"/first"); used || body != "early-data= has=0 received=0" {
		t.Errorf("without a session: 0-RTT %v, the server saw %q", used, body)
	}
	if _, body, used := early(t, sessions, farFrom(t, port, far).url()+"/safe"); !used || body != "early-data=1 has=1 received=1" {
		t.Errorf("with one: 0-RTT %v, the server saw %q", used, body)
	}
	path := farFrom(t, port, far)
	if _, body, used := early(t, sessions, path.url()+"/held"); !used || body != "early-data= has=0 received=1" {
		t.Errorf("behind wait-for-handshake: 0-RTT %v, the server saw %q", used, body)
	}

	// Someone who recorded the first packets sends them again, once the connection is forgotten.
	thief, err := net.Dial("udp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer thief.Close()
	lines := func() int { return strings.Count(f.Output(), "/held ") }
	lab.Until(t, 30*time.Second, "the request that was sent again is refused", func() bool {
		path.mu.Lock()
		defer path.mu.Unlock()
		for _, p := range path.first {
			thief.Write(p)
		}
		return lines() > 1
	})
	if n := held.Load(); n != 1 {
		t.Errorf("the server got the request that waits for the handshake %d times", n)
	}
	if !strings.Contains(f.Output(), "CR--") {
		t.Errorf("the log does not say that the client left:\n%s", f.Output())
	}
}

// TestEarlyDataIsOff has a client offer early data that nobody asked for.
func TestEarlyDataIsOff(t *testing.T) {
	_, port := listening(t, "", `bind = { address = "quic@127.0.0.1:PORT", tls = "CERT" }`)
	sessions := tls.NewLRUClientSessionCache(10)
	for range 2 {
		if res, _, used := early(t, sessions, "https://127.0.0.1:"+port+"/none"); used || res.StatusCode != 204 {
			t.Errorf("0-RTT was used: %v, status %d", used, res.StatusCode)
		}
	}
	if out := invalid(t, "[frontend.web]\nbind = { address = \":4433\", tls = { crt = \""+lab.Certificate(t)+"\", allow-0rtt = true } }\n"); !strings.Contains(out, "no early data over TCP") {
		t.Errorf("allow-0rtt over TCP: %s", out)
	}
}
