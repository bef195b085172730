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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// TestReloads replaces the configuration several times: a download goes on
// through all of them, a client that was idle asks again, and of requests that
// come without a pause none fails.
func TestReloads(t *testing.T) {
	const size = 8_000_000
	steps := make(chan struct{})
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/long" {
			origin(w, r)
			return
		}
		body := lab.Pattern(size)
		for len(body) > 0 {
			w.Write(body[:size/4])
			w.(http.Flusher).Flush()
			body = body[size/4:]
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
	do(t, idle, request(t, "GET", base+"/none", nil))

	busy := client(t)
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				stopped <- n
				return
			default:
			}
			res, err := busy.Get(base + "/none")
			if err != nil || res.StatusCode != 204 {
				t.Errorf("request %d: %v", n, err)
				stopped <- n
				return
			}
			res.Body.Close()
		}
	}()
	for i := range 3 {
		extra := "[[backend.app.http-response]]\ndo = \"set-header\"\nname = \"X-New\"\nvalue = \"" + strconv.Itoa(i) + "\"\n"
		lab.Write(t, f.proc.Config(), "[global]\nstats-socket = \""+f.proc.Socket()+"\"\n"+f.config(server, extra))
		if out, errs, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.proc.Socket()); code != 0 {
			t.Fatalf("reload: %s%s", out, errs)
		}
		steps <- struct{}{}
		if res, _ := do(t, client(t), request(t, "GET", base+"/none", nil)); res.Header.Get("X-New") != strconv.Itoa(i) {
			t.Errorf("after reload %d a new connection has the configuration of before: %q", i, res.Header.Get("X-New"))
		}
		if res, _ := do(t, idle, request(t, "GET", base+"/none", nil)); res.StatusCode != 204 {
			t.Errorf("after reload %d the client that was idle gets %d", i, res.StatusCode)
		}
	}
	close(stop)
	t.Logf("%d requests came meanwhile; the idle client dialled %d times", <-stopped, dials.Load())
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
			lab.Write(t, f.proc.Config(), "[global]\nstats-socket = \""+f.proc.Socket()+"\"\n"+f.config(server, ""))
			if out, errs, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.proc.Socket()); code != 0 {
				t.Fatalf("reload: %s%s", out, errs)
			}
			time.Sleep(time.Duration(i-1) * 1500 * time.Millisecond) // the time of the last GOAWAY
		}
		s.Write(frame(0, []byte(what)...))
		if typ, b := next(); typ != 0 || string(b) != what {
			t.Errorf("%q came back of %q", b, what)
		}
	}
}
