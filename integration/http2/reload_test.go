package http2

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// slow is an origin whose /long waits in the middle until it is told to go on, and
// whose /ws echoes what comes after an upgrade.
type slow struct {
	address string
	begun   chan struct{}
	goOn    func()
}

const longSize = 4_000_000

func startSlow(t *testing.T) *slow {
	t.Helper()
	wait := make(chan struct{})
	o := &slow{begun: make(chan struct{}, 10), goOn: sync.OnceFunc(func() { close(wait) })}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			w.Write(lab.Pattern(longSize)[:longSize/2])
			w.(http.Flusher).Flush()
			o.begun <- struct{}{}
			<-wait
			w.Write(lab.Pattern(longSize)[longSize/2:])
		case "/ws":
			lab.EchoUpgrade(w)
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(o.goOn) // or its handlers would not end
	o.address = s.Listener.Addr().String()
	return o
}

// reloadable is Fairlead that can be told to reload: each configuration has another
// status for /generation.
type reloadable struct {
	*lab.Process
	t             *testing.T
	origin        string
	plain, secure string
	cert          string
	generation    int
	global        string
}

func startReloadable(t *testing.T, origin, global string) *reloadable {
	t.Helper()
	f := &reloadable{t: t, origin: origin, plain: lab.Port(t), secure: lab.Port(t), cert: lab.Certificate(t), global: global}
	f.Process = lab.Fairlead(t, f.config())
	return f
}

func (f *reloadable) config() string {
	return f.global + `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "5s", client = "20s", server = "20s", tunnel = "20s" }
[frontend.web]
bind = ["127.0.0.1:` + f.plain + `", { address = "127.0.0.1:` + f.secure + `", tls = "` + f.cert + `" }]
http-request = [ { do = "return", status = ` + fmt.Sprint(200+f.generation) + `, if = "{ path /generation }" } ]
default-backend = "app"
[backend.app]
servers = ["` + f.origin + `"]
`
}

func (f *reloadable) reload() {
	f.t.Helper()
	f.generation++
	lab.Write(f.t, f.Config(), "[global]\nstats-socket = \""+f.Socket()+"\"\n"+f.config())
	if out, errs, code := lab.Run(f.t, lab.Binary(f.t), "reload", "--socket", f.Socket()); code != 0 {
		f.t.Fatalf("reload: %s%s", out, errs)
	}
}

// lastGoAway reads until the connection ends, answering pings, and gives the stream
// that the last GOAWAY named.
func lastGoAway(r *raw) uint32 {
	last := uint32(1 << 31)
	for {
		fr, err := r.ReadFrame()
		if err != nil {
			return last
		}
		switch fr := fr.(type) {
		case *http2.GoAwayFrame:
			last = fr.LastStreamID
		case *http2.PingFrame:
			r.WritePing(true, fr.Data)
		}
	}
}

// TestReload has downloads by several clients go on through a reload.
func TestReload(t *testing.T) {
	o := startSlow(t)
	f := startReloadable(t, o.address, "")
	dir := t.TempDir()
	var clients []*exec.Cmd
	for _, args := range [][]string{
		{"curl", "-sk", "--http2", "-o", filepath.Join(dir, "h2"), "https://127.0.0.1:" + f.secure + "/long"},
		{"curl", "-s", "--http2-prior-knowledge", "-o", filepath.Join(dir, "h2c"), "http://127.0.0.1:" + f.plain + "/long"},
		{"curl", "-s", "--http1.1", "-o", filepath.Join(dir, "h1"), "http://127.0.0.1:" + f.plain + "/long"},
		{"nghttp", "-y", "-v", "--null-out", "https://127.0.0.1:" + f.secure + "/long"},
	} {
		cmd := exec.Command(lab.Need(t, args[0]), args[1:]...)
		cmd.Stdout = new(bytes.Buffer)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, cmd)
		<-o.begun
	}
	raw := dialRaw(t, f.plain)
	raw.get(1, "/generation")
	if got := raw.next(); got != "1: 200" {
		t.Errorf("before: %s", got)
	}
	told := make(chan uint32, 1)
	go func() { told <- lastGoAway(raw) }()
	f.reload()
	c, base := client(t, "h2", f.plain, f.secure)
	if res, _ := lab.Do(t, c, lab.Request(t, "GET", base+"/generation", nil)); res.StatusCode != 201 {
		t.Errorf("a new connection gets %d, want the new configuration", res.StatusCode)
	}
	// The idle client is told that its connection takes no more streams, and it ends.
	if last := <-told; last != 1 {
		t.Errorf("the last GOAWAY names the stream %d, want 1", last)
	}
	o.goOn()
	for _, cmd := range clients {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", cmd.Args, err)
		}
	}
	for _, name := range []string{"h1", "h2c", "h2"} {
		if b := read(t, filepath.Join(dir, name)); !bytes.Equal(b, lab.Pattern(longSize)) {
			t.Errorf("%s: %d bytes came", name, len(b))
		}
	}
	if out := clients[3].Stdout.(*bytes.Buffer).String(); !strings.Contains(out, "recv GOAWAY") || !strings.Contains(out, "end_stream") && !strings.Contains(out, "END_STREAM") {
		t.Errorf("nghttp heard of no GOAWAY:\n%.3000s", out)
	}
}

