package tls

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// resumed makes a connection and reports whether it went on with a session.
func resumed(t *testing.T, port string, c *tls.Config) bool {
	t.Helper()
	out := ask(c, port)
	if !strings.HasPrefix(out, "resumed=") {
		t.Fatalf("port %s: %q", port, out)
	}
	return out == "resumed=1"
}

// Sessions go on at other binds and after a reload, and with keys from files
// after a restart too, for as long as their key is in the file.
func TestSessions(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	keys := filepath.Join(ca.dir, "keys")
	line := func() string {
		b := make([]byte, 80)
		if _, err := rand.Read(b); err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b) + "\n"
	}
	file := line() + line() + line()
	lab.Write(t, keys, file)
	one, two, filed := lab.Port(t), lab.Port(t), lab.Port(t)
	text := defaults + `
[frontend.web]
bind = [
  { address = "127.0.0.1:` + one + `", tls = "` + site + `" },
  { address = "127.0.0.1:` + two + `", tls = "` + site + `" },
  { address = "127.0.0.1:` + filed + `", tls = { crt = "` + site + `", tls-ticket-keys = "` + keys + `" } },
]
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "resumed=%[ssl_fc_is_resumed]" }]
`
	f := lab.Fairlead(t, text)
	client := func() *tls.Config {
		return &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com", NextProtos: []string{"http/1.1"}, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	}
	reload := func() {
		t.Helper()
		if out, stderr, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.Socket()); code != 0 {
			t.Fatalf("reload: %s%s", out, stderr)
		}
	}
	c, k := client(), client()
	if resumed(t, one, c) || !resumed(t, one, c) || !resumed(t, two, c) {
		t.Error("sessions do not go on at another bind")
	}
	if resumed(t, filed, c) {
		t.Error("a session goes on under keys that are not its own")
	}
	resumed(t, filed, k)
	c = client()
	resumed(t, one, c)
	reload()
	if !resumed(t, two, c) {
		t.Error("sessions do not go on after a reload")
	}
	file += line()
	lab.Write(t, keys, file)
	reload()
	if !resumed(t, filed, k) {
		t.Error("sessions do not go on after keys were added")
	}
	k = client()
	resumed(t, filed, k)
	f.Kill(t)
	lab.Fairlead(t, text)
	if resumed(t, one, c) {
		t.Error("a session of another process goes on")
	}
	if !resumed(t, filed, k) {
		t.Error("sessions do not go on after a restart with the same keys")
	}
}

// Without tickets Fairlead keeps the sessions itself: they go on as others do, of
// both versions, over reloads, but for no longer than tune.ssl.lifetime and not at all
// without room for them.
func TestKeptSessions(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	start := func(tune string) (string, *lab.Process) {
		port := lab.Port(t)
		return port, lab.Fairlead(t, tune+defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = { crt = "`+site+`", tls-tickets = false } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "resumed=%[ssl_fc_is_resumed]" }]
`)
	}
	client := func(version uint16) *tls.Config {
		return &tls.Config{
			InsecureSkipVerify: true, ServerName: "site.example.com", NextProtos: []string{"http/1.1"},
			MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(1),
		}
	}
	port, f := start("")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c := client(version)
		if resumed(t, port, c) || !resumed(t, port, c) || !resumed(t, port, c) {
			t.Errorf("%s: sessions are not resumed", tls.VersionName(version))
		}
		if out, stderr, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.Socket()); code != 0 {
			t.Fatalf("reload: %s%s", out, stderr)
		}
		if !resumed(t, port, c) {
			t.Errorf("%s: sessions do not go on after a reload", tls.VersionName(version))
		}
	}
	none, _ := start("tune.ssl.cachesize = 0\n")
	short, _ := start("tune.ssl.lifetime = \"1s\"\n")
	c, k := client(0), client(0)
	resumed(t, none, c)
	if resumed(t, none, c) {
		t.Error("a session went on with room for none")
	}
	resumed(t, short, k)
	time.Sleep(1100 * time.Millisecond)
	if resumed(t, short, k) {
		t.Error("a session outlived its time")
	}
}

// The secrets of connections go to a file, which has what programs need to read them.
func TestKeylog(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	log := filepath.Join(ca.dir, "keys.log")
	port := lab.Port(t)
	lab.Fairlead(t, "tune = { ssl = { keylog = \""+log+"\" } }\n"+defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = "`+site+`" }
http-request = [{ do = "return", status = 200 }]
`)
	var own strings.Builder
	ask(&tls.Config{InsecureSkipVerify: true, KeyLogWriter: &own}, port)
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(own.String()) {
		if !strings.Contains(string(b), line) {
			t.Errorf("%q is not in the file", line)
		}
	}
	if info, err := os.Stat(log); err != nil || info.Mode().Perm() != 0o600 || own.Len() == 0 {
		t.Errorf("%v, %v, the client logged %d bytes", info.Mode(), err, own.Len())
	}
}

