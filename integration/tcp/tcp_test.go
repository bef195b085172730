// Package tcp tests TCP mode through the real binary: bytes both ways, half
// closes, resets, TLS names without terminating, the PROXY protocol, UNIX
// sockets, queues and health checks.
package tcp

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

const defaults = `
[defaults]
timeout = { connect = "20s", client = "30s", server = "30s" }
`

// echo sends everything back and passes the end on.
func echo(c net.Conn) { _, _ = io.Copy(c, c) } // an error ends it, which the other side sees

func dial(t *testing.T, at string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}

// Bytes of all sizes come back as they were sent, over TCP and UNIX sockets, and
// the end of one direction leaves the other open.
func TestBytesAndHalfClose(t *testing.T) {
	dir := t.TempDir()
	origins := map[string]string{
		"tcp":  lab.Serve(t, "tcp", "127.0.0.1:0", echo),
		"unix": lab.Serve(t, "unix", filepath.Join(dir, "echo.sock"), echo),
	}
	for name, origin := range origins {
		port := lab.Port(t)
		lab.Fairlead(t, defaults+`
[listen.echo]
bind = "127.0.0.1:`+port+`"
servers = ["`+origin+`"]
`)
		for _, size := range []int{0, 1, 1000, 16 << 10, 1 << 20, 20 << 20} {
			sent := make([]byte, size)
			if _, err := rand.Read(sent); err != nil {
				t.Fatal(err)
			}
			c := dial(t, "127.0.0.1:"+port)
			go func() {
				if _, err := c.Write(sent); err != nil {
					t.Error(err)
				}
				if err := c.(*net.TCPConn).CloseWrite(); err != nil {
					t.Error(err)
				}
			}()
			got, err := io.ReadAll(c)
			if err != nil || sha256.Sum256(got) != sha256.Sum256(sent) {
				t.Errorf("%s, %d bytes: %d came back, %v", name, size, len(got), err)
			}
		}
	}
}

// Connections that are reset on either side leave nothing behind.
func TestResets(t *testing.T) {
	origin := lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		b := make([]byte, 100)
		if n, err := c.Read(b); err == nil && n > 0 && b[0] == 'r' {
			_ = c.(*net.TCPConn).SetLinger(0) // the close that follows is a reset
			return
		}
		echo(c)
	})
	port := lab.Port(t)
	f := lab.Fairlead(t, defaults+`
[listen.echo]
bind = "127.0.0.1:`+port+`"
servers = ["`+origin+`"]
`)
	warm := dial(t, "127.0.0.1:"+port) // the first connection opens what stays
	warm.(*net.TCPConn).CloseWrite()
	if _, err := warm.Read(make([]byte, 1)); err != io.EOF {
		t.Fatal(err)
	}
	warm.Close()
	before := f.Descriptors(t)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c, err := net.Dial("tcp", "127.0.0.1:"+port)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			text := "hello"
			if i%2 == 0 {
				text = "reset"
			}
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
			if i%4 == 1 {
				_ = c.(*net.TCPConn).SetLinger(0)
				return
			}
			_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			_, _ = c.Read(make([]byte, 10)) // whatever comes
		}()
	}
	wg.Wait()
	lab.Until(t, 10*time.Second, "all descriptors are given back", func() bool { return f.Descriptors(t) <= before+2 })
}

// certificate makes a certificate of its own for a name.
func certificate(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TLS is switched by the name that the client asks for, without being ended here.
func TestServerNames(t *testing.T) {
	backends := ""
	for _, name := range []string{"a", "b"} {
		config := &tls.Config{Certificates: []tls.Certificate{certificate(t, name+".example.com")}}
		origin := lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) { echo(tls.Server(c, config)) })
		backends += "[backend." + name + "]\nservers = [\"" + origin + "\"]\n"
	}
	port := lab.Port(t)
	lab.Fairlead(t, defaults+`
[frontend.tls]
bind = "127.0.0.1:`+port+`"
tcp-request = { inspect-delay = "20s", content = [{ do = "reject", unless = "{ req.ssl_hello_type 1 }" }] }
use-backend = [{ backend = "a", if = "{ req.ssl_sni -i a.example.com }" }]
default-backend = "b"
`+backends)
	for sent, want := range map[string]string{"a.example.com": "a.example.com", "c.example.com": "b.example.com"} {
		c := tls.Client(dial(t, "127.0.0.1:"+port), &tls.Config{ServerName: sent, InsecureSkipVerify: true})
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		if got := c.ConnectionState().PeerCertificates[0].DNSNames[0]; got != want {
			t.Errorf("a client of %s reached %s", sent, got)
		}
	}
	// What is no TLS is closed without an answer.
	c := dial(t, "127.0.0.1:"+port)
	io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
	if b, err := io.ReadAll(c); len(b) > 0 {
		t.Errorf("plain HTTP got %q, %v", b, err)
	}
}

