package quic

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// reload has a process take another configuration.
func reload(t *testing.T, p *lab.Process, text string) {
	t.Helper()
	lab.Write(t, p.Config(), "[global]\nstats-socket = \""+p.Socket()+"\"\n"+text)
	if out, errs, code := lab.Run(t, lab.Binary(t), "reload", "--socket", p.Socket()); code != 0 {
		t.Fatalf("reload: %s%s", out, errs)
	}
}

// certificate gives that of a file, in DER.
func certificate(t *testing.T, file string) []byte {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(file, file+".key")
	if err != nil {
		t.Fatal(err)
	}
	return pair.Certificate[0]
}

// TestReloads replaces the configuration several times, with another certificate each
// time: a download goes on through all of them, a client that was idle asks again, and
// of requests that come without a pause, by several connections, none fails.
func TestReloads(t *testing.T) {
	const size, reloads = 8_000_000, 5
	steps := make(chan struct{})
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/long" {
			lab.Origin(w, r)
			return
		}
		body := lab.Pattern(size)
		for len(body) > 0 {
			n := min(len(body), size/reloads+1)
			w.Write(body[:n])
			w.(http.Flusher).Flush()
			body = body[n:]
			<-steps
		}
	}))
	t.Cleanup(app.Close)
	end := sync.OnceFunc(func() { close(steps) })
	t.Cleanup(end) // or its handler would not end
	server := `"` + app.Listener.Addr().String() + `"`
	f := front(t, server, "")
	base := "https://127.0.0.1:" + f.port
	long, err := client(t).Get(base + "/long")
	if err != nil {
		t.Fatal(err)
	}
	defer long.Body.Close()
	got := make(chan []byte, 1)
	go func() {
		b, err := io.ReadAll(long.Body)
		if err != nil {
			b = []byte(err.Error())
		}
		got <- b
	}()

	// A client that says how it fares on one connection, and dials anew when that goes.
	var dials atomic.Int32
	tr := &http3.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		Dial: func(ctx context.Context, addr string, tc *tls.Config, qc *quic.Config) (*quic.Conn, error) {
			dials.Add(1)
			return quic.DialAddr(ctx, addr, tc, qc)
		},
	}
	t.Cleanup(func() { tr.Close() })
	idle := &http.Client{Transport: tr}
	lab.Do(t, idle, lab.Request(t, "GET", base+"/none", nil))

	const busy = 3
	stop, stopped := make(chan struct{}), make(chan int, busy)
	for range busy {
		c := client(t)
		go func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					stopped <- n
					return
				default:
				}
				body := "request " + strconv.Itoa(n)
				res, err := c.Post(base+"/echo", "text/plain", strings.NewReader(body))
				if err != nil {
					t.Errorf("%s: %v", body, err)
					stopped <- n
					return
				}
				b, err := io.ReadAll(res.Body)
				res.Body.Close()
				if res.StatusCode != 200 || string(b) != body {
					t.Errorf("%s: status %d, %q, %v", body, res.StatusCode, b, err)
				}
			}
		}()
	}
	for i := range reloads {
		extra := "[[backend.app.http-response]]\ndo = \"set-header\"\nname = \"X-New\"\nvalue = \"" + strconv.Itoa(i) + "\"\n"
		f.cert = lab.Certificate(t)
		reload(t, f.proc, f.config(server, extra))
		steps <- struct{}{}
		res, _ := lab.Do(t, client(t), lab.Request(t, "GET", base+"/none", nil))
		if res.Header.Get("X-New") != strconv.Itoa(i) || !bytes.Equal(res.TLS.PeerCertificates[0].Raw, certificate(t, f.cert)) {
			t.Errorf("after reload %d a new connection has the configuration of before: %q", i, res.Header.Get("X-New"))
		}
		if res, _ := lab.Do(t, idle, lab.Request(t, "GET", base+"/none", nil)); res.StatusCode != 204 {
			t.Errorf("after reload %d the client that was idle gets %d", i, res.StatusCode)
		}
	}
	close(stop)
	n := 0
	for range busy {
		n += <-stopped
	}
	t.Logf("%d requests came meanwhile; the idle client dialled %d times", n, dials.Load())
	end()
	if b := <-got; !bytes.Equal(b, lab.Pattern(size)) {
		t.Errorf("the download: %d bytes, %.100q", len(b), b)
	}
}

// TestTunnelOutlivesReload has a WebSocket connection go on.
func TestTunnelOutlivesReload(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		lab.EchoUpgrade(w)
	}))
	t.Cleanup(app.Close)
	server := `"` + app.Listener.Addr().String() + `"`
	f := front(t, server, "")
	s := dialRaw(t, f.port, nil).ask(head("CONNECT", "/", ":protocol", "websocket"))
	_ = s.SetDeadline(time.Now().Add(20 * time.Second)) // it does not fail
	r := bufio.NewReader(s)
	next := func() (uint64, []byte) {
		typ, err := quicvarint.Read(r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := quicvarint.Read(r)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatal(err)
		}
		return typ, b
	}
	if typ, _ := next(); typ != 1 {
		t.Fatalf("a frame of type %d, want the answer", typ)
	}
	for i, what := range []string{"before", "after", "long after"} {
		if i > 0 {
			reload(t, f.proc, f.config(server, ""))
			time.Sleep(time.Duration(i-1) * 1500 * time.Millisecond) // the time of the last GOAWAY
		}
		s.Write(frame(0, []byte(what)...))
		if typ, b := next(); typ != 0 || string(b) != what {
			t.Errorf("%q came back of %q", b, what)
		}
	}
}
