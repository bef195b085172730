package http

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// patience is longer than what is waited for takes.
const patience = 30 * time.Second

// both starts Fairlead and HAProxy with configurations that mean the same.
// ORIGIN, FRONT and DIR are replaced in both.
func both(t *testing.T, toml, cfg string) *pair {
	t.Helper()
	_, origin := lab.Nginx(t, `
location / { return 200 "$request_method $request_uri $http_x_a $http_x_b $http_host $http_cookie\n"; }
location /set { add_header Set-Cookie "SRV=own; path=/"; add_header X-Secret s; return 200 "set\n"; }
location /fail { return 500 "failed\n"; }
`, "")
	dir := t.TempDir()
	lab.Write(t, filepath.Join(dir, "503.http"), "HTTP/1.1 503 Sorry\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nsorry\n")
	lab.Write(t, filepath.Join(dir, "body.txt"), "from a file\n")
	lab.Write(t, filepath.Join(dir, "hosts.map"), "a.example.com one\nb.example.com two\n")
	fp, hp := lab.Port(t), lab.Port(t)
	closed := lab.Port(t)
	fill := func(text, front string) string {
		return strings.NewReplacer("ORIGIN", "127.0.0.1:"+origin, "FRONT", "127.0.0.1:"+front, "DIR", dir, "CLOSED", "127.0.0.1:"+closed).Replace(text)
	}
	p := &pair{fairlead: "127.0.0.1:" + fp, haproxy: "127.0.0.1:" + hp}
	p.fairleadProc = lab.Fairlead(t, fill(`
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "20s", client = "30s", server = "30s", tarpit = "300ms" }
`+toml, fp))
	p.haproxyProc = lab.HAProxy(t, fill(`
global
	log stdout format raw daemon
defaults
	mode http
	log global
	option httplog
	timeout connect 20s
	timeout client 30s
	timeout server 30s
	timeout tarpit 300ms
`+cfg, hp), hp)
	return p
}

