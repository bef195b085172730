package tls

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// What is said of TLS with servers and of their checks holds, and the fetches
// tell of it.
func TestServers(t *testing.T) {
	ca := newAuthority(t)
	pair, err := tls.LoadX509KeyPair(ca.issue("origin.pem", false, "origin.example.com", "check.example.com"), ca.dir+"/origin.pem")
	if err != nil {
		t.Fatal(err)
	}
	client := ca.issue("client.pem", false, "client")
	var mu sync.Mutex
	checked := map[string]bool{}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := ""
		if len(r.TLS.PeerCertificates) > 0 {
			who = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		if r.URL.Path == "/healthz" {
			mu.Lock()
			checked[r.TLS.ServerName+" "+r.TLS.NegotiatedProtocol] = true
			mu.Unlock()
			return
		}
		fmt.Fprintf(w, "%v %s", r.TLS.DidResume, who)
	})}
	go func() { _ = s.Serve(l) }() // until Close
	defer s.Close()
	port := lab.Port(t)
	plain := map[string]int{}
	unencrypted := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		plain[r.URL.Path]++
		mu.Unlock()
	}))
	defer unencrypted.Close()
	server := func(name, tls string) string {
		return "[backend." + name + "]\nhttp-reuse = \"never\"\n[backend." + name + ".server.s]\naddress = \"" + l.Addr().String() + "\"\ntls = " + strings.ReplaceAll(tls, "CA", ca.file) + "\n"
	}
	lab.Fairlead(t, defaults+`
[crt-store.own]
load = { crt = "`+client+`", alias = "client" }
[frontend.web]
bind = "127.0.0.1:`+port+`"
option = "http-server-close"
http-response = [{ do = "set-header", name = "X-Server", value = "%[ssl_bc] %[ssl_bc_protocol] %[ssl_bc_cipher] %[ssl_bc_is_resumed] %[ssl_bc_sni] %[ssl_bc_alpn] %[ssl_s_s_dn(CN)]" }]
use-backend = [{ backend = "%[path,field(2,/)]" }]
[backend.plain]
servers = ["127.0.0.1:1"]
`+server("resuming", `{ ca-file = "CA", sni = "str(origin.example.com)", alpn = "http/1.1", crt = "@own/client" }`)+
		server("afresh", `{ ca-file = "CA", sni = "str(origin.example.com)", ssl-reuse = false, ssl-max-ver = "TLSv1.2", ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305" }`)+
		server("checked", `{ ca-file = "CA", sni = "str(origin.example.com)", alpn = "http/1.1", check-sni = "check.example.com", check-alpn = [] }`)+`
check = { type = "http", path = "/healthz", interval = "100ms" }
`+server("auto", `{ verify = "none", sni-auto = true }`)+`
[backend.encrypted]
servers = [{ address = "`+l.Addr().String()+`", check-ssl = { verify = "none", alpn = "http/1.1", check-sni = "own.example.com" } }]
check = { type = "http", path = "/healthz", interval = "100ms" }
[backend.unencrypted]
servers = [{ address = "`+unencrypted.Listener.Addr().String()+`", tls = { verify = "none" }, check-ssl = false }]
check = { type = "http", path = "/plain", interval = "100ms" }
`)
	get := func(path string) string {
		t.Helper()
		c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
		res, err := c.Get("http://127.0.0.1:" + port + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(res.StatusCode, " ", string(b), " | ", res.Header.Get("X-Server"))
	}
	for _, c := range []struct{ path, want string }{
		{"/resuming", "200 false client | 1 TLSv1.3 TLS_AES_128_GCM_SHA256 0 origin.example.com http/1.1 origin.example.com"},
		{"/resuming", "200 true client | 1 TLSv1.3 TLS_AES_128_GCM_SHA256 1 origin.example.com http/1.1 origin.example.com"},
		{"/afresh", "200 false  | 1 TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305 0 origin.example.com  origin.example.com"},
		{"/afresh", "200 false  | 1 TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305 0 origin.example.com  origin.example.com"},
	} {
		if got := get(c.path); got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
	for _, name := range []string{"a", "b"} {
		req, err := http.NewRequest("GET", "http://127.0.0.1:"+port+"/auto", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = name + ".example.com:8080"
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("X-Server"); !strings.Contains(got, " "+name+".example.com ") {
			t.Errorf("sni-auto for %s: %q", name, got)
		}
	}
	lab.Until(t, 10*time.Second, "servers are checked by TLS and without as check-ssl says", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return checked["own.example.com http/1.1"] && plain["/plain"] > 1
	})
	lab.Until(t, 10*time.Second, "the server is checked under a name of its own", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return checked["check.example.com "]
	})
}
