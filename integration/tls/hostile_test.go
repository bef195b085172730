package tls

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// Clients that do not speak TLS as they should are refused, told why where that
// can be, and do not get in the way of others.
func TestHostileClients(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	port := lab.Port(t)
	strange := lab.Port(t)
	f := lab.Fairlead(t, strings.Replace(defaults, `client = "30s"`, `client = "30s", http-request = "1s"`, 1)+`
[frontend.own]
bind = { address = "127.0.0.1:`+strange+`", name = "b", tls = { crt = "`+site+`", verify = "required", ca-file = "`+ca.file+`" } }
error-log-format = "%ft %b %[fc_err] %[fc_err_name] %[ssl_fc_is_resumed] %[ssl_fc_sni]"
option = "dontlognull"
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", name = "front", tls = { crt = "`+site+`", strict-sni = true } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", string = "ok" }]
`)
	hello := clientHello(t)
	for name, c := range map[string]struct {
		send []byte
		want string // what the answer begins with
	}{
		"plain HTTP":           {[]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.0 400 "},
		"noise":                {[]byte("\x00\x01\x02\x03\x04\x05\x06\x07 nothing that is TLS"), ""},
		"half a record":        {hello[:len(hello)/2], ""},
		"a header alone":       {hello[:5], ""},
		"a broken hello":       {broken(hello), "\x15\x03\x01\x00\x02\x02"},
		"too long a record":    {append([]byte{0x16, 3, 1, 0xff, 0xff}, make([]byte, 70000)...), "\x15\x03\x01\x00\x02\x02"},
		"an alert":             {[]byte{0x15, 3, 1, 0, 2, 2, 40}, ""},
		"application data":     {[]byte{0x17, 3, 3, 0, 1, 0}, ""},
		"SSLv2":                {[]byte{0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10, 1, 0, 0x80}, "\x15\x03\x01\x00\x02\x02"},
		"nothing, and it ends": {nil, ""},
	} {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(25 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(c.send) // it may be refused before all is sent
		if len(c.send) == 0 {
			conn.(*net.TCPConn).CloseWrite()
		}
		got, err := io.ReadAll(conn)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%s: the connection stays", name)
		}
		if !bytes.HasPrefix(got, []byte(c.want)) {
			t.Errorf("%s: answered %q, want %q", name, got, c.want)
		}
		conn.Close()
	}
	for name, c := range map[string]struct {
		change func(*tls.Config)
		want   string
	}{
		"no protocol in common": {func(c *tls.Config) { c.NextProtos = []string{"spdy/1"} }, "no application protocol"},
		"another name":          {func(c *tls.Config) { c.ServerName = "other.example.com" }, "unrecognized name"},
		"no name":               {func(c *tls.Config) { c.ServerName = "" }, "unrecognized name"},
		"an old version":        {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, "protocol version not supported"},
		"an old cipher": {func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
		}, "handshake failure"},
	} {
		if got := presented(port, "site.example.com", c.change); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := presented(port, "site.example.com", nil); !strings.HasPrefix(got, "site.example.com") {
		t.Errorf("after all that: %s", got)
	}
	ask(&tls.Config{InsecureSkipVerify: true}, strange)
	for _, line := range []string{
		"web/front: SSL handshake failure", "web/front: Timeout during SSL handshake", "web/front: Connection closed during SSL handshake", "own own 31 SSL_CRT_FAIL 0 ",
	} {
		lab.Until(t, 5*time.Second, "the log says "+line, func() bool { return strings.Contains(f.Output(), line) })
	}
}

// clientHello gives the first record of a client.
func clientHello(t *testing.T) []byte {
	t.Helper()
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		_ = tls.Client(there, &tls.Config{ServerName: "site.example.com", MinVersion: tls.VersionTLS12}).Handshake() // it ends with the pipe
	}()
	b := make([]byte, 64<<10)
	n, err := here.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

// broken gives a hello whose lengths do not fit.
func broken(hello []byte) []byte {
	b := bytes.Clone(hello)
	b[43] = 0xff // the length of the session's number
	return b
}

// Clients beyond maxsslconn wait for others to go, and plain ones do not.
func TestMaxSSLConn(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	port, plain := lab.Port(t), lab.Port(t)
	lab.Fairlead(t, "maxsslconn = 2\n"+defaults+`
[frontend.web]
bind = [{ address = "127.0.0.1:`+port+`", tls = "`+site+`" }, "127.0.0.1:`+plain+`"]
http-request = [{ do = "return", status = 200, content-type = "text/plain", string = "ok" }]
`)
	config := &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com"}
	var held []*tls.Conn
	for range 2 {
		c, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	third := make(chan error, 1)
	go func() {
		c, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
		if err == nil {
			c.Close()
		}
		third <- err
	}()
	if out, _, code := lab.Run(t, lab.Need(t, "curl"), "-s", "http://127.0.0.1:"+plain+"/"); out != "ok" || code != 0 {
		t.Errorf("plain: %q, exit status %d", out, code)
	}
	select {
	case err := <-third:
		t.Errorf("the third did not wait: %v", err)
	default:
	}
	held[0].Close()
	if err := <-third; err != nil {
		t.Errorf("after one has gone: %v", err)
	}
	held[1].Close()
}

// Handshakes beyond maxsslrate wait.
func TestMaxSSLRate(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	port := lab.Port(t)
	lab.Fairlead(t, "maxsslrate = 20\n"+defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = "`+site+`" }
`)
	began := time.Now()
	var wg sync.WaitGroup
	for range 22 {
		wg.Go(func() {
			if got := presented(port, "site.example.com", nil); !strings.HasPrefix(got, "site.example.com") {
				t.Error(got)
			}
		})
	}
	wg.Wait()
	if took := time.Since(began); took < 800*time.Millisecond {
		t.Errorf("22 handshakes took %v", took)
	}
}

// A storm of handshakes leaves streams that are under way their time.
func TestStorm(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", true, "site.example.com")
	port := lab.Port(t)
	lab.Fairlead(t, defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = "`+site+`" }
http-request = [{ do = "return", status = 200, content-type = "text/plain", string = "ok" }]
`)
	steady, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer steady.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					presented(port, "site.example.com", nil)
				}
			}
		})
	}
	defer wg.Wait()
	defer close(stop)
	b := make([]byte, 4096)
	worst := time.Duration(0)
	for range 50 {
		began := time.Now()
		if err := steady.SetDeadline(began.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprint(steady, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := steady.Read(b); err != nil {
			t.Fatal(err)
		}
		worst = max(worst, time.Since(began))
	}
	t.Logf("the longest of 50 answers took %v", worst)
}

// Clients that reset their connections are counted out: the process can end.
func TestResets(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	port := lab.Port(t)
	f := lab.Fairlead(t, defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = "`+site+`" }
http-request = [{ do = "return", status = 200, content-type = "text/plain", string = "ok" }]
`)
	for range 50 {
		raw, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com"})
		if _, err := fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if err := raw.(*net.TCPConn).SetLinger(0); err != nil {
			t.Fatal(err)
		}
		raw.Close()
	}
	f.Signal(t, syscall.SIGTERM)
	if code := f.Wait(t, 10*time.Second); code != 0 {
		t.Errorf("exit status %d", code)
	}
}