func TestRulesSameAsHAProxy(t *testing.T) {
	p := both(t, `
[userlist.staff]
users = [{ name = "ann", insecure-password = "pw", groups = ["ops"] }, { name = "bob", password = "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA" }]
[frontend.web]
bind = "FRONT"
monitor-uri = "/alive"
acl.admin = "path_beg /admin"
acl.local = "src 127.0.0.0/8"
acl.ops = "http_auth_group(staff) ops"
http-request = [
  { do = "redirect", scheme = "https", code = 301, if = "{ path /scheme }" },
  { do = "redirect", prefix = "https://p.example.com", drop-query = true, if = "{ path /prefix }" },
  { do = "redirect", location = "/login?from=%[path]", code = 303, set-cookie = "SEEN=1", if = "{ path /location }" },
  { do = "redirect", prefix = "/x", append-slash = true, drop-query = true, code = 307, if = "{ path /slash }" },
  { do = "redirect", location = "/gone", code = 308, clear-cookie = "USER=", if = "{ path /clear }" },
  { do = "deny", if = "{ path /deny }" },
  { do = "deny", status = 429, if = "{ path /deny429 }" },
  { do = "deny", status = 405, content-type = "text/plain", string = "no such method\n", if = "{ path /denytext }" },
  { do = "tarpit", status = 500, if = "{ path /tarpit }" },
  { do = "return", status = 200, content-type = "text/plain", lf-string = "%[method] %[path] %[url_param(a)] %[req.hdr(host)]\n", if = "{ path /return }" },
  { do = "return", status = 404, content-type = "text/plain", file = "DIR/body.txt", hdr = { X-From = "%[path]" }, if = "{ path /file }" },
  { do = "auth", realm = "the realm", if = "{ path /auth } !{ http_auth(staff) }" },
  { do = "auth", realm = "ops", if = "admin !ops" },
  { do = "set-header", name = "X-A", value = "%[req.hdr(x-a),upper]-%[str(b)]" },
  { do = "add-header", name = "X-B", value = "1" },
  { do = "set-path", value = "/new%[path]", if = "{ path_beg /setpath }" },
  { do = "set-query", value = "q=%[query]", if = "{ path /setquery }" },
  { do = "set-uri", value = "/whole?x=1", if = "{ path /seturi }" },
  { do = "set-method", value = "PUT", if = "{ path /setmethod }" },
  { do = "replace-path", regex = "^/old/(.*)$", value = '/newer/\1' },
  { do = "replace-header", name = "Cookie", regex = "a=([0-9]+)", value = 'b=\1', if = "{ path /rephdr }" },
  { do = "set-var", name = "txn.name", expr = "req.hdr(host),map(DIR/hosts.map,none)" },
  { do = "set-header", name = "X-B", value = "%[var(txn.name)]", if = "{ var(txn.name) -m found } { path /map }" },
]
http-response = [
  { do = "del-header", name = "X-Secret" },
  { do = "set-header", name = "X-Out", value = "%[status] %[res.hdr(content-type)]" },
  { do = "set-status", status = 418, reason = "Teapot", if = "{ status 500 }" },
  { do = "deny", status = 502, if = "{ capture.req.uri -m sub denyres }" },
]
http-after-response = [{ do = "set-header", name = "X-After", value = "always" }]
default-backend = "app"
[backend.app]
servers = ["ORIGIN"]
`, `
userlist staff
	group ops
	user ann insecure-password pw groups ops
	user bob password $5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA
frontend web
	bind FRONT
	monitor-uri /alive
	acl admin path_beg /admin
	acl local src 127.0.0.0/8
	acl ops http_auth_group(staff) ops
	http-request redirect scheme https code 301 if { path /scheme }
	http-request redirect prefix https://p.example.com drop-query if { path /prefix }
	http-request redirect location /login?from=%[path] code 303 set-cookie SEEN=1 if { path /location }
	http-request redirect prefix /x append-slash drop-query code 307 if { path /slash }
	http-request redirect location /gone code 308 clear-cookie USER= if { path /clear }
	http-request deny if { path /deny }
	http-request deny deny_status 429 if { path /deny429 }
	http-request deny status 405 content-type text/plain string "no such method\n" if { path /denytext }
	http-request tarpit deny_status 500 if { path /tarpit }
	http-request return status 200 content-type text/plain lf-string "%[method] %[path] %[url_param(a)] %[req.hdr(host)]\n" if { path /return }
	http-request return status 404 content-type text/plain file DIR/body.txt hdr X-From %[path] if { path /file }
	http-request auth realm "the realm" if { path /auth } !{ http_auth(staff) }
	http-request auth realm ops if admin !ops
	http-request set-header X-A "%[req.hdr(x-a),upper]-%[str(b)]"
	http-request add-header X-B 1
	http-request set-path /new%[path] if { path_beg /setpath }
	http-request set-query q=%[query] if { path /setquery }
	http-request set-uri /whole?x=1 if { path /seturi }
	http-request set-method PUT if { path /setmethod }
	http-request replace-path ^/old/(.*)$ /newer/\1
	http-request replace-header Cookie a=([0-9]+) b=\1 if { path /rephdr }
	http-request set-var(txn.name) req.hdr(host),map(DIR/hosts.map,none)
	http-request set-header X-B "%[var(txn.name)]" if { var(txn.name) -m found } { path /map }
	http-response del-header X-Secret
	http-response set-header X-Out "%[status] %[res.hdr(content-type)]"
	http-response set-status 418 reason Teapot if { status 500 }
	http-response deny deny_status 502 if { capture.req.uri -m sub denyres }
	http-after-response set-header X-After always
	default_backend app
backend app
	server s1 ORIGIN
`)
	cases := [][]string{
		{"/scheme?a=1"}, {"/prefix?a=1"}, {"/location"}, {"/slash?x"}, {"/clear"},
		{"/deny"}, {"/deny429"}, {"/denytext"}, {"/tarpit"}, {"/return?a=5"}, {"/return?a=5", "-I"}, {"/file"}, {"/alive"},
		{"/auth"}, {"/auth", "-u", "ann:pw"}, {"/auth", "-u", "bob:secret"}, {"/auth", "-u", "bob:wrong"},
		{"/admin", "-u", "ann:pw"}, {"/admin", "-u", "bob:secret"}, {"/admin"},
		{"/"}, {"/", "-H", "X-A: mixed Case"}, {"/", "-H", "X-B: 0"}, {"/setpath/a?b=c"}, {"/setquery?x"}, {"/setquery"}, {"/seturi"}, {"/setmethod"},
		{"/old/page?x=1"}, {"/rephdr", "-H", "Cookie: a=12"}, {"/map", "-H", "Host: a.example.com"}, {"/map", "-H", "Host: zzz"},
		{"/set"}, {"/fail"}, {"/denyres"}, {"/", "-X", "POST", "-d", "body"},
	}
	for _, args := range cases {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			p.compareRules(t, append([]string{"http://PROXY" + args[0]}, args[1:]...))
		})
	}
	p.compareLogs(t, len(cases)-1) // monitor-uri is not logged
}

