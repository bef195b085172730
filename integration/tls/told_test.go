package tls

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/proxyproto"
	"github.com/fairleadproxy/fairlead/integration/lab"
)

// headers answers each connection's first request with the PROXY protocol header that
// came before it, in hexadecimal.
func headers(c net.Conn) {
	r := bufio.NewReader(c)
	for n := 1; n <= proxyproto.MaxV2; n++ {
		b, err := r.Peek(n)
		if err != nil {
			return
		}
		_, size, err := proxyproto.Parse(b)
		if errors.Is(err, proxyproto.ErrIncomplete) {
			continue
		}
		text := hex.EncodeToString(b[:size])
		if err != nil {
			text = err.Error()
		}
		if _, err := r.Discard(size); err != nil {
			return
		}
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		req.Body.Close()
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(text), text)
		return
	}
}

// client asks one proxy, and gives the body of the answer.
type client struct {
	network, address string
	tls              *tls.Config
}

func (c client) ask(t *testing.T, path string, fields ...string) string {
	t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: c.tls, ForceAttemptHTTP2: c.tls != nil && len(c.tls.NextProtos) > 1,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return net.DialTimeout(c.network, c.address, time.Minute)
		},
	}
	defer transport.CloseIdleConnections()
	scheme := "http"
	if c.tls != nil {
		scheme = "https"
	}
	req, err := http.NewRequest("GET", scheme+"://site.example.com"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		req.Header.Set(fields[i], fields[i+1])
	}
	res, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Do(req)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// blind gives a header without what differs from connection to connection and proxy to
// proxy: the ports, and the checksum, which Parse has found to be right.
func blind(t *testing.T, header string) string {
	t.Helper()
	b, err := hex.DecodeString(header)
	if err != nil {
		t.Fatalf("the header is %q", header)
	}
	h, n, err := proxyproto.Parse(b)
	if err != nil || n != len(b) {
		t.Fatalf("%q: %v", b, err)
	}
	if h.Version == 1 {
		return "v1"
	}
	if h.Proxied() {
		clear(b[24:28])
	}
	for sum, ok := proxyproto.Nth(h.TLVs, proxyproto.TypeCRC32C, 0); ok; ok = false {
		clear(sum)
	}
	return fmt.Sprintf("%q", b)
}

