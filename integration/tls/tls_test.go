// Package tls tests TLS on both sides with the real binary, curl and Go's own TLS.
package tls

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

const defaults = `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "20s", client = "30s", server = "30s" }
`

// curl asks over HTTPS and gives the body and exit status.
func curl(t *testing.T, ca *authority, port string, args ...string) (string, int) {
	t.Helper()
	all := []string{"-s", "-m", "60", "--cacert", ca.file, "--resolve", "*:" + port + ":127.0.0.1"}
	out, _, code := lab.Run(t, lab.Need(t, "curl"), append(all, args...)...)
	return out, code
}

func TestTermination(t *testing.T) {
	ca := newAuthority(t)
	ca.issue("a.pem", false, "a.example.com", "*.wild.example.com")
	ca.issue("b.pem", true, "b.example.com")
	client := ca.issue("client.pem", false, "client")
	_, origin := lab.Nginx(t, `location / { return 200 "$http_x_proto $request_method\n"; } location /up { client_max_body_size 0; proxy_pass http://unix:in.sock; }`,
		`server { listen unix:in.sock; client_max_body_size 0; location / { return 200 "$http_content_length\n"; } }`)
	port, strict, mutual := lab.Port(t), lab.Port(t), lab.Port(t)
	f := lab.Fairlead(t, defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = { crt = ["`+ca.dir+`/a.pem", "`+ca.dir+`/b.pem"] } }
http-request = [
  { do = "set-header", name = "X-Proto", value = "%[ssl_fc] %[ssl_fc_protocol] %[ssl_fc_sni]" },
]
default-backend = "app"
[frontend.strict]
bind = { address = "127.0.0.1:`+strict+`", tls = { crt = "`+ca.dir+`/a.pem", strict-sni = true, ssl-max-ver = "TLSv1.2" } }
default-backend = "app"
[frontend.mutual]
bind = { address = "127.0.0.1:`+mutual+`", tls = { crt = "`+ca.dir+`/a.pem", verify = "required", ca-file = "`+ca.file+`" } }
default-backend = "app"
[backend.app]
servers = ["127.0.0.1:`+origin+`"]
`)
	for _, name := range []string{"a.example.com", "b.example.com", "x.wild.example.com"} {
		if out, code := curl(t, ca, port, "https://"+name+":"+port+"/"); code != 0 || out != "1 TLSv1.3 "+name+" GET\n" {
			t.Errorf("%s: %q, exit status %d", name, out, code)
		}
	}
	if out, code := curl(t, ca, port, "https://other.example.com:"+port+"/"); code != 60 {
		t.Errorf("a name without a certificate: %q, exit status %d", out, code)
	}
	big := filepath.Join(t.TempDir(), "big")
	lab.Write(t, big, strings.Repeat("0123456789", 1<<20))
	if out, code := curl(t, ca, port, "-H", "Expect:", "--data-binary", "@"+big, "https://a.example.com:"+port+"/up"); code != 0 || out != "10485760\n" {
		t.Errorf("10 MB: %q, exit status %d", out, code)
	}
	if out, code := curl(t, ca, strict, "https://a.example.com:"+strict+"/"); code != 0 || !strings.HasSuffix(out, "GET\n") {
		t.Errorf("strict: %q, exit status %d", out, code)
	}
	if _, code := curl(t, ca, strict, "-k", "https://b.example.com:"+strict+"/"); code != 35 {
		t.Errorf("strict, with a name without a certificate: exit status %d", code)
	}
	if _, code := curl(t, ca, strict, "--tlsv1.3", "https://a.example.com:"+strict+"/"); code != 35 {
		t.Errorf("TLS 1.3 where it is off: exit status %d", code)
	}
	if _, code := curl(t, ca, mutual, "https://a.example.com:"+mutual+"/"); code == 0 {
		t.Error("a client without a certificate is let in")
	}
	if out, code := curl(t, ca, mutual, "--cert", client, "https://a.example.com:"+mutual+"/"); code != 0 || !strings.HasSuffix(out, "GET\n") {
		t.Errorf("with a client's certificate: %q, exit status %d", out, code)
	}
	// Plain HTTP to a TLS port is answered with a hint.
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if b, err := io.ReadAll(c); !strings.HasPrefix(string(b), "HTTP/1.0 400 ") || !strings.Contains(string(b), "https://") {
		t.Errorf("plain HTTP got %q, %v", b, err)
	}
	// HAProxy marks frontends of encrypted connections in its log lines.
	lab.Until(t, 5*time.Second, "the requests are logged", func() bool { return strings.Contains(f.Output(), " web~ app/s1 ") })
}

// TestTimers has the handshake count for the first request's total time, not for
// its active time, in every version of HTTP.
func TestTimers(t *testing.T) {
	ca := newAuthority(t)
	ca.issue("a.pem", false, "a.example.com")
	port := lab.Port(t)
	f := lab.Fairlead(t, defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = "`+ca.dir+`/a.pem" }
log-format = "timers %Th %Ti %Ta %Tt"
http-request = [{ do = "return", status = 204 }]
`)
	for n, version := range []string{"--http1.1", "--http2"} {
		if out, code := curl(t, ca, port, version, "https://a.example.com:"+port+"/"); code != 0 {
			t.Fatalf("%s: %q, exit status %d", version, out, code)
		}
		var line string
		lab.Until(t, 5*time.Second, "a log line", func() bool {
			lines := strings.Split(f.Output(), "timers ")
			line = lines[len(lines)-1]
			return len(lines) == n+2 && strings.HasSuffix(line, "\n")
		})
		var shook, idle, active, total int
		if _, err := fmt.Sscan(line, &shook, &idle, &active, &total); err != nil {
			t.Fatal(err)
		}
		sum := shook + idle + active
		if shook < 0 || idle < 0 || active < 0 || total < sum || total > sum+3 { // each lacks its part of a millisecond
			t.Errorf("%s: handshake %d ms, idle %d ms, active %d ms, total %d ms", version, shook, idle, active, total)
		}
	}
}