// compareRules is compare, but for the texts of error pages, which are our own,
// and their lengths.
func (p *pair) compareRules(t *testing.T, args []string) {
	t.Helper()
	f, h := curl(t, p.fairlead, args...), curl(t, p.haproxy, args...)
	for _, r := range []*result{&f, &h} {
		if slices.Contains(r.headers, "cache-control: no-cache") && slices.Contains(r.headers, "content-type: text/html") || strings.Contains(args[0], "/alive") {
			r.body = "an error page"
			r.headers = slices.DeleteFunc(r.headers, func(h string) bool { return strings.HasPrefix(h, "content-length:") })
		}
	}
	for i := range f.headers { // the ports differ, as in locations
		f.headers[i] = strings.ReplaceAll(f.headers[i], p.fairlead, "PROXY")
	}
	for i := range h.headers {
		h.headers[i] = strings.ReplaceAll(h.headers[i], p.haproxy, "PROXY")
	}
	h.status = strings.ReplaceAll(h.status, "Gateway Time-out", "Gateway Timeout") // as RFC 9110 has it
	fb, hb := f.body, h.body
	f.body, h.body = "", ""
	if f.String() != h.String() {
		t.Errorf("curl %v\nfairlead: %v\nhaproxy:  %v", args, f, h)
	}
	if fb != hb && !strings.Contains(fmt.Sprint(args), "Host:") {
		same := body(t, p.fairlead, args)
		other := body(t, p.haproxy, args)
		if strings.ReplaceAll(same, p.fairlead, "PROXY") != strings.ReplaceAll(other, p.haproxy, "PROXY") {
			t.Errorf("curl %v\nfairlead: %q\nhaproxy:  %q", args, same, other)
		}
	}
}

func body(t *testing.T, at string, args []string) string {
	t.Helper()
	all := []string{"-s", "--http1.1"}
	for _, a := range args {
		all = append(all, strings.ReplaceAll(a, "PROXY", at))
	}
	out, _, _ := lab.Run(t, lab.Need(t, "curl"), all...)
	return out
}

// compareLogs compares the log lines of both, but for times, ports and sizes of
// error pages, and their order: a line may be written after the next answer. There
// are n lines at least.
func (p *pair) compareLogs(t *testing.T, n int) {
	t.Helper()
	lines := func(out string) (list []string) {
		for line := range strings.Lines(out) {
			f := strings.Fields(line)
			if len(f) < 15 || !strings.HasPrefix(f[0], "127.0.0.1:") {
				continue
			}
			timers := strings.Split(f[4], "/")
			for i := range timers {
				if timers[i] != "-1" {
					timers[i] = "n"
				}
			}
			list = append(list, fmt.Sprint(f[2], f[3], timers, f[5], f[9], strings.Join(f[12:], " ")))
		}
		slices.Sort(list)
		return list
	}
	var f, h []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		f, h = lines(p.fairleadProc.Output()), lines(p.haproxyProc.Output())
		if len(f) >= n && slices.Equal(f, h) {
			return
		}
	}
	t.Errorf("the log lines differ, or are fewer than %d\nfairlead:\n%s\nhaproxy:\n%s", n, strings.Join(f, "\n"), strings.Join(h, "\n"))
}