// A PROXY protocol header goes through two instances, in both versions, and the
// origin sees the first client's address.
func TestProxyProtocol(t *testing.T) {
	for _, send := range []string{"send-proxy", "send-proxy-v2"} {
		origin, last, first := lab.Port(t), lab.Port(t), lab.Port(t)
		lab.Fairlead(t, `
[defaults]
mode = "http"
timeout = { connect = "20s", client = "30s", server = "30s" }
[frontend.last]
bind = { address = "127.0.0.1:`+last+`", accept-proxy = true }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[src]:%[src_port] %[fc_rcvd_proxy]" }]
[frontend.refused]
bind = { address = "127.0.0.1:`+origin+`", accept-proxy = true }
http-request = [{ do = "return" }]
[listen.first]
mode = "tcp"
bind = "127.0.0.1:`+first+`"
servers = [{ address = "127.0.0.1:`+last+`", `+send+` = true }]
`)
		c := dial(t, "127.0.0.1:"+first)
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		b, err := io.ReadAll(c)
		want := c.LocalAddr().String() + " 1"
		if err != nil || !strings.HasSuffix(string(b), want) {
			t.Errorf("%s: got %q, %v; want %q", send, b, err, want)
		}
		// A client without the header that is asked for is not served.
		c = dial(t, "127.0.0.1:"+origin)
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if b, _ := io.ReadAll(c); len(b) > 0 {
			t.Errorf("a client without a header got %q", b)
		}
	}
}

// Connections that fail for want of a PROXY protocol header are logged with the
// reason, as HAProxy does.
func TestProxyProtocolFailures(t *testing.T) {
	port := lab.Port(t)
	p := lab.Fairlead(t, `
[listen.px]
bind = { address = "127.0.0.1:`+port+`", name = "in", accept-proxy = true }
log = { to = "stdout" }
timeout = { connect = "2s", client = "300ms", server = "10s" }
servers = ["127.0.0.1:1"]
`)
	for _, c := range []struct{ send, end, want string }{
		{"GET / HTTP/1.1\r\n\r\n", "", "Received something which does not look like a PROXY protocol header"},
		{"PROXY TCP4 1.2.3.4\r\n", "", "Received an invalid PROXY protocol header"},
		{"PROXY TC", "close", "Truncated PROXY protocol header received"},
		{"", "close", "Connection closed while waiting for PROXY protocol header"},
		{"PROXY TC", "", "Timeout while waiting for PROXY protocol header"},
	} {
		client := dial(t, "127.0.0.1:"+port)
		io.WriteString(client, c.send)
		if c.end == "close" {
			client.(*net.TCPConn).CloseWrite()
		}
		line := "px/in: " + c.want + "\n"
		lab.Until(t, 5*time.Second, "the log says "+line, func() bool { return strings.Contains(p.Output(), line) })
	}
}