// TestTunnelsOutliveReload has WebSocket connections of HTTP/1 and HTTP/2 go on.
func TestTunnelsOutliveReload(t *testing.T) {
	f := startReloadable(t, startSlow(t).address, "")
	one, err := net.Dial("tcp", "127.0.0.1:"+f.plain)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	one.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(one, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	r := bufio.NewReader(one)
	if res, err := http.ReadResponse(r, nil); err != nil || res.StatusCode != 101 {
		t.Fatalf("%v, %v", res, err)
	}
	two := dialRaw(t, f.plain)
	two.head(1, false, two.block(":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":path", "/ws", ":authority", "a"))
	if got := two.next(); got != "1: 200" {
		t.Fatal(got)
	}
	say := func(what string) {
		io.WriteString(one, what)
		b := make([]byte, len(what))
		if _, err := io.ReadFull(r, b); err != nil || string(b) != what {
			t.Errorf("HTTP/1: %q, %v came back of %q", b, err, what)
		}
		two.WriteData(1, false, []byte(what))
		for {
			fr, err := two.ReadFrame()
			if err != nil {
				t.Fatalf("HTTP/2: %v", err)
			}
			if d, ok := fr.(*http2.DataFrame); ok {
				if string(d.Data()) != what {
					t.Errorf("HTTP/2: %q came back of %q", d.Data(), what)
				}
				return
			}
		}
	}
	say("before")
	f.reload()
	say("after")
	f.reload()
	time.Sleep(1500 * time.Millisecond) // the time of the last GOAWAY
	say("long after")
}

// TestStop has the process end when its streams have, or when they have had the
// time that hard-stop-after gives them.
func TestStop(t *testing.T) {
	o := startSlow(t)
	f := startReloadable(t, o.address, "")
	c, base := client(t, "h2", f.plain, f.secure)
	res, err := c.Get(base + "/long")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	<-o.begun
	stopped := exec.Command(lab.Binary(t), "stop", "--socket", f.Socket())
	if err := stopped.Start(); err != nil {
		t.Fatal(err)
	}
	lab.Until(t, 10*time.Second, "it takes no more connections", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+f.plain)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	o.goOn()
	if b, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(b, lab.Pattern(longSize)) {
		t.Errorf("the download: %d bytes, %v", len(b), err)
	}
	if code := f.Wait(t, 10*time.Second); code != 0 {
		t.Errorf("exit status %d", code)
	}
	stopped.Wait()

	held := startSlow(t)
	hard := startReloadable(t, held.address, `hard-stop-after = "1s"`)
	c, base = client(t, "h2", hard.plain, hard.secure)
	cut, err := c.Get(base + "/long")
	if err != nil {
		t.Fatal(err)
	}
	defer cut.Body.Close()
	<-held.begun
	begun := time.Now()
	lab.Run(t, lab.Binary(t), "stop", "--socket", hard.Socket())
	hard.Wait(t, 10*time.Second)
	if d := time.Since(begun); d < 900*time.Millisecond || d > 5*time.Second {
		t.Errorf("it ended after %v, want a second", d)
	}
	if _, err := io.ReadAll(cut.Body); err == nil {
		t.Error("a download that was cut short has no error")
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