// What a server is told of the client by a PROXY protocol header is, to the byte, what
// HAProxy tells.
func TestToldAsHAProxyTells(t *testing.T) {
	lab.Need(t, "haproxy")
	ca := newAuthority(t)
	ec, rsa := ca.issue("ec.pem", false, "site.example.com"), ca.issue("rsa.pem", true, "site.example.com")
	known, foreign := ca.issue("known.pem", false, "known"), newAuthority(t).issue("foreign.pem", false, "foreign")
	origin := lab.Serve(t, "tcp", "127.0.0.1:0", headers)
	dir := t.TempDir()
	backends := [][3]string{ // name, HAProxy's keywords, ours
		{"plain", "send-proxy-v2", `send-proxy-v2 = true`},
		{"ssl", "send-proxy-v2-ssl", `send-proxy-v2-ssl = true`},
		{"cn", "send-proxy-v2-ssl-cn", `send-proxy-v2-ssl-cn = true`},
		{"certcn", "send-proxy-v2 proxy-v2-options cert-cn", `send-proxy-v2 = true, proxy-v2-options = "cert-cn"`},
		{"cert", "send-proxy-v2 proxy-v2-options cert-sig,cert-key", `send-proxy-v2 = true, proxy-v2-options = ["cert-sig", "cert-key"]`},
		{"all", "send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id",
			`send-proxy-v2 = true, proxy-v2-options = "ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id"`},
	}
	ports := make([]string, 6) // HAProxy's, then ours: plain, EC, RSA
	for i := range ports {
		ports[i] = lab.Port(t)
	}
	const common = " verify optional crt-ignore-err all ca-ignore-err all alpn h2,http/1.1 ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256 ciphersuites TLS_AES_128_GCM_SHA256"
	theirs := "defaults\n  mode http\n  timeout connect 20s\n  timeout client 30s\n  timeout server 30s\nfrontend p\n  unique-id-format %[req.hdr(x-id)]\n  bind " + dir + "/theirs.sock\n  bind 127.0.0.1:" + ports[0] +
		"\n  bind 127.0.0.1:" + ports[1] + " ssl crt " + ec + " ca-file " + ca.file + common + "\n  bind 127.0.0.1:" + ports[2] + " ssl crt " + rsa + " ca-file " + ca.file + common + "\n  use_backend %[path,field(2,/)]\n"
	bind := func(port, crt string) string {
		return `{ address = "127.0.0.1:` + port + `", tls = { crt = "` + crt + `", ca-file = "` + ca.file + `", verify = "optional", crt-ignore-err = "all", ca-ignore-err = "all", alpn = "h2,http/1.1" } }`
	}
	ours := defaults + "[frontend.p]\nunique-id-format = \"%[req.hdr(x-id)]\"\nbind = [\"unix@" + dir + "/ours.sock\", \"127.0.0.1:" + ports[3] + "\", " + bind(ports[4], ec) + ", " + bind(ports[5], rsa) +
		"]\nuse-backend = [{ backend = \"%[path,field(2,/)]\" }]\n"
	for _, b := range backends {
		theirs += "backend " + b[0] + "\n  server s " + origin + " " + b[1] + "\n"
		ours += "[backend." + b[0] + "]\nservers = [{ address = \"" + origin + "\", " + b[2] + " }]\n"
	}
	lab.HAProxy(t, theirs, ports[0])
	lab.Fairlead(t, ours)

	with := func(crt string, versions uint16, protocols ...string) *tls.Config {
		c := &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com", MaxVersion: versions, NextProtos: protocols, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}
		if crt != "" {
			pair, err := tls.LoadX509KeyPair(crt, crt)
			if err != nil {
				t.Fatal(err)
			}
			c.Certificates = []tls.Certificate{pair}
		}
		return c
	}
	for name, c := range map[string]struct {
		port int // -1: the UNIX socket
		tls  *tls.Config
	}{
		"plain": {0, nil}, "a UNIX socket": {-1, nil}, "no certificate": {1, with("", 0, "http/1.1")}, "no ALPN, TLS 1.2": {1, with("", tls.VersionTLS12)},
		"a certificate": {1, with(known, 0, "h2", "http/1.1")}, "RSA and TLS 1.2": {2, with(known, tls.VersionTLS12, "http/1.1")}, "a foreign certificate": {2, with(foreign, 0, "http/1.1")},
		"a resumed session": {1, with(known, 0, "http/1.1")}, "a resumed session of TLS 1.2": {2, with(known, tls.VersionTLS12, "http/1.1")},
	} {
		a, b := client{"unix", dir + "/theirs.sock", nil}, client{"unix", dir + "/ours.sock", nil}
		if c.port >= 0 {
			a, b = client{"tcp", "127.0.0.1:" + ports[c.port], c.tls}, client{"tcp", "127.0.0.1:" + ports[c.port+3], c.tls}
		}
		if strings.HasPrefix(name, "a resumed") {
			a.tls, b.tls = c.tls.Clone(), c.tls.Clone()
			for _, x := range []client{a, b} {
				x.tls.ClientSessionCache = tls.NewLRUClientSessionCache(1)
				x.ask(t, "/plain")
			}
		}
		for _, backend := range backends {
			path := "/" + backend[0]
			want, got := blind(t, a.ask(t, path, "X-Id", "one")), blind(t, b.ask(t, path, "X-Id", "one"))
			if got != want {
				t.Errorf("%s, %s:\n%s\nHAProxy:\n%s", name, backend[0], got, want)
			}
		}
	}
	long := client{"tcp", "127.0.0.1:" + ports[3], nil}.ask(t, "/all", "X-Id", strings.Repeat("u", 200))
	if !strings.Contains(blind(t, long), strings.Repeat("u", 128)) {
		t.Errorf("a long unique ID is told as %s", long)
	}
}