// A server at its maxconn has the others wait, in their order, up to timeout queue.
func TestQueue(t *testing.T) {
	origin := lab.Serve(t, "tcp", "127.0.0.1:0", echo)
	short, long := lab.Port(t), lab.Port(t)
	f := lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
log = "global"
timeout = { connect = "20s", client = "30s", server = "30s", queue = "30s" }
[listen.short]
bind = "127.0.0.1:`+short+`"
timeout = { queue = "500ms" }
servers = [{ address = "`+origin+`", maxconn = 1 }]
[listen.long]
bind = "127.0.0.1:`+long+`"
servers = [{ address = "`+origin+`", maxconn = 1 }]
`)
	buf := make([]byte, 3)
	// served is a connection that has the server's one slot.
	served := func(port string) net.Conn {
		c := dial(t, "127.0.0.1:"+port)
		io.WriteString(c, "one")
		if _, err := io.ReadFull(c, buf); err != nil {
			t.Fatal(err)
		}
		return c
	}
	served(short)
	begin := time.Now()
	late := dial(t, "127.0.0.1:"+short)
	if _, err := late.Read(make([]byte, 1)); err == nil {
		t.Error("a connection that had to wait too long got bytes")
	}
	if took := time.Since(begin); took < 500*time.Millisecond || took > 20*time.Second {
		t.Errorf("timeout queue 500ms ended the wait after %v", took)
	}
	lab.Until(t, 5*time.Second, "the log says why", func() bool { return strings.Contains(f.Output(), " sQ ") })
	first := served(long)
	second := dial(t, "127.0.0.1:"+long) // waits for the first to end
	first.Close()
	io.WriteString(second, "two")
	if _, err := io.ReadFull(second, buf); err != nil || string(buf) != "two" {
		t.Errorf("the one that waited got %q, %v", buf, err)
	}
}

// A server that fails its checks gets no traffic, and comes back by rise; the
// backup serves meanwhile.
func TestHealth(t *testing.T) {
	name := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			b := make([]byte, 100)
			if _, err := c.Read(b); err == nil {
				io.WriteString(c, text)
			}
		}
	}
	at := "127.0.0.1:" + lab.Port(t)
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	start := func(l net.Listener) {
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					name("main")(c)
				}()
			}
		}()
	}
	start(l)
	backup := lab.Serve(t, "tcp", "127.0.0.1:0", name("backup"))
	port := lab.Port(t)
	f := lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[listen.h]
bind = "127.0.0.1:`+port+`"
log = "global"
timeout = { connect = "20s", client = "30s", server = "30s" }
check = { type = "tcp", interval = "300ms", rise = 2, fall = 2 }
servers = ["`+at+`", { address = "`+backup+`", backup = true }]
`)
	ask := func() string {
		c := dial(t, "127.0.0.1:"+port)
		io.WriteString(c, "who")
		b, err := io.ReadAll(c)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	if got := ask(); got != "main" {
		t.Fatalf("got %q", got)
	}
	l.Close()
	lab.Until(t, 5*time.Second, "the backup serves", func() bool { return ask() == "backup" })
	if l, err = net.Listen("tcp", at); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	start(l)
	lab.Until(t, 5*time.Second, "the server is back", func() bool { return ask() == "main" })
	for _, want := range []string{"Server h/s1 is DOWN, reason: Layer4 connection problem", "Server h/s1 is UP, reason: Layer4 check passed"} {
		if !strings.Contains(f.Output(), want) {
			t.Errorf("%q is not logged", want)
		}
	}
}

// The rules of all three lists, and TCP log lines with their termination states.
func TestRulesAndLogs(t *testing.T) {
	origin := lab.Serve(t, "tcp", "127.0.0.1:0", echo)
	closed := "127.0.0.1:" + lab.Port(t)
	deny, refuse, plain := lab.Port(t), lab.Port(t), lab.Port(t)
	f := lab.Fairlead(t, defaults+`
[[global.log]]
to = "stdout"
[listen.deny]
bind = "127.0.0.1:`+deny+`"
log = "global"
tcp-request = { connection = [{ do = "reject", if = "{ src 127.0.0.0/8 }" }] }
servers = ["`+origin+`"]
[listen.refuse]
bind = "127.0.0.1:`+refuse+`"
log = "global"
retries = 0
servers = ["`+closed+`"]
[listen.plain]
bind = "127.0.0.1:`+plain+`"
log = "global"
servers = ["`+origin+`"]
`)
	for _, port := range []string{deny, refuse} {
		c := dial(t, "127.0.0.1:"+port)
		if b, _ := io.ReadAll(c); len(b) > 0 {
			t.Errorf("got %q", b)
		}
	}
	c := dial(t, "127.0.0.1:"+plain)
	io.WriteString(c, "12345")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(c); !bytes.Equal(b, []byte("12345")) {
		t.Errorf("got %q, %v", b, err)
	}
	lines := []*regexp.Regexp{
		regexp.MustCompile(` refuse refuse/s1 0/-1/\d+ 0 SC `),
		regexp.MustCompile(` plain plain/s1 0/\d+/\d+ 5 -- `),
	}
	lab.Until(t, 5*time.Second, "both connections are logged", func() bool {
		return !slices.ContainsFunc(lines, func(line *regexp.Regexp) bool { return !line.MatchString(f.Output()) })
	})
}
