package peers

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// page asks for things and reports what came of it.
const page = `<html><body><script>
let out = "";
const note = s => out += s + "\n";
const socket = () => new Promise(done => {
	const ws = new WebSocket("wss://" + location.host + "/ws");
	ws.onopen = () => ws.send("over the socket");
	ws.onmessage = m => { note("websocket: " + m.data); ws.close(); done(); };
	ws.onerror = () => { note("websocket failed"); done(); };
});
(async () => {
	const sum = (await Promise.all([...Array(30).keys()].map(i =>
		fetch("/number?" + i).then(r => r.text()).then(Number)))).reduce((a, b) => a + b);
	note("sum: " + sum);
	const echo = await fetch("/upload", { method: "POST", body: "x".repeat(200000) }).then(r => r.text());
	note("upload: " + echo);
	await socket();
	const entries = performance.getEntriesByType("resource").map(e => e.nextHopProtocol);
	note("page by " + performance.getEntriesByType("navigation")[0].nextHopProtocol + ", rest by " + [...new Set(entries)].sort());
	await fetch("/report", { method: "POST", body: out });
})();
</script></body></html>`

// site serves the page, what it asks for, and takes its report.
func site(report chan<- string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, page)
		case "/number":
			io.WriteString(w, r.URL.RawQuery)
		case "/upload":
			n, err := io.Copy(io.Discard, r.Body)
			if err == nil {
				io.WriteString(w, strings.Repeat("y", int(n/100000)))
			}
		case "/ws":
			echo(w, r)
		case "/report":
			text, err := io.ReadAll(r.Body)
			if err != nil {
				text = []byte(err.Error())
			}
			report <- string(text)
		}
	}
}

// visit has Chromium load the site through Fairlead and gives the page's report.
func visit(t *testing.T, f *proxied, report <-chan string, args ...string) string {
	t.Helper()
	all := append([]string{"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--user-data-dir=" + t.TempDir(), "--ignore-certificate-errors-spki-list=" + f.pin()}, args...)
	p := lab.Start(t, t.TempDir(), lab.Need(t, "chromium"), append(all, "https://"+f.secure+"/")...)
	select {
	case text := <-report:
		p.Kill(t)
		return text
	case <-time.After(120 * time.Second):
		t.Fatalf("the page has not reported; chromium wrote:\n%s", p.Output())
		return ""
	}
}

// pin gives the hash of the certificate's key, by which Chromium trusts it.
func (f *proxied) pin() string {
	f.t.Helper()
	text, err := os.ReadFile(f.cert)
	if err != nil {
		f.t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		f.t.Fatal(err)
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestChromium(t *testing.T) {
	for _, c := range []struct {
		version string
		args    func(f *proxied) []string
	}{
		{"h2", func(*proxied) []string { return []string{"--disable-quic"} }},
		{"h3", func(f *proxied) []string { return []string{"--enable-quic", "--origin-to-force-quic-on=" + f.secure} }},
	} {
		t.Run(c.version, func(t *testing.T) {
			report := make(chan string, 1)
			s := httptest.NewServer(site(report))
			t.Cleanup(s.Close)
			f := front(t, `"`+s.Listener.Addr().String()+`"`)
			want := "sum: 435\nupload: yy\nwebsocket: over the socket\npage by " + c.version + ", rest by " + c.version + "\n"
			if got := visit(t, f, report, c.args(f)...); got != want {
				t.Errorf("the page reports\n%swant\n%s", got, want)
			}
			if c.version == "h2" && !strings.Contains(f.proc.Output(), `"GET /ws HTTP/2.0"`) {
				t.Error("the socket was not opened over HTTP/2")
			}
		})
	}
}
