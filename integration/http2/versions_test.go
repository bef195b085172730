// Package http2 tests HTTP/2 on both sides of the real binary, in every
// combination with HTTP/1, with Go's own client and server, curl, nghttp and h2spec.
package http2

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// versions are those that a side may speak.
var versions = []string{"h1", "h2c", "h2"}

// startOrigin starts an origin of a version and gives the server's entry in the
// configuration.
func startOrigin(t *testing.T, version string) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(lab.Origin))
	s.Config.Protocols = new(http.Protocols)
	switch version {
	case "h1":
		s.Config.Protocols.SetHTTP1(true)
		s.Start()
	case "h2c":
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
	case "h2":
		s.EnableHTTP2 = true
		s.Config.Protocols.SetHTTP2(true)
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	address := s.Listener.Addr().String()
	return map[string]string{
		"h1":  `"` + address + `"`,
		"h2c": `{ address = "` + address + `", proto = "h2" }`,
		"h2":  `{ address = "` + address + `", tls = { verify = "none", alpn = ["h2", "http/1.1"] } }`,
	}[version]
}

// proxy starts Fairlead in front of a server and gives its plain and TLS ports.
func proxy(t *testing.T, server, extra string) (p *lab.Process, plain, secure string) {
	t.Helper()
	plain, secure = lab.Port(t), lab.Port(t)
	p = lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "20s", client = "30s", server = "30s" }