func TestBackendsSameAsHAProxy(t *testing.T) {
	p := both(t, `
[frontend.web]
bind = "FRONT"
use-backend = [
  { backend = "%[path,field(2,/)]", if = "{ path_beg /b_ }" },
]
default-backend = "b_cookie"
[backend.b_cookie]
cookie = { name = "SRV", mode = "insert", indirect = true, httponly = true }
[backend.b_cookie.server.one]
address = "ORIGIN"
cookie = "c1"
[backend.b_down]
errorfile = { 503 = "DIR/503.http" }
retries = 1
servers = ["CLOSED"]
[backend.b_redispatch]
option = "redispatch"
retries = 2
servers = ["CLOSED", "ORIGIN"]
[backend.b_backup]
servers = [{ address = "ORIGIN", disabled = true }, { address = "ORIGIN", backup = true }]
[backend.b_retry]
retry-on = ["500"]
retries = 2
servers = ["ORIGIN"]
http-request = [{ do = "set-path", value = "/fail" }]
[backend.b_use]
use-server = [{ server = "two", if = "{ url_param(s) two }" }]
http-response = [{ do = "set-header", name = "X-Server", value = "%s" }]
[backend.b_use.server.one]
address = "ORIGIN"
[backend.b_use.server.two]
address = "ORIGIN"
weight = 0
[backend.b_close]
option = "httpclose"
servers = ["ORIGIN"]
[backend.b_none]
`, `
frontend web
	bind FRONT
	use_backend %[path,field(2,/)] if { path_beg /b_ }
	default_backend b_cookie
backend b_cookie
	cookie SRV insert indirect httponly
	server one ORIGIN cookie c1
backend b_down
	errorfile 503 DIR/503.http
	retries 1
	server s1 CLOSED
backend b_redispatch
	option redispatch
	retries 2
	server s1 CLOSED
	server s2 ORIGIN
backend b_backup
	server s1 ORIGIN disabled
	server s2 ORIGIN backup
backend b_retry
	retry-on 500
	retries 2
	server s1 ORIGIN
	http-request set-path /fail
backend b_use
	use-server two if { url_param(s) two }
	http-response set-header X-Server %s
	server one ORIGIN
	server two ORIGIN weight 0
backend b_close
	option httpclose
	server s1 ORIGIN
backend b_none
`)
	for _, args := range [][]string{
		{"/"}, {"/", "-H", "Cookie: SRV=c1"}, {"/", "-H", "Cookie: a=b; SRV=c1; c=d"}, {"/", "-H", "Cookie: SRV=unknown"}, {"/set"},
		{"/b_down/"}, {"/b_redispatch/"}, {"/b_redispatch/"}, {"/b_backup/"}, {"/b_retry/"}, {"/b_use/"}, {"/b_use/?s=two"}, {"/b_close/"}, {"/b_none/"}, {"/b_unknown/"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			p.compareRules(t, append([]string{"http://PROXY" + args[0]}, args[1:]...))
		})
	}
}

// The error pages are our own, and each tells its status.
func TestErrorPages(t *testing.T) {
	p := both(t, "[frontend.web]\nbind = \"FRONT\"\n", "frontend web\n\tbind FRONT\n")
	out := body(t, p.fairlead, []string{"http://PROXY/"})
	if !strings.Contains(out, "<h1>503 Service Unavailable</h1>") {
		t.Errorf("got %q", out)
	}
}