// A header passes from HAProxy to us and from us to it, and both find in it what the
// other told; TLVs pass on as they are.
func TestToldBothWays(t *testing.T) {
	lab.Need(t, "haproxy")
	ca := newAuthority(t)
	site, known := ca.issue("site.pem", false, "site.example.com"), ca.issue("known.pem", false, "known")
	first, second, outer, inner, refusing := lab.Port(t), lab.Port(t), lab.Port(t), lab.Port(t), lab.Port(t)
	lab.HAProxy(t, `
defaults
  mode http
  timeout connect 20s
  timeout client 30s
  timeout server 30s
frontend outer
  bind 127.0.0.1:`+outer+` ssl crt `+site+` ca-file `+ca.file+` verify optional
  unique-id-format id-%[req.hdr(x-id)]
  default_backend ours
backend ours
  server s 127.0.0.1:`+second+` send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-key,authority,unique-id,crc32c
frontend inner
  bind 127.0.0.1:`+inner+` accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[fc_rcvd_proxy] %[fc_pp_authority] %[fc_pp_unique_id]"
`, outer)
	lab.Fairlead(t, defaults+`
[frontend.first]
bind = { address = "127.0.0.1:`+first+`", tls = { crt = "`+site+`", ca-file = "`+ca.file+`", verify = "optional" } }
unique-id-format = "id-%[req.hdr(x-id)]"
default-backend = "theirs"
[backend.theirs]
servers = [{ address = "127.0.0.1:`+inner+`", send-proxy-v2 = true, proxy-v2-options = "ssl,cert-cn,authority,unique-id,crc32c" }]
[frontend.second]
bind = { address = "127.0.0.1:`+second+`", accept-proxy = true }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[fc_rcvd_proxy] %[fc_pp_authority] %[fc_pp_unique_id] %[fc_pp_tlv(SSL_CN)] %[fc_pp_tlv(SSL_VERSION)] %[fc_pp_tlv(SSL_KEY_ALG)] %[fc_pp_tlv(0x05)]", if = "{ path /told }" }]
default-backend = "on"
[backend.on]
servers = [{ address = "127.0.0.1:`+refusing+`", send-proxy-v2 = true, set-proxy-v2-tlv-fmt = { SSL = "%[fc_pp_tlv(SSL)]", 0xe1 = "%[req.hdr(x-id)]", 0xe2 = "%[req.hdr(nothing)]" } }]
[frontend.third]
bind = { address = "127.0.0.1:`+refusing+`", accept-proxy = true }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[fc_pp_tlv(SSL_CN)] %[fc_pp_tlv(225)] %[fc_pp_tlv(226)] %[fc_pp_authority]" }]
`)
	pair, err := tls.LoadX509KeyPair(known, known)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com", Certificates: []tls.Certificate{pair}}
	for _, c := range []struct{ port, path, want string }{
		{first, "/", "1 site.example.com id-7"},
		{outer, "/told", "1 site.example.com id-7 known TLSv1.3 EC256 id-7"},
		{outer, "/on", "known 7  "},
	} {
		if got := (client{"tcp", "127.0.0.1:" + c.port, config}).ask(t, c.path, "X-Id", "7"); got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
}

// TCP mode tells of the connection's unique ID, and checks begin with a header where
// check-send-proxy says so.
func TestToldInTCPMode(t *testing.T) {
	port, checked := lab.Port(t), make(chan string, 1)
	origin := lab.Serve(t, "tcp", "127.0.0.1:0", headers)
	_, checks, err := net.SplitHostPort(lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		b := make([]byte, 16)
		_, err := io.ReadFull(c, b)
		select {
		case checked <- fmt.Sprintf("%q %v", b, err):
		default: // one is enough
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	lab.Fairlead(t, `
[defaults]
timeout = { connect = "20s", client = "30s", server = "30s" }
[listen.px]
bind = "127.0.0.1:`+port+`"
unique-id-format = "%ci-%bi"
servers = [{ address = "`+origin+`", send-proxy-v2 = true, proxy-v2-options = "unique-id", check = true, port = `+checks+`, inter = "100ms", check-send-proxy = true }]
`)
	got := client{"tcp", "127.0.0.1:" + port, nil}.ask(t, "/")
	b, err := hex.DecodeString(got)
	if err != nil {
		t.Fatal(got)
	}
	h, _, err := proxyproto.Parse(b)
	id, ok := h.TLV(proxyproto.TypeUniqueID)
	if err != nil || !ok || !strings.HasPrefix(string(id), "127.0.0.1-") {
		t.Errorf("the unique ID is %q, %v", id, err)
	}
	if got, want := <-checked, fmt.Sprintf("%q <nil>", proxyproto.AppendLocal(nil)); got != want {
		t.Errorf("a check begins with %s, want %s", got, want)
	}
}

// What cannot be told is refused with what to write.
func TestToldRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lb.toml")
	lab.Write(t, file, defaults+`
[backend.a]
servers = [{ address = "127.0.0.1:1", send-proxy-v2 = true, set-proxy-v2-tlv-fmt = { 256 = "x", CRC32 = "x", 0xe0 = "%[nothing]" } }]
[backend.b]
mode = "tcp"
servers = [{ address = "127.0.0.1:1", pool-conn-name = "str(a)" }]
[backend.c]
servers = [{ address = "quic@a.example.com:443", tls = true, send-proxy-v2-ssl = true }, { address = "127.0.0.1:1", pool-conn-name = "res.hdr(a)" }]
[frontend.f]
bind = "127.0.0.1:1"
default-backend = "a"
`)
	_, stderr, code := lab.Run(t, lab.Binary(t), "validate", "--config", file)
	for _, want := range []string{
		`"256" is no type of a TLV: write a number from 0 to 255, or one of ALPN`, `write proxy-v2-options = ["crc32c"]`, `nothing`,
		`pool-conn-name needs HTTP, but backend "b" is in mode "tcp"; leave it out, or write mode = "http"`,
		"QUIC has none; leave send-proxy and its like out", `"res.hdr" cannot be used in use-server`,
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if code != 2 || t.Failed() {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
}