[frontend.web]
bind = ["127.0.0.1:`+plain+`", { address = "127.0.0.1:`+secure+`", tls = "`+lab.Certificate(t)+`" }]
default-backend = "app"
`+extra+`
[backend.app]
retries = 0
servers = [`+server+`]
`)
	return p, plain, secure
}

// client speaks one version; base is where it finds the proxy.
func client(t *testing.T, version, plain, secure string) (c *http.Client, base string) {
	t.Helper()
	tr := &http.Transport{Protocols: new(http.Protocols), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	base = "http://127.0.0.1:" + plain
	switch version {
	case "h1":
		tr.Protocols.SetHTTP1(true)
	case "h2c":
		tr.Protocols.SetUnencryptedHTTP2(true)
	case "h2":
		tr.Protocols.SetHTTP2(true)
		base = "https://127.0.0.1:" + secure
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: time.Minute}, base
}

// each runs a test for every combination of versions.
func each(t *testing.T, test func(t *testing.T, c *http.Client, base, from, to string)) {
	for _, to := range versions {
		_, plain, secure := proxy(t, startOrigin(t, to), "")
		for _, from := range versions {
			t.Run(from+" to "+to, func(t *testing.T) {
				c, base := client(t, from, plain, secure)
				test(t, c, base, from, to)
			})
		}
	}
}

func TestMessages(t *testing.T) {
	protos := map[string]string{"h1": "HTTP/1.1", "h2c": "HTTP/2.0", "h2": "HTTP/2.0"}
	each(t, func(t *testing.T, c *http.Client, base, from, to string) {
		for _, n := range []string{"0", "1000", "4000000"} {
			for _, length := range []string{"", "&length"} {
				res, b := lab.Do(t, c, lab.Request(t, "GET", base+"/bytes?n="+n+length, nil))
				want, _ := strconv.Atoi(n)
				if res.StatusCode != 200 || !bytes.Equal(b, lab.Pattern(want)) || res.Proto != protos[from] || res.Header.Get("X-Proto") != protos[to] {
					t.Errorf("GET of %s bytes%s: %d, %d bytes, %s, asked the server by %s", n, length, res.StatusCode, len(b), res.Proto, res.Header.Get("X-Proto"))
				}
			}
		}
		for _, n := range []int{1, 1000, 3_000_000} {
			body := lab.Pattern(n)
			for _, known := range []bool{true, false} {
				r := lab.Request(t, "POST", base+"/echo", bytes.NewReader(body))
				if !known {
					r = lab.Request(t, "POST", base+"/echo", io.MultiReader(bytes.NewReader(body)))
				}
				res, b := lab.Do(t, c, r)
				if res.StatusCode != 200 || !bytes.Equal(b, body) || (res.Header.Get("X-Length") != "") != known {
					t.Errorf("POST of %d bytes, length known %v: %d, %d bytes, content-length %q", n, known, res.StatusCode, len(b), res.Header.Get("X-Length"))
				}
			}
		}
		if res, b := lab.Do(t, c, lab.Request(t, "HEAD", base+"/bytes?n=1000&length", nil)); res.ContentLength != 1000 || len(b) != 0 {
			t.Errorf("HEAD: length %d, %d bytes", res.ContentLength, len(b))
		}
		if res, b := lab.Do(t, c, lab.Request(t, "GET", base+"/none", nil)); res.StatusCode != 204 || len(b) != 0 {
			t.Errorf("204: %d, %d bytes", res.StatusCode, len(b))
		}
		r := lab.Request(t, "GET", base+"/cookies", nil)
		r.AddCookie(&http.Cookie{Name: "x", Value: "1"})
		r.AddCookie(&http.Cookie{Name: "y", Value: "2"})
		r.Host = "site.example"
		if res, b := lab.Do(t, c, r); string(b) != "site.example|x=1; y=2" || len(res.Cookies()) != 2 {
			t.Errorf("cookies: %q, %v", b, res.Cookies())
		}
	})
}

func TestTrailers(t *testing.T) {
	each(t, func(t *testing.T, c *http.Client, base, from, to string) {
		res, b := lab.Do(t, c, lab.Request(t, "GET", base+"/trailers", nil))
		if string(b) != "body" || res.Trailer.Get("X-Tail") != "end" {
			t.Errorf("response: %q, trailers %v", b, res.Trailer)
		}
		r := lab.Request(t, "POST", base+"/echo", io.MultiReader(strings.NewReader("body")))
		r.Trailer = http.Header{"X-Tail": {"sent"}}
		if res, b := lab.Do(t, c, r); string(b) != "body" || res.Header.Get("X-Trailer-Seen") != "sent" {
			t.Errorf("request: %q, the server saw the trailer %q", b, res.Header.Get("X-Trailer-Seen"))
		}
	})
}

func TestInterim(t *testing.T) {
	each(t, func(t *testing.T, c *http.Client, base, from, to string) {
		var early []string
		trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			early = append(early, fmt.Sprint(code, h.Get("Link")))
			return nil
		}}
		r := lab.Request(t, "GET", base+"/early", nil)
		_, b := lab.Do(t, c, r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
		if string(b) != "late" || len(early) != 1 || early[0] != "103</a.css>" {
			t.Errorf("%q after %v", b, early)
		}
	})
}

func TestContentAsItComes(t *testing.T) {
	each(t, func(t *testing.T, c *http.Client, base, from, to string) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		res, err := c.Do(lab.Request(t, "GET", base+"/pieces", nil).WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b := make([]byte, 5)
		if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != "piece" {
			t.Errorf("the first piece: %q, %v", b, err)
		}
	})
}

func TestServerBreaksOff(t *testing.T) {
	each(t, func(t *testing.T, c *http.Client, base, from, to string) {
		res, err := c.Do(lab.Request(t, "GET", base+"/abort", nil))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if b, err := io.ReadAll(res.Body); err == nil || len(b) > 1000 {
			t.Errorf("%d bytes and no error for a response that was cut short", len(b))
		}
		if res, _ := lab.Do(t, c, lab.Request(t, "GET", base+"/none", nil)); res.StatusCode != 204 {
			t.Errorf("afterwards: %d", res.StatusCode)
		}
	})
}

func TestServerGone(t *testing.T) {
	for _, server := range []string{`"127.0.0.1:1"`, `{ address = "127.0.0.1:1", proto = "h2" }`} {
		_, plain, secure := proxy(t, server, "")
		for _, from := range versions {
			c, base := client(t, from, plain, secure)
			if res, b := lab.Do(t, c, lab.Request(t, "GET", base+"/", nil)); res.StatusCode != 503 || !bytes.Contains(b, []byte("503")) {
				t.Errorf("%s to %s: %d %q", from, server, res.StatusCode, b)
			}
		}
	}
}

// TestStreamsShareConnections counts the connections that many streams at once
// make to a server that speaks HTTP/2.
func TestStreamsShareConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conns, release, arrived := make(chan struct{}, 100), make(chan struct{}), make(chan struct{}, 100)
	s := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			return
		}
		arrived <- struct{}{}
		<-release
	}), ConnState: func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			conns <- struct{}{}
		}
	}}
	s.Protocols.SetUnencryptedHTTP2(true)
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	_, plain, secure := proxy(t, `{ address = "`+l.Addr().String()+`", proto = "h2" }`, "")
	c, base := client(t, "h2c", plain, secure)
	lab.Do(t, c, lab.Request(t, "GET", base+"/first", nil)) // or the client may open several connections itself
	const n = 40
	results := make(chan error, n)
	for range n {
		go func() {
			res, err := c.Get(base + "/")
			if err == nil {
				res.Body.Close()
			}
			results <- err
		}()
	}
	for range n {
		<-arrived
	}
	close(release)
	for range n {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if len(conns) != 1 {
		t.Errorf("%d connections for %d streams", len(conns), n)
	}
}

// TestOtherClients has curl and nghttp ask, with and without TLS.
func TestOtherClients(t *testing.T) {
	_, plain, secure := proxy(t, startOrigin(t, "h1"), "")
	for _, args := range [][]string{
		{"--http2-prior-knowledge", "http://127.0.0.1:" + plain},
		{"--http2", "https://127.0.0.1:" + secure},
		{"--http1.1", "https://127.0.0.1:" + secure},
	} {
		url := args[1]
		out, errs, code := lab.Run(t, lab.Need(t, "curl"), "-sk", args[0], "-w", "%{http_version} %{http_code} %{size_download}", "-o", "/dev/null", url+"/bytes?n=100000")
		version := strings.TrimSuffix(strings.TrimPrefix(args[0], "--http"), "-prior-knowledge")
		if want := version + " 200 100000"; code != 0 || out != want {
			t.Errorf("curl %v: exit status %d, %q, want %q\n%s", args, code, out, want, errs)
		}
		out, _, code = lab.Run(t, lab.Need(t, "curl"), "-sk", args[0], "-d", strings.Repeat("x", 50000), url+"/echo")
		if code != 0 || len(out) < 50000 {
			t.Errorf("curl %v: exit status %d, %d bytes came back of 50000", args, code, len(out))
		}
	}
	for _, url := range []string{"http://127.0.0.1:" + plain, "https://127.0.0.1:" + secure} {
		out, errs, code := lab.Run(t, lab.Need(t, "nghttp"), "-nvy", "-m", "20", url+"/bytes?n=70000")
		if code != 0 || strings.Count(out, ":status: 200") != 20 {
			t.Errorf("nghttp %s: exit status %d\n%s\n%s", url, code, out, errs)
		}
		out, errs, code = lab.Run(t, lab.Need(t, "h2load"), "-n", "2000", "-c", "4", "-m", "20", url+"/bytes?n=1000")
		if code != 0 || !strings.Contains(out, "2000 succeeded, 0 failed") {
			t.Errorf("h2load %s: exit status %d\n%s\n%s", url, code, out, errs)
		}
	}
}
