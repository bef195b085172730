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
	"regexp"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// page asks for things and shows what came of it.
const page = `<html><body><pre id="out"></pre><script>
const out = document.getElementById("out");
const note = s => out.textContent += s + "\n";
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
	note("done");
})();
</script></body></html>`

func site(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, page)
	case "/number":
		io.WriteString(w, r.URL.RawQuery)
	case "/upload":
		n, err := io.Copy(io.Discard, r.Body)
		if err == nil {
			w.Write([]byte(strings.Repeat("y", int(n/100000))))
		}
	case "/ws":
		echo(w, r)
	}
}

// chromium loads an address and gives what the page shows in the end.
func chromium(t *testing.T, f *proxied, url string, args ...string) string {
	t.Helper()
	all := append([]string{"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--user-data-dir=" + t.TempDir(), "--ignore-certificate-errors-spki-list=" + f.pin(), "--virtual-time-budget=20000",
		"--dump-dom"}, args...)
	out, errs, code := lab.Run(t, lab.Need(t, "chromium"), append(all, url)...)
	if code != 0 {
		t.Fatalf("chromium ended with %d\n%s", code, errs)
	}
	m := regexp.MustCompile(`(?s)<pre id="out">(.*?)</pre>`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("there is no page: %s\n%s", out, errs)
	}
	return m[1]
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

func TestChromiumHTTP2(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(site))
	t.Cleanup(s.Close)
	f := front(t, `"`+s.Listener.Addr().String()+`"`)
	got := chromium(t, f, "https://"+f.secure+"/")
	want := "sum: 435\nupload: yy\nwebsocket: over the socket\npage by h2, rest by h2\ndone\n"
	if got != want {
		t.Errorf("the page shows\n%swant\n%s", got, want)
	}
}
