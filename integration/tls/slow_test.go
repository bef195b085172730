package tls

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// readSlowly takes so many bytes at a rate.
func readSlowly(c *http.Client, url string, size, rate int) error {
	res, err := c.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	begun, total, b := time.Now(), 0, make([]byte, 64<<10)
	for err == nil {
		var n int
		n, err = res.Body.Read(b)
		total += n
		time.Sleep(time.Until(begun.Add(time.Duration(total) * time.Second / time.Duration(rate))))
	}
	if err != io.EOF || total != size || res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d, %d bytes of %d after %v: %w", res.StatusCode, total, size, time.Since(begun), err)
	}
	return nil
}

// TestSlowClient has clients read steadily and more slowly than the server sends,
// for longer than any timeout: nobody is idle, so nobody is cut off. A machine that
// stands still for so long may have another go.
func TestSlowClient(t *testing.T) {
	const size, rate = 9 << 20, 3 << 20 // bytes, and bytes a second
	body := lab.Pattern(size)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
	t.Cleanup(origin.Close)
	ca := newAuthority(t)
	ca.issue("a.pem", false, "a.example.com")
	plain, secure := lab.Port(t), lab.Port(t)
	lab.Fairlead(t, `
[defaults]
mode = "http"
timeout = { connect = "20s", client = "1s", server = "1s" }
[frontend.web]
bind = ["127.0.0.1:`+plain+`", { address = "127.0.0.1:`+secure+`", tls = "`+ca.dir+`/a.pem" }]
default-backend = "app"
[backend.app]
servers = ["`+origin.Listener.Addr().String()+`"]
`)
	narrow := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if cerr := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 128<<10) }); cerr != nil {
			return cerr
		}
		return err
	}}
	for _, c := range []struct {
		name, url string
		http2     bool
	}{
		{"plain", "http://127.0.0.1:" + plain, false}, {"TLS", "https://127.0.0.1:" + secure, false}, {"HTTP/2", "https://127.0.0.1:" + secure, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := &http.Transport{
				DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
					return narrow.DialContext(ctx, "tcp", addr)
				},
				TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, Protocols: new(http.Protocols),
			}
			tr.Protocols.SetHTTP1(!c.http2)
			tr.Protocols.SetHTTP2(c.http2)
			t.Cleanup(tr.CloseIdleConnections)
			lab.Attempts(t, 5, func() error { return readSlowly(&http.Client{Transport: tr}, c.url, size, rate) })
		})
	}
}
