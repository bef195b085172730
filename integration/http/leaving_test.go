package http

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// holder is an origin that answers requests for .../answer alone, those for
// .../late after a while.
type holder struct {
	at string

	mu   sync.Mutex
	seen map[string]bool // the paths that it was asked for
}

func newHolder(t *testing.T) *holder {
	h := &holder{seen: map[string]bool{}}
	h.at = lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			h.mu.Lock()
			h.seen[req.URL.Path] = true
			h.mu.Unlock()
			if _, err := io.Copy(io.Discard, req.Body); err != nil {
				return
			}
			switch {
			case strings.HasSuffix(req.URL.Path, "/late"):
				time.Sleep(400 * time.Millisecond) // so long that the client is watched
				fallthrough
			case strings.HasSuffix(req.URL.Path, "/answer"):
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(req.URL.Path), req.URL.Path)
			}
		}
	})
	return h
}

func (h *holder) saw(path string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen[path]
}

// send connects and sends text.
func send(t *testing.T, at, text string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n" }

// logged waits for the log line of a path and gives backend, server, status and
// termination state.
func logged(t *testing.T, p *lab.Process, path string) (line string) {
	t.Helper()
	format := regexp.MustCompile(` (\S+/\S+) [-+/\d]+ (\S+) \+?\d+ - - (\S{4}) .*"\S+ ` + path + ` HTTP`)
	lab.Until(t, 10*time.Second, "the log has "+path, func() bool {
		m := format.FindStringSubmatch(p.Output())
		if m != nil {
			line = strings.Join(m[1:], " ")
		}
		return m != nil
	})
	return line
}

// leave has the client go in one of two ways.
func leave(t *testing.T, c *net.TCPConn, reset bool) {
	t.Helper()
	end := c.CloseWrite
	if reset {
		end = func() error { return errors.Join(c.SetLinger(0), c.Close()) }
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
}

// A client that leaves while it waits, for whatever of a server, does not wait any
// more: what that is called, and who is told, is as in HAProxy with the same option.
func TestLeavingSameAsHAProxy(t *testing.T) {
	origin, full := newHolder(t), lab.Unreachable(t)
	socket := filepath.Join(t.TempDir(), "haproxy.sock")
	p := both(t, `
option = "abortonclose"
[frontend.web]
bind = "FRONT"
use-backend = [{ backend = "queue", if = "{ path_beg /queue/ }" }, { backend = "connect", if = "{ path_beg /connect/ }" }]
default-backend = "await"
[backend.queue]
servers = [{ address = "`+origin.at+`", maxconn = 1 }]
[backend.connect]
servers = ["`+full+`"]
[backend.await]
servers = ["`+origin.at+`"]
`, `
	option abortonclose
global
	stats socket `+socket+`
frontend web
	bind FRONT
	use_backend queue if { path_beg /queue/ }
	use_backend connect if { path_beg /connect/ }
	default_backend await
backend queue
	server s1 `+origin.at+` maxconn 1
backend connect
	server s1 `+full+`
backend await
	server s1 `+origin.at+`
`)
	for _, proxy := range []struct {
		name, at string
		proc     *lab.Process
	}{{"fairlead", p.fairlead, p.fairleadProc}, {"haproxy", p.haproxy, p.haproxyProc}} {
		path := func(phase, how string) string { return "/" + phase + "/" + proxy.name + "/" + how }
		holds := path("queue", "holds")
		first := send(t, proxy.at, get(holds))
		lab.Until(t, 10*time.Second, "the server has its one request", func() bool { return origin.saw(holds) })
		for _, c := range []struct{ phase, how, want string }{
			{"queue", "end", "queue/<NOSRV> -1 CQ--"},
			{"queue", "reset", "queue/<NOSRV> -1 CQ--"},
			{"connect", "end", "connect/s1 -1 CC--"},
			{"connect", "reset", "connect/s1 -1 CC--"},
			{"await", "end", "await/s1 400 CH--"}, // since the server then closes its half, too
			{"await", "reset", "await/s1 400 CH--"},
			{"await", "late", "await/s1 200 ----"}, // which this one does not
		} {
			if c.how == "late" && proxy.name == "haproxy" {
				continue // 2.6 tells the server, but does not wait for what it makes of it, as newer manuals have it
			}
			asked := path(c.phase, c.how)
			conn := send(t, proxy.at, get(asked))
			if c.phase == "await" {
				lab.Until(t, 10*time.Second, "the server is asked for "+asked, func() bool { return origin.saw(asked) })
			} else if proxy.name == "haproxy" { // which may miss what comes with the request
				lab.Until(t, 10*time.Second, asked+" waits", func() bool {
					all, queued := lab.InHAProxy(t, socket, c.phase)
					return queued == "1" || c.phase == "connect" && all == "1"
				})
			}
			leave(t, conn, c.how == "reset")
			if c.how == "late" {
				if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode != 200 {
					t.Errorf("%s: the client that reads on gets %v, %v", proxy.name, res, err)
				}
			}
			got := logged(t, proxy.proc, asked)
			if c.phase+c.how == "awaitreset" && proxy.name == "haproxy" {
				t.Logf("haproxy: a reset while the response is awaited gives %s", got) // "CD", by its manual the phase of data
			} else if got != c.want {
				t.Errorf("%s, %s %s: %s, want %s", proxy.name, c.phase, c.how, got, c.want)
			}
			if c.how == "end" {
				b, err := io.ReadAll(conn)
				if answered := strings.HasPrefix(string(b), "HTTP/1.1 400 "); err != nil || answered != (c.phase == "await") {
					t.Errorf("%s, %s: the client gets %q, %v", proxy.name, c.phase, b, err)
				}
			}
		}
		// Those that left took no place: the next one comes when the first has gone.
		next := send(t, proxy.at, get(path("queue", "answer")))
		leave(t, first, false)
		if res, err := http.ReadResponse(bufio.NewReader(next), nil); err != nil || res.StatusCode != 200 {
			t.Errorf("%s: the one that stayed gets %v, %v", proxy.name, res, err)
		}
		if origin.saw(path("queue", "end")) || origin.saw(path("queue", "reset")) {
			t.Errorf("%s: the server got a request that nobody waited for", proxy.name)
		}
	}
}

// Without the option a client may close its half and wait, but not reset the
// connection. What a client sends while it waits is not lost.
func TestWaitingClients(t *testing.T) {
	origin := newHolder(t)
	front := lab.Port(t)
	p := lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "20s", client = "30s", server = "30s" }
[frontend.web]
bind = "127.0.0.1:`+front+`"
use-backend = [{ backend = "patient", if = "{ path_beg /patient/ }" }]
default-backend = "app"
[backend.patient]
option = "no abortonclose"
servers = ["`+origin.at+`"]
[backend.app]
servers = ["`+origin.at+`"]
`)
	at := "127.0.0.1:" + front
	for _, path := range []string{"/patient/late", "/late"} {
		c := send(t, at, get(path)+get("/next/answer"))
		leave(t, c, false)
		r := bufio.NewReader(c)
		for _, want := range []string{path, "/next/answer"} {
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(res.Body); string(b) != want || err != nil {
				t.Errorf("got %q, %v, want %q", b, err, want)
			}
		}
	}
	// The end of a request's content is the client's end as well.
	body := strings.Repeat("x", 3<<20)
	posts := send(t, at, fmt.Sprintf("POST /content/late HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	leave(t, posts, false)
	if res, err := http.ReadResponse(bufio.NewReader(posts), nil); err != nil || res.StatusCode != 200 {
		t.Errorf("who has sent all content gets %v, %v", res, err)
	}
	c := send(t, at, get("/patient/never"))
	lab.Until(t, 10*time.Second, "the server is asked", func() bool { return origin.saw("/patient/never") })
	leave(t, c, true)
	if got, want := logged(t, p, "/patient/never"), "patient/s1 400 CH--"; got != want {
		t.Errorf("a reset: %s, want %s", got, want)
	}
}

// A client may close its half between two attempts, when a server had the request and
// no other has it yet.
func TestLeavingBetweenAttempts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan error, 1)
	go func() { // once, and refuses whoever comes after that
		c, err := l.Accept()
		if err == nil {
			_, err = http.ReadRequest(bufio.NewReader(c))
			err = errors.Join(err, l.Close(), c.Close())
		}
		asked <- err
	}()
	front := lab.Port(t)
	p := lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
retries = 20
retry-on = ["empty-response", "conn-failure"]
timeout = { connect = "20s", client = "30s", server = "30s" }
[listen.web]
bind = "127.0.0.1:`+front+`"
servers = ["`+l.Addr().String()+`"]
`)
	c := send(t, "127.0.0.1:"+front, get("/between"))
	if err := <-asked; err != nil {
		t.Fatal(err)
	}
	leave(t, c, false)
	if got, want := logged(t, p, "/between"), "web/s1 -1 CC--"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
