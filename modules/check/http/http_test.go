package http

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/checktest"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// target is a server that handles each connection as the test says.
func target(t *testing.T, handle checktest.Server) *health.Target {
	at := checktest.Target(t, handle, 200*time.Millisecond)
	at.Address, at.ConnectTimeout = "app:80", 10*time.Second
	return at
}

// answer reads a request and writes a response.
func answer(response string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := c.Read(make([]byte, 4096)); err == nil {
			io.WriteString(c, response)
		}
	}
}

func TestConformance(t *testing.T) {
	moduletest.Run(t, health.Kind, "http", ``, `path = "/healthz"`+"\n"+`headers = { X-A = "b" }`+"\n"+`expect = "200-299,401"`, `expect = { string = "ok", not = true }`)
}

func TestWrongConfig(t *testing.T) {
	for want, c := range map[string]Config{
		`method: "a b" is not a method such as "GET"`:                              {Method: "a b", Path: "/"},
		`path: "healthz" does not begin with "/", or has spaces`:                   {Method: "GET", Path: "healthz"},
		`host: "a b" has spaces`:                                                   {Method: "GET", Path: "/", Host: "a b"},
		`headers.Host: Host is not written here: it stands in host`:                {Method: "GET", Path: "/", Headers: map[string]string{"Host": "a"}},
		`headers.X: "X: a\nb" is not a valid field`:                                {Method: "GET", Path: "/", Headers: map[string]string{"X": "a\nb"}},
		`expect: "2xx" is neither a status nor a range such as 200-299`:            {Method: "GET", Path: "/", Expect: Expect{Status: "2xx"}},
		`expect: write one of status, rstatus, string and rstring`:                 {Method: "GET", Path: "/", Expect: Expect{Status: "200", String: "a"}},
		`expect: the response to a HEAD request has no body; write method = "GET"`: {Method: "HEAD", Path: "/", Expect: Expect{String: "a"}},
	} {
		if _, err := New(nil, c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRun(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
	for _, c := range []struct {
		name   string
		config Config
		handle func(net.Conn)
		ok     bool
		code   string
		status int
	}{
		{"200", Config{}, answer(ok), true, "L7OK", 200},
		{"302", Config{}, answer("HTTP/1.1 302 Found\r\n\r\n"), true, "L7OK", 302},
		{"404", Config{}, answer("HTTP/1.1 404 Not Found\r\n\r\n"), false, "L7STS", 404},
		{"404 expected", Config{Expect: Expect{Status: "200,404-410"}}, answer("HTTP/1.1 404 Not Found\r\n\r\n"), true, "L7OK", 404},
		{"not 404", Config{Expect: Expect{Status: "404", Not: true}}, answer("HTTP/1.1 404 Not Found\r\n\r\n"), false, "L7STS", 404},
		{"status by regex", Config{Expect: Expect{RStatus: "^20"}}, answer(ok), true, "L7OK", 200},
		{"body", Config{Expect: Expect{String: "yes"}}, answer(ok), true, "L7OK", 200},
		{"body missing", Config{Expect: Expect{String: "no"}}, answer(ok), false, "L7RSP", 200},
		{"body by regex", Config{Expect: Expect{RString: "y.s"}}, answer(ok), true, "L7OK", 200},
		{"body until the end", Config{Expect: Expect{String: "tail"}}, answer("HTTP/1.0 200 OK\r\n\r\nhead and tail"), true, "L7OK", 200},
		{"body that goes on", Config{Expect: Expect{String: "yes"}}, func(c net.Conn) {
			answer("HTTP/1.0 200 OK\r\n\r\nyes and")(c)
			checktest.Silent(c)
		}, true, "L7OK", 200},
		{"body that does not come", Config{Expect: Expect{String: "no", Not: true}}, func(c net.Conn) {
			answer("HTTP/1.0 200 OK\r\n\r\nyes and")(c)
			checktest.Silent(c)
		}, false, "L7TOUT", 200},
		{"body that is cut", Config{Expect: Expect{String: "no", Not: true}}, answer("HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nyes"), false, "L7RSP", 200},
		{"body without the string", Config{Expect: Expect{String: "no", Not: true}}, answer(ok), true, "L7OK", 200},
		{"no body", Config{Expect: Expect{String: "x"}}, func(c net.Conn) {
			answer("HTTP/1.1 204 No Content\r\n\r\n")(c)
			checktest.Silent(c)
		}, false, "L7RSP", 204},
		{"interim response", Config{}, answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok), true, "L7OK", 200},
		{"two lengths", Config{}, answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), false, "L7RSP", 0},
		{"garbage", Config{}, answer("\x00\x01\x02\r\n\r\n"), false, "L7RSP", 0},
		{"nothing", Config{}, func(net.Conn) {}, false, "L7RSP", 0},
		{"silence", Config{}, checktest.Silent, false, "L7TOUT", 0},
		{"a byte at a time", Config{}, func(c net.Conn) {
			for _, b := range []byte("HTTP/1.1 200 OK\r\nX-Slow: " + strings.Repeat("x", 100)) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}, false, "L7TOUT", 0},
		{"endless head", Config{}, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := io.WriteString(c, "X-A: "+strings.Repeat("a", 1000)+"\r\n"); err != nil {
					return
				}
			}
		}, false, "L7RSP", 0},
	} {
		c.config.Method, c.config.Path = "GET", "/healthz"
		check, err := New(nil, c.config)
		if err != nil {
			t.Fatal(c.name, err)
		}
		at := target(t, c.handle)
		if c.code != "L7TOUT" { // nothing else needs that timeout, and a busy machine may be slow
			at.Timeout = 30 * time.Second
		}
		begin := time.Now()
		r := check.Run(at)
		if r.OK != c.ok || r.Code != c.code || r.Status != c.status {
			t.Errorf("%s: got %+v", c.name, r)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s: took %v, with a timeout of %v", c.name, took, at.Timeout)
		}
	}
}

func TestRequest(t *testing.T) {
	got := make(chan string, 1)
	check, err := New(nil, Config{Method: "POST", Path: "/x?y=1", Host: "h.example.com", Headers: map[string]string{"X-B": "c", "X-A": "b"}, Body: "ping"})
	if err != nil {
		t.Fatal(err)
	}
	check.Run(target(t, func(c net.Conn) {
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil {
			t.Error(err)
		}
		got <- string(b[:n])
	}))
	want := "POST /x?y=1 HTTP/1.1\r\nHost: h.example.com\r\nX-A: b\r\nX-B: c\r\nConnection: close\r\nContent-Length: 4\r\n\r\nping"
	if s := <-got; s != want {
		t.Errorf("got  %q\nwant %q", s, want)
	}
}

func TestRefusedConnection(t *testing.T) {
	check, err := New(nil, Config{Method: "GET", Path: "/"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	r := check.Run(&health.Target{Dial: func(time.Duration) (*relay.Conn, error) {
		_, err := net.Dial("tcp", l.Addr().String())
		return nil, err
	}})
	if r.OK || r.Code != "L4CON" || r.Desc != "connection refused" {
		t.Errorf("got %+v", r)
	}
}
