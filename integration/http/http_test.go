// Package http tests HTTP through the real binary, beside HAProxy with the same
// configuration: whatever a client can see has to be the same.
package http

import (
	"bufio"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// pair is Fairlead and HAProxy in front of the same origins.
type pair struct {
	fairlead, haproxy         string // host and port
	fairleadProc, haproxyProc *lab.Process
	origin                    *lab.Process
}

const files = `
location /files/ { etag off; }
location /upload { client_max_body_size 0; proxy_request_buffering on; proxy_pass http://unix:inner.sock; }
location /slow { limit_rate 20k; etag off; }
location /status/204 { return 204; }
location /status/304 { return 304; }
location /status/404 { return 404 "nothing\n"; }
location /headers { add_header X-Multi one; add_header X-Multi two; add_header Set-Cookie "a=b"; return 200 "$http_x_forwarded_for|$http_x_drop|$host\n"; }
location /ws { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_set_header Host $host; proxy_pass http://127.0.0.1:WSPORT; }
`

const inner = `server { listen unix:inner.sock; client_max_body_size 0; location / { return 200 "length $http_content_length\n"; } }`

func start(t *testing.T) *pair {
	t.Helper()
	ws := echoServer(t)
	origin, port := lab.Nginx(t, strings.ReplaceAll(files, "WSPORT", ws), inner)
	dir := filepath.Join(origin.Dir, "files")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int{"empty": 0, "1k": 1 << 10, "1m": 1 << 20} {
		b := make([]byte, size)
		if _, err := rand.Read(b); err != nil {
			t.Fatal(err)
		}
		lab.Write(t, filepath.Join(dir, name), string(b))
	}
	lab.Write(t, filepath.Join(origin.Dir, "slow"), strings.Repeat("x", 1<<20))
	return front(t, origin, port)
}

// front puts both proxies before the origin.
func front(t *testing.T, origin *lab.Process, port string) *pair {
	t.Helper()
	fp, hp := lab.Port(t), lab.Port(t)
	p := &pair{fairlead: "127.0.0.1:" + fp, haproxy: "127.0.0.1:" + hp, origin: origin}
	p.fairleadProc = lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "20s", client = "30s", server = "30s", http-request = "1s", http-keep-alive = "30s" }
[frontend.web]
bind = "127.0.0.1:`+fp+`"
forwardfor = true
http-request = [{ do = "del-header", name = "X-Drop" }]
default-backend = "app"
[backend.app]
retries = 1
servers = ["127.0.0.1:`+port+`"]
`)
	p.haproxyProc = lab.HAProxy(t, `
defaults
	mode http
	timeout connect 20s
	timeout client 30s
	timeout server 30s
	timeout http-request 1s
	timeout http-keep-alive 30s
	retries 1
listen web
	bind 127.0.0.1:`+hp+`
	option forwardfor
	http-request del-header X-Drop
	server s1 127.0.0.1:`+port+`
`, hp)
	return p
}

// result is what curl saw.
type result struct {
	status  string
	headers []string // lower-case names, sorted, without what differs by itself
	body    string   // a hash of it
	exit    int
}

func (r result) String() string {
	return fmt.Sprintf("exit %d, status %s, headers %q, body %s", r.exit, r.status, r.headers, r.body)
}

// curl asks one of the proxies.
func curl(t *testing.T, at string, args ...string) result {
	t.Helper()
	return curlInto(t, t.TempDir(), at, args...)
}

// curlInto is curl with a directory for the files "head" and "body".
func curlInto(t *testing.T, dir, at string, args ...string) result {
	t.Helper()
	head, body := filepath.Join(dir, "head"), filepath.Join(dir, "body")
	all := []string{"-s", "--http1.1", "-m", "120", "-N", "-D", head, "-o", body}
	for _, a := range args {
		all = append(all, strings.ReplaceAll(a, "PROXY", at))
	}
	_, _, code := lab.Run(t, lab.Need(t, "curl"), all...)
	r := result{exit: code}
	text, err := os.ReadFile(head)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	blocks := strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n\n"), "\n\n")
	for _, b := range blocks { // interim responses have blocks of their own
		lines := strings.Split(b, "\n")
		r.status += lines[0] + " "
		r.headers = nil
		for _, l := range lines[1:] {
			name, value, _ := strings.Cut(l, ":")
			if name = strings.ToLower(name); name != "date" {
				r.headers = append(r.headers, name+":"+value)
			}
		}
	}
	slices.Sort(r.headers)
	if slices.Contains(args, "-I") {
		return r // curl writes the head once more, with its date
	}
	b, err := os.ReadFile(body)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	r.body = fmt.Sprintf("%d bytes %x", len(b), sha1.Sum(b))
	return r
}

// compare asks both proxies and compares.
func (p *pair) compare(t *testing.T, args ...string) {
	t.Helper()
	f, h := curl(t, p.fairlead, args...), curl(t, p.haproxy, args...)
	if f.String() != h.String() {
		t.Errorf("curl %v\nfairlead: %v\nhaproxy:  %v", args, f, h)
	}
	if f.status == " " {
		t.Errorf("curl %v: no response", args)
	}
}

func TestSameAsHAProxy(t *testing.T) {
	p := start(t)
	big := filepath.Join(t.TempDir(), "big")
	b := make([]byte, 32<<20)
	if _, err := rand.Read(b[:1<<20]); err != nil {
		t.Fatal(err)
	}
	lab.Write(t, big, string(b))
	for _, c := range []struct {
		name string
		args []string
	}{
		{"GET", []string{"http://PROXY/files/1k"}},
		{"GET of 1 MB", []string{"http://PROXY/files/1m"}},
		{"GET of nothing", []string{"http://PROXY/files/empty"}},
		{"HEAD", []string{"-I", "http://PROXY/files/1m"}},
		{"a range", []string{"-r", "10-20", "http://PROXY/files/1k"}},
		{"204", []string{"http://PROXY/status/204"}},
		{"304", []string{"http://PROXY/status/304"}},
		{"404", []string{"http://PROXY/status/404"}},
		{"fields", []string{"-H", "X-Drop: yes", "http://PROXY/headers"}},
		{"X-Forwarded-For is appended", []string{"-H", "X-Forwarded-For: 1.2.3.4", "-H", "Host: example.com", "http://PROXY/headers"}},
		{"two requests", []string{"http://PROXY/files/1k", "http://PROXY/files/1m", "-o", "/dev/null"}},
		{"POST of 32 MB", []string{"-H", "Expect:", "--data-binary", "@" + big, "http://PROXY/upload"}},
		{"chunked POST of 32 MB", []string{"-H", "Expect:", "-H", "Transfer-Encoding: chunked", "--data-binary", "@" + big, "http://PROXY/upload"}},
		{"Expect: 100-continue", []string{"-H", "Expect: 100-continue", "--data-binary", "some data", "http://PROXY/upload"}},
		{"Expect with 32 MB", []string{"-H", "Expect: 100-continue", "--data-binary", "@" + big, "http://PROXY/upload"}},
		{"PUT with an empty body", []string{"-X", "PUT", "-H", "Content-Length: 0", "http://PROXY/upload"}},
		{"HTTP/1.0", []string{"--http1.0", "http://PROXY/files/1k"}},
		{"absolute form", []string{"--proxy", "http://PROXY", "http://example.com/headers"}},
		{"OPTIONS *", []string{"-X", "OPTIONS", "--request-target", "*", "http://PROXY/"}},
	} {
		t.Run(c.name, func(t *testing.T) { p.compare(t, c.args...) })
	}
	lab.Until(t, 5*time.Second, "the log lines are written", func() bool {
		return strings.Contains(p.fairleadProc.Output(), `"GET /files/1k HTTP/1.1"`)
	})
	// HAProxy's httplog form (manual section 8.2.3).
	form := regexp.MustCompile(`127\.0\.0\.1:\d+ \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] web app/s1 \d+/\d+/\d+/\d+/\d+ 200 \d+ - - ---- \d+/\d+/\d+/\d+/\d+ \d+/\d+ "GET /files/1k HTTP/1\.1"`)
	if !form.MatchString(p.fairleadProc.Output()) {
		t.Error("no log line in the form of httplog")
	}
}

// raw sends bytes and gives the beginning of what comes back.
func raw(t *testing.T, at, send string) string {
	t.Helper()
	c := sent(t, at, send)
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		t.Logf("reading from %s: %v", at, err)
	}
	return string(b[:n])
}

// sent connects and sends bytes; the connection is closed with the test.
func sent(t *testing.T, at, send string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, send); err != nil {
		t.Fatal(err)
	}
	return c
}

// whole sends bytes and gives all that comes until the connection is closed.
func whole(t *testing.T, at, send string) string {
	t.Helper()
	c := sent(t, at, send)
	b, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("reading from %s: %v", at, err)
	}
	return string(b)
}

// What could be smuggled, and what breaks HTTP's rules, is refused by both.
func TestRefused(t *testing.T) {
	p := start(t)
	const host = "Host: a\r\n"
	for name, request := range map[string]string{
		"both lengths":       "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
		"two lengths":        "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"negative length":    "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n",
		"bad chunk size":     "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
		"length as trailer":  "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n",
		"fragment":           "GET /a.php#.png HTTP/1.1\r\n" + host + "\r\n",
		"CONNECT elsewhere":  "CONNECT b:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
		"folded line":        "GET / HTTP/1.1\r\n" + host + "X-A: b\r\n c\r\n\r\n",
		"space before colon": "GET / HTTP/1.1\r\n" + host + "X-A : b\r\n\r\n",
		"NUL":                "GET / HTTP/1.1\r\n" + host + "X-A: b\x00\r\n\r\n",
		"control in target":  "GET /\x01 HTTP/1.1\r\n" + host + "\r\n",
		"no version":         "GET /\r\n\r\n",
		"nonsense":           "\x16\x03\x01\x00\x05hello\r\n\r\n",
		"bad method":         "G[T / HTTP/1.1\r\n" + host + "\r\n",
		"no colon":           "GET / HTTP/1.1\r\n" + host + "nothing\r\n\r\n",
		"head too large":     "GET / HTTP/1.1\r\n" + host + "X-A: " + strings.Repeat("a", 20000) + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := raw(t, p.fairlead, request)
			if !strings.HasPrefix(f, "HTTP/1.1 4") && !strings.HasPrefix(f, "HTTP/1.0 4") {
				t.Errorf("fairlead answers %.80q", f)
			}
			// HAProxy takes both lengths and forwards the chunks; refusing is what
			// RFC 9112 section 6.1 allows a server, and safer.
			if h := raw(t, p.haproxy, request); !strings.Contains(h, " 4") && name != "both lengths" && name != "head too large" {
				t.Logf("haproxy answers %.80q", h)
			}
		})
	}
}

func TestSlowClient(t *testing.T) {
	p := start(t)
	for name, at := range map[string]string{"fairlead": p.fairlead, "haproxy": p.haproxy} {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		begin := time.Now()
		go func() { // a byte at a time, never done
			for _, b := range []byte("GET /files/1k HTTP/1.1\r\nHost: a\r\nX-Slow: " + strings.Repeat("x", 100)) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}()
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || !strings.Contains(line, " 408 ") {
			t.Errorf("%s answers %q, %v", name, line, err)
		}
		if took := time.Since(begin); took < 900*time.Millisecond || took > 20*time.Second { // timeout client is 30s
			t.Errorf("%s answered a slow request after %v, with timeout http-request 1s", name, took)
		}
	}
}

func TestKilledOrigin(t *testing.T) {
	p := start(t)
	type outcome struct {
		exit   int
		status string
	}
	got := map[string]outcome{}
	results := make(chan func(), 2)
	for name, at := range map[string]string{"fairlead": p.fairlead, "haproxy": p.haproxy} {
		dir := t.TempDir()
		go func() {
			r := curlInto(t, dir, at, "http://PROXY/slow")
			results <- func() { got[name] = outcome{r.exit, r.status} }
		}()
		lab.Until(t, patience, name+" has begun to answer", func() bool {
			info, err := os.Stat(filepath.Join(dir, "body"))
			return err == nil && info.Size() > 0
		})
	}
	p.origin.Kill(t)
	for range 2 {
		(<-results)()
	}
	if got["fairlead"] != got["haproxy"] || got["fairlead"].exit != 18 {
		t.Errorf("in the middle of a response: fairlead %+v, haproxy %+v", got["fairlead"], got["haproxy"])
	}
	f, h := curl(t, p.fairlead, "http://PROXY/files/1k"), curl(t, p.haproxy, "http://PROXY/files/1k")
	if f.status != h.status || !strings.Contains(f.status, " 503 ") {
		t.Errorf("after it: fairlead %q, haproxy %q", f.status, h.status)
	}
	lab.Until(t, 5*time.Second, "both ends are logged", func() bool {
		out := p.fairleadProc.Output()
		return strings.Contains(out, " SD-- ") && strings.Contains(out, " SC-- ")
	})
}

// echoServer takes WebSocket handshakes and echoes what follows.
func echoServer(t *testing.T) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
		if rw.Flush() == nil {
			_, _ = io.Copy(c, rw) // until the client ends
		}
	})}
	go func() { _ = s.Serve(l) }() // until Close
	t.Cleanup(func() { s.Close() })
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestWebSocket(t *testing.T) {
	p := start(t)
	var heads []string
	for _, at := range []string{p.fairlead, p.haproxy} {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
		r := bufio.NewReader(c)
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, fmt.Sprint(res.StatusCode, res.Header.Get("Upgrade"), strings.ToLower(res.Header.Get("Connection")), res.Header.Get("Sec-WebSocket-Accept")))
		for i := range 100 {
			want := fmt.Sprintf("frame %d", i)
			if _, err := io.WriteString(c, want); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(want))
			if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
				t.Fatalf("%s: %q came back as %q, %v", at, want, got, err)
			}
		}
	}
	if heads[0] != heads[1] || !strings.HasPrefix(heads[0], "101") {
		t.Errorf("fairlead %s\nhaproxy  %s", heads[0], heads[1])
	}
}

// A client's connection that idles for longer than it keeps its goroutine
// carries another request, and one that the client closes is let go, at no cost.
func TestIdleConnection(t *testing.T) {
	p := start(t)
	c, err := net.Dial("tcp", p.fairlead)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	for range 3 {
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET /files/1k HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, res.Body); n != 1024 || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		time.Sleep(1500 * time.Millisecond)
	}
	c.Close()
	before := p.fairleadProc.ProcessorTime(t)
	time.Sleep(2 * time.Second)
	if d := p.fairleadProc.ProcessorTime(t) - before; d > 200*time.Millisecond {
		t.Errorf("without any connection it used %v of 2 s", d)
	}
}

// Ten thousand requests and more by wrk, none of which may fail.
func TestWrk(t *testing.T) {
	p := start(t)
	total := 0
	for total < 10000 {
		total += load(t, "http://"+p.fairlead+"/files/1k", 2)
	}
}

// load runs wrk and gives the number of requests, after checking that none failed.
func load(t *testing.T, url string, seconds int) int {
	t.Helper()
	out, _, code := lab.Run(t, lab.Need(t, "wrk"), "-t", "1", "-c", "32", "-d", strconv.Itoa(seconds)+"s", "--timeout", "60s", url)
	if code != 0 || strings.Contains(out, "Socket errors") || strings.Contains(out, "Non-2xx") {
		t.Fatalf("wrk: exit status %d\n%s", code, out)
	}
	m := regexp.MustCompile(`([1-9]\d*) requests in`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("wrk wrote:\n%s", out)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
