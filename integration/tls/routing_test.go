package tls

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// One port passes TLS for some names on as it is, and ends it for the others:
// the example of docs/tls.md.
func TestRoutingByName(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "www.example.com")
	passed := ca.issue("passed.pem", false, "vpn.example.com")
	pair, err := tls.LoadX509KeyPair(passed, passed)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "passed %s\n", r.TLS.ServerName) })}
	go func() { _ = s.Serve(l) }() // until Close
	defer s.Close()
	port := lab.Port(t)
	lab.Fairlead(t, defaults+`
[frontend.port]
mode = "tcp"
bind = "127.0.0.1:`+port+`"
tcp-request.inspect-delay = "5s"
tcp-request.content = [{ do = "accept", if = "{ req.ssl_hello_type 1 }" }, { do = "reject" }]
use-backend = [{ backend = "vpn", if = "{ req.ssl_sni -i vpn.example.com }" }]
default-backend = "here"

[backend.vpn]
mode = "tcp"
servers = ["`+l.Addr().String()+`"]

[backend.here]
mode = "tcp"
servers = [{ address = "unix@`+ca.dir+`/web.sock", send-proxy-v2 = true }]

[frontend.web]
bind = { address = "unix@`+ca.dir+`/web.sock", accept-proxy = true, tls = "`+site+`" }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "ended %[ssl_fc_sni] %[src] %[fc_http_major]\n" }]
`)
	for name, want := range map[string]string{"vpn.example.com": "passed vpn.example.com\n", "www.example.com": "ended www.example.com 127.0.0.1 2\n"} {
		if out, code := curl(t, ca, port, "https://"+name+":"+port+"/"); code != 0 || out != want {
			t.Errorf("%s: %q, exit status %d", name, out, code)
		}
	}
	if out, code := curl(t, ca, port, "http://www.example.com:"+port+"/"); code == 0 || strings.Contains(out, "ended") {
		t.Errorf("plain HTTP: %q, exit status %d", out, code)
	}
}