// The same secrets are in fetches, of connections with clients and with servers. The
// server is another bind of the process, which must not take one's for the other's.
func TestSecretsInFetches(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	port, inner := lab.Port(t), lab.Port(t)
	of := func(side string) string {
		text := ""
		for _, name := range []string{
			"client_random,hex", "server_random,hex", "session_id,hex", "session_key,hex", "client_handshake_traffic_secret",
			"server_handshake_traffic_secret", "client_traffic_secret_0", "server_traffic_secret_0", "exporter_secret",
		} {
			text += "%[" + side + "_" + name + ",lower] "
		}
		return text
	}
	lab.Fairlead(t, "tune.ssl.keylog = \"on\"\n"+defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = "`+site+`" }
http-response = [{ do = "set-header", name = "X-Client", value = "`+of("ssl_fc")+`" }, { do = "set-header", name = "X-Server", value = "`+of("ssl_bc")+`" }]
use-backend = [{ backend = "old", if = "{ path /old }" }]
default-backend = "app"
[frontend.inner]
bind = { address = "127.0.0.1:`+inner+`", tls = "`+site+`" }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "`+of("ssl_fc")+`" }]
[backend.app.server.s]
address = "127.0.0.1:`+inner+`"
tls = { verify = "none" }
[backend.old.server.s]
address = "127.0.0.1:`+inner+`"
tls = { verify = "none", ssl-max-ver = "TLSv1.2" }
`)
	for _, c := range []struct {
		path    string
		version uint16
		labels  []string // of the secrets, which stand from the fourth on
	}{
		{"/", tls.VersionTLS13, []string{"", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", ""}},
		{"/old", tls.VersionTLS12, []string{"CLIENT_RANDOM", "", "", "", "", ""}},
	} {
		var log strings.Builder
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log, MaxVersion: c.version},
			DisableKeepAlives: true,
		}}
		res, err := client.Get("https://127.0.0.1:" + port + c.path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Header.Get("X-Server"); got == "" || got != strings.TrimSpace(string(body)) {
			t.Errorf("%s: of the connection with the server\n%s\nand that says\n%s", c.path, got, body)
		}
		got := strings.Split(res.Header.Get("X-Client"), " ")
		for i, label := range c.labels {
			want := ""
			if label != "" {
				want = label + " " + got[0] + " " + got[3+i]
			}
			if label != "" && !strings.Contains(log.String(), want+"\n") || label == "" && 3+i < len(got) && got[3+i] != "" {
				t.Errorf("%s: %q, want %q, of\n%s", c.path, got[3+i], want, log.String())
			}
		}
		if len(got[0]) != 64 || len(got[1]) != 64 || got[0] == got[1] {
			t.Errorf("%s: randoms %q and %q", c.path, got[0], got[1])
		}
	}
}

// revoke writes a revocation list with a certificate in it, or none.
func (a *authority) revoke(file string, until time.Time, serials ...*big.Int) string {
	a.t.Helper()
	tmpl := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: until}
	for _, s := range serials {
		tmpl.RevokedCertificateEntries = append(tmpl.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: s, RevocationTime: time.Now().Add(-time.Minute)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, tmpl, a.cert, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	path := filepath.Join(a.dir, file)
	lab.Write(a.t, path, string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})))
	return path
}

// Certificates that a list revokes are refused, of clients and of servers.
func TestRevocation(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	good, bad := ca.issue("good.pem", false, "good"), ca.issue("bad.pem", false, "bad")
	badPair, err := tls.LoadX509KeyPair(bad, bad)
	if err != nil {
		t.Fatal(err)
	}
	sitePair, err := tls.LoadX509KeyPair(site, site)
	if err != nil {
		t.Fatal(err)
	}
	list := ca.revoke("crl.pem", time.Now().Add(time.Hour), badPair.Leaf.SerialNumber)
	old := ca.revoke("old.pem", time.Now().Add(-time.Minute))
	sites := ca.revoke("sites.pem", time.Now().Add(time.Hour), sitePair.Leaf.SerialNumber)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{sitePair}})
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ErrorLog: nil}
	go func() { _ = s.Serve(l) }() // until Close
	defer s.Close()
	port, stale, lenient, plain := lab.Port(t), lab.Port(t), lab.Port(t), lab.Port(t)
	lab.Fairlead(t, defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = { crt = "`+site+`", ca-file = "`+ca.file+`", verify = "required", crl-file = "`+list+`" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[ssl_c_s_dn(CN)] %[ssl_c_err]" }]
[frontend.stale]
bind = { address = "127.0.0.1:`+stale+`", tls = { crt = "`+site+`", ca-file = "`+ca.file+`", verify = "required", crl-file = "`+old+`" } }
http-request = [{ do = "return", status = 200 }]
[frontend.lenient]
bind = { address = "127.0.0.1:`+lenient+`", tls = { crt = "`+site+`", ca-verify-file = "`+ca.file+`", verify = "required", crl-file = "`+list+`", crt-ignore-err = "X509_V_ERR_CERT_REVOKED" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[ssl_c_s_dn(CN)] %[ssl_c_err]" }]
[frontend.plain]
bind = "127.0.0.1:`+plain+`"
use-backend = [{ backend = "revoked", if = "{ path /revoked }" }]
default-backend = "good"
[backend.good]
[backend.good.server.s]
address = "`+l.Addr().String()+`"
tls = { ca-file = "`+ca.file+`", crl-file = "`+list+`", verifyhost = "site.example.com" }
[backend.revoked]
retries = 0
[backend.revoked.server.s]
address = "`+l.Addr().String()+`"
tls = { ca-file = "`+ca.file+`", crl-file = "`+sites+`", sni = "str(site.example.com)" }
`)
	with := func(file string) *tls.Config {
		pair, err := tls.LoadX509KeyPair(file, file)
		if err != nil {
			t.Fatal(err)
		}
		return &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}, Certificates: []tls.Certificate{pair}}
	}
	for _, c := range []struct{ port, file, want string }{
		{port, good, "good 0"}, {port, bad, "refused"}, {stale, good, "refused"}, {lenient, good, "good 0"}, {lenient, bad, "bad 23"},
	} {
		if got := ask(with(c.file), c.port); got != c.want {
			t.Errorf("port %s, %s: %q, want %q", c.port, filepath.Base(c.file), got, c.want)
		}
	}
	for path, want := range map[string]int{"/": 200, "/revoked": 503} {
		res, err := http.Get("http://" + net.JoinHostPort("127.0.0.1", plain) + path)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
}
