// Package quic tests HTTP/3 on both sides of the real binary.
package quic

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// proxied is Fairlead that listens by QUIC and by TLS at the same port number.
type proxied struct {
	proc *lab.Process
	port string
	cert string
}

func front(t *testing.T, server, extra string) *proxied {
	t.Helper()
	f := &proxied{port: lab.Port(t), cert: lab.Certificate(t)}
	f.proc = lab.Fairlead(t, f.config(server, extra))
	return f
}

func (f *proxied) config(server, extra string) string {
	return `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
retries = 0
timeout = { connect = "20s", client = "30s", server = "30s" }
[frontend.web]
bind = [
  { address = "127.0.0.1:` + f.port + `", tls = "` + f.cert + `" },
  { address = "quic@127.0.0.1:` + f.port + `", tls = "` + f.cert + `" },
]
alt-svc = true
forwardfor = true
default-backend = "app"
[backend.app]
servers = [` + server + `]
` + extra
}

func client(t *testing.T) *http.Client {
	t.Helper()
	tr := &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(func() { tr.Close() })
	return &http.Client{Transport: tr, Timeout: time.Minute}
}

// servers are an origin in each version; HTTP/3's is another Fairlead.
func servers(t *testing.T) map[string]string {
	t.Helper()
	plain := httptest.NewServer(http.HandlerFunc(lab.Origin))
	t.Cleanup(plain.Close)
	h2c := httptest.NewUnstartedServer(http.HandlerFunc(lab.Origin))
	h2c.Config.Protocols = new(http.Protocols)
	h2c.Config.Protocols.SetUnencryptedHTTP2(true)
	h2c.Start()
	t.Cleanup(h2c.Close)
	inner := front(t, `"`+plain.Listener.Addr().String()+`"`, "")
	return map[string]string{
		"HTTP/1.1": `"` + plain.Listener.Addr().String() + `"`,
		"HTTP/2":   `{ address = "` + h2c.Listener.Addr().String() + `", proto = "h2" }`,
		"HTTP/3":   `{ address = "quic@127.0.0.1:` + inner.port + `", tls = { verify = "none" } }`,
	}
}

func TestMessages(t *testing.T) {
	for version, server := range servers(t) {
		t.Run("to "+version, func(t *testing.T) {
			f := front(t, server, "")
			c, base := client(t), "https://127.0.0.1:"+f.port
			for _, n := range []int{0, 1000, 4_000_000} {
				for _, length := range []string{"", "&length"} {
					res, b := lab.Do(t, c, lab.Request(t, "GET", fmt.Sprintf("%s/bytes?n=%d%s", base, n, length), nil))
					if res.StatusCode != 200 || !bytes.Equal(b, lab.Pattern(n)) || res.Proto != "HTTP/3.0" {
						t.Errorf("GET of %d bytes%s: %d, %d bytes, %s", n, length, res.StatusCode, len(b), res.Proto)
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
			if res, _ := lab.Do(t, c, lab.Request(t, "GET", base+"/none", nil)); res.StatusCode != 204 {
				t.Errorf("204: %d", res.StatusCode)
			}
			if _, b := lab.Do(t, c, lab.Request(t, "GET", base+"/host", nil)); !strings.HasPrefix(string(b), "127.0.0.1:"+f.port+" 127.0.0.1") || strings.Contains(string(b), "chunked") {
				t.Errorf("the server saw %q", b)
			}
			res, b := lab.Do(t, c, lab.Request(t, "GET", base+"/trailers", nil))
			if string(b) != "body" || res.Trailer.Get("X-Tail") != "end" {
				t.Errorf("trailers of the response: %q, %v", b, res.Trailer)
			}
			r := lab.Request(t, "POST", base+"/echo", io.MultiReader(strings.NewReader("body")))
			r.Trailer = http.Header{"X-Tail": {"sent"}}
			if res, b := lab.Do(t, c, r); string(b) != "body" || res.Header.Get("X-Trailer-Seen") != "sent" {
				t.Errorf("trailers of the request: %q, the server saw %q", b, res.Header.Get("X-Trailer-Seen"))
			}
			if aborted, err := c.Get(base + "/abort"); err == nil { // else the reset has overtaken the head
				if b, err := io.ReadAll(aborted.Body); (err == nil || len(b) > 1000) && aborted.StatusCode != 502 {
					t.Errorf("%d bytes and no error for a response that was cut short", len(b))
				}
				aborted.Body.Close()
			}
			ctx, cancel := context.WithCancel(context.Background())
			pieces, err := c.Do(lab.Request(t, "GET", base+"/pieces", nil).WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			piece := make([]byte, 5)
			if _, err := io.ReadFull(pieces.Body, piece); err != nil || string(piece) != "piece" {
				t.Errorf("the first piece: %q, %v", piece, err)
			}
			cancel()
			pieces.Body.Close()
		})
	}
}

// TestAltSvc follows the field that tells clients of HTTP/3.
func TestAltSvc(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(lab.Origin))
	t.Cleanup(plain.Close)
	f := front(t, `"`+plain.Listener.Addr().String()+`"`, "")
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	res, _ := lab.Do(t, c, lab.Request(t, "GET", "https://127.0.0.1:"+f.port+"/none", nil))
	if got, want := res.Header.Get("Alt-Svc"), `h3=":`+f.port+`"; ma=86400`; got != want {
		t.Errorf("Alt-Svc %q, want %q", got, want)
	}
	if res, _ := lab.Do(t, client(t), lab.Request(t, "GET", "https://127.0.0.1:"+f.port+"/none", nil)); res.Header.Get("Alt-Svc") != "" {
		t.Errorf("told a client that is there already: %q", res.Header.Get("Alt-Svc"))
	}
}

// TestReload has a download go on while the configuration is replaced, and new
// requests get the new one.
func TestReload(t *testing.T) {
	const size = 30_000_000
	begun := make(chan struct{}, 1)
	goOn := make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/long" {
			lab.Origin(w, r)
			return
		}
		w.Write(lab.Pattern(size)[:size/2])
		w.(http.Flusher).Flush()
		begun <- struct{}{}
		<-goOn
		w.Write(lab.Pattern(size)[size/2:])
	}))
	t.Cleanup(plain.Close)
	t.Cleanup(release) // or its handler would not end
	server := `"` + plain.Listener.Addr().String() + `"`
	f := front(t, server, "")
	c, base := client(t), "https://127.0.0.1:"+f.port
	res, err := c.Get(base + "/long")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got := make(chan []byte, 1)
	go func() {
		b, err := io.ReadAll(res.Body)
		if err != nil {
			b = []byte(err.Error())
		}
		got <- b
	}()
	<-begun
	reload(t, f.proc, f.config(server, "[[backend.app.http-response]]\ndo = \"set-header\"\nname = \"X-New\"\nvalue = \"1\"\n"))
	if res, _ := lab.Do(t, client(t), lab.Request(t, "GET", base+"/none", nil)); res.Header.Get("X-New") != "1" {
		t.Error("a new connection got the configuration of before")
	}
	release()
	if b := <-got; !bytes.Equal(b, lab.Pattern(size)) {
		t.Errorf("the download that was under way: %d bytes, %.100q", len(b), b)
	}
}