// What takes too long, or breaks, ends with the same status and termination
// state as through HAProxy.
func TestTimeoutsSameAsHAProxy(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it takes requests and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	broken, err := net.Listen("tcp", "127.0.0.1:0") // it closes in the middle of a head
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Close()
	for l, answer := range map[net.Listener]string{silent: "", broken: "HTTP/1.1 200 OK\r\nX-A"} {
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return // the test has ended
				}
				go func() {
					defer c.Close()
					b := make([]byte, 4096)
					if _, err := c.Read(b); err != nil {
						return
					}
					if answer != "" {
						_, _ = io.WriteString(c, answer) // the other side tells
						return
					}
					_, _ = c.Read(b) // until the proxy gives up
				}()
			}
		}()
	}
	p := both(t, `
[frontend.web]
bind = "FRONT"
use-backend = [{ backend = "silent", if = "{ path /silent }" }, { backend = "broken", if = "{ path /broken }" }]
default-backend = "down"
[backend.silent]
timeout = { server = "400ms" }
servers = ["`+silent.Addr().String()+`"]
[backend.broken]
servers = ["`+broken.Addr().String()+`"]
[backend.down]
retries = 0
servers = ["CLOSED"]
`, `
frontend web
	bind FRONT
	use_backend silent if { path /silent }
	use_backend broken if { path /broken }
	default_backend down
backend silent
	timeout server 400ms
	server s1 `+silent.Addr().String()+`
backend broken
	server s1 `+broken.Addr().String()+`
backend down
	retries 0
	server s1 CLOSED
`)
	for _, path := range []string{"/silent", "/broken", "/down"} {
		p.compareRules(t, []string{"http://PROXY" + path})
	}
	// A body that stops coming.
	for name, at := range map[string]string{"fairlead": p.fairlead, "haproxy": p.haproxy} {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "POST /silent HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome")
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 64)
		if n, err := c.Read(b); !strings.HasPrefix(string(b[:n]), "HTTP/1.1 504 ") {
			t.Errorf("%s to a body that stops: %.40q, %v", name, b[:n], err)
		}
	}
	p.compareLogs(t, 4)
	// A server that breaks off in the middle of a request's body. HAProxy answers
	// this or closes, as it happens.
	big := filepath.Join(t.TempDir(), "big")
	lab.Write(t, big, strings.Repeat("x", 10<<20))
	for range 5 {
		r := curl(t, p.fairlead, "-H", "Expect:", "--data-binary", "@"+big, "http://PROXY/broken")
		if !strings.Contains(r.status, " 502 ") {
			t.Errorf("a server that breaks off: %v", r)
		}
	}
}

// What rules set for one request or client is not seen by the next one.
func TestNothingLeaks(t *testing.T) {
	front, header := lab.Port(t), lab.Port(t)
	lab.Fairlead(t, `
[defaults]
mode = "http"
timeout = { client = "60s" }
[frontend.web]
bind = "127.0.0.1:`+front+`"
http-request = [
  { do = "set-var", name = "txn.t", expr = "str(T)", if = "{ path /set }" },
  { do = "set-var", name = "sess.s", expr = "str(S)", if = "{ path /set }" },
  { do = "set-src", expr = "hdr(x-src)", if = "{ path /set }" },
  { do = "return", status = 200, content-type = "text/plain", lf-string = "%[var(txn.t)]/%[var(sess.s)]/%[src]", unless = "{ path /none }" },
  { do = "return", status = 204 },
]
[frontend.header]
bind = "127.0.0.1:`+header+`"
tcp-request = { connection = ["expect-proxy"] }
http-request = ["deny"]
`)
	get := func(c net.Conn, path string) string {
		t.Helper()
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: a\r\nX-Src: 10.9.8.7\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(b[:n]), "\r\n\r\n")
		return body
	}
	dial := func(port string) net.Conn {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	one := dial(front)
	if got := get(one, "/set"); got != "T/S/10.9.8.7" {
		t.Errorf("the request that sets them: %q", got)
	}
	if got := get(one, "/"); got != "/S/127.0.0.1" {
		t.Errorf("the next request of the connection: %q", got)
	}
	time.Sleep(1500 * time.Millisecond) // longer than idle connections keep a goroutine
	if got := get(one, "/"); got != "/S/127.0.0.1" {
		t.Errorf("after a while: %q", got)
	}
	if got := get(one, "/none"); got != "" {
		t.Errorf("204 has a body: %q", got)
	}
	one.Close()
	time.Sleep(50 * time.Millisecond)
	for range 20 { // streams are pooled: one of these has the same one
		bad := dial(header) // a client without the header that is expected of it
		io.WriteString(bad, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if _, err := bad.Read(make([]byte, 1)); err == nil {
			t.Error("a client without a PROXY header got an answer")
		}
		bad.Close()
		c := dial(front)
		if got := get(c, "/"); got != "//127.0.0.1" {
			t.Fatalf("another client: %q", got)
		}
		c.Close()
	}
}