func TestKeepAliveAndResumption(t *testing.T) {
	ca := newAuthority(t)
	ca.issue("a.pem", false, "a.example.com")
	port := lab.Port(t)
	lab.Fairlead(t, defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = { crt = "`+ca.dir+`/a.pem" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[http_first_req] %[ssl_fc_is_resumed]" }]
`)
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	config := &tls.Config{RootCAs: pool, ServerName: "a.example.com", ClientSessionCache: tls.NewLRUClientSessionCache(4)}
	var got []string
	for range 2 {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: time.Minute}
		for range 2 {
			res, err := client.Get("https://127.0.0.1:" + port + "/")
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(b))
			time.Sleep(1500 * time.Millisecond) // long enough to be parked
		}
		client.CloseIdleConnections()
	}
	if s := strings.Join(got, ", "); s != "1 0, 0 0, 1 1, 0 1" {
		t.Errorf("got %s", s)
	}
}

func TestOrigination(t *testing.T) {
	ca := newAuthority(t)
	pair, err := tls.LoadX509KeyPair(ca.issue("origin.pem", false, "origin.example.com"), filepath.Join(ca.dir, "origin.pem"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "sni=%s", r.TLS.ServerName)
	}), ErrorLog: nil}
	go func() { _ = s.Serve(l) }() // until Close
	defer s.Close()
	backends, switching := "", ""
	want := map[string]string{}
	for name, c := range map[string]struct{ tls, want string }{
		"name":    {`{ ca-file = "CA", sni = "str(origin.example.com)" }`, "200 sni=origin.example.com"},
		"address": {`{ ca-file = "CA", verifyhost = "origin.example.com" }`, "200 sni=origin.example.com"},
		"host":    {`{ ca-file = "CA", sni = "req.hdr(x-name)", verifyhost = "origin.example.com" }`, "200 sni=asked.example.com"},
		"wrong":   {`{ ca-file = "CA", sni = "str(other.example.com)" }`, "503 "},
		"unknown": {`{ sni = "str(origin.example.com)" }`, "503 "},
		"none":    {`{ verify = "none" }`, "200 sni="},
	} {
		backends += "[backend." + name + "]\nretries = 0\n[backend." + name + ".server.s]\naddress = \"" + l.Addr().String() + "\"\ntls = " + strings.ReplaceAll(c.tls, "CA", ca.file) + "\n"
		switching += `{ backend = "` + name + `", if = "{ path /` + name + ` }" }, `
		want[name] = c.want
	}
	port := lab.Port(t)
	lab.Fairlead(t, defaults+`
[frontend.web]
bind = "127.0.0.1:`+port+`"
use-backend = [`+switching+`]
`+backends)
	for name, w := range want {
		for range 2 { // the second time over a connection that was kept
			req, err := http.NewRequest("GET", "http://127.0.0.1:"+port+"/"+name, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Name", "asked.example.com")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(res.StatusCode, " ")
			if res.StatusCode == 200 {
				got += string(b)
			}
			if got != w {
				t.Errorf("%s: %q, want %q", name, got, w)
			}
		}
	}
}

// Wrong files and names are told with their places.
func TestBadFiles(t *testing.T) {
	ca := newAuthority(t)
	good := ca.issue("good.pem", false, "a")
	other := ca.issue("other.pem", false, "b")
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	certOnly, _, _ := strings.Cut(string(text), "-----BEGIN PRIVATE")
	_, otherKey, _ := strings.Cut(string(key), "-----BEGIN PRIVATE")
	lab.Write(t, filepath.Join(ca.dir, "mixed.pem"), certOnly+"-----BEGIN PRIVATE"+otherKey)
	lab.Write(t, filepath.Join(ca.dir, "nokey.pem"), certOnly)
	lab.Write(t, filepath.Join(ca.dir, "garbage.pem"), "nothing")
	for name, c := range map[string]struct{ tls, want string }{
		"missing file":  {`{ crt = "DIR/no.pem" }`, "no such file"},
		"wrong key":     {`{ crt = "DIR/mixed.pem" }`, "mixed.pem: the private key is not the certificate's"},
		"no key":        {`{ crt = "DIR/nokey.pem" }`, "nokey.pem: there is no private key"},
		"garbage":       {`{ crt = "DIR/garbage.pem" }`, "garbage.pem"},
		"cipher":        {`{ crt = "DIR/good.pem", ciphers = "ROT13" }`, `unknown cipher "ROT13"`},
		"curve":         {`{ crt = "DIR/good.pem", curves = ["P-1"] }`, `unknown curve "P-1"`},
		"version":       {`{ crt = "DIR/good.pem", ssl-min-ver = "SSLv3" }`, `unknown value "SSLv3"`},
		"verify no CA":  {`{ crt = "DIR/good.pem", verify = "required" }`, "needs ca-file"},
		"unknown key":   {`{ crt = "DIR/good.pem", stric-sni = true }`, `did you mean "strict-sni"?`},
		"no crt at all": {`{ strict-sni = true }`, "tls needs certificates"},
	} {
		file := filepath.Join(t.TempDir(), "lb.toml")
		lab.Write(t, file, "[frontend.a]\nbind = { address = \":443\", tls = "+strings.ReplaceAll(c.tls, "DIR", ca.dir)+" }\n")
		_, stderr, code := lab.Run(t, lab.Binary(t), "validate", "--config", file)
		if code != 2 || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "lb.toml:2:") {
			t.Errorf("%s: exit status %d\n%s", name, code, stderr)
		}
	}
}
