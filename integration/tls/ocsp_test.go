package tls

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// stapled gives the OCSP response that a client gets, nil for none.
func stapled(t *testing.T, port string) []byte {
	t.Helper()
	c, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().OCSPResponse
}

// OCSP responses are fetched and renewed, survive a reload, and are withdrawn
// when the certificate is revoked; a responder that fails takes nothing away.
func TestOCSPUpdate(t *testing.T) {
	ca := newAuthority(t)
	var asked, mode atomic.Int64 // 0: good, 1: broken, 2: revoked
	responder := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		req, err := ocsp.ParseRequest(b)
		if err != nil || mode.Load() == 1 {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		status := ocsp.Good
		if mode.Load() == 2 {
			status = ocsp.Revoked
		}
		der, err := ocsp.CreateResponse(ca.cert, ca.cert, ocsp.Response{
			Status: status, SerialNumber: req.SerialNumber, ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour), RevokedAt: time.Now().Add(-time.Minute),
		}, ca.key)
		if err != nil {
			t.Error(err)
		}
		w.Write(der)
	}))
	defer responder.Close()
	ca.make("site.pem", false, func(c *x509.Certificate) { c.OCSPServer = []string{responder.URL + "/ocsp"} }, "site.example.com")
	site := filepath.Join(ca.dir, "site.pem")
	chain, err := os.ReadFile(ca.file)
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	lab.Write(t, site, string(own)+string(chain))
	list := filepath.Join(ca.dir, "list")
	lab.Write(t, list, site+" [ocsp-update off] other.example.com\n"+site+" [ocsp-update on] site.example.com\n")
	port := lab.Port(t)
	f := lab.Fairlead(t, "ocsp-update = { mindelay = \"1s\", maxdelay = \"1s\" }\n"+defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = { crt-list = "`+list+`" } }
http-request = [{ do = "return", status = 200 }]
`)
	lab.Until(t, 10*time.Second, "a response is stapled", func() bool { return stapled(t, port) != nil })
	if _, code := curl(t, ca, port, "--cert-status", "https://site.example.com:"+port+"/"); code != 0 {
		t.Errorf("curl does not take the response: exit status %d", code)
	}
	before := asked.Load()
	lab.Until(t, 10*time.Second, "the response is renewed", func() bool { return asked.Load() > before })
	mode.Store(1)
	before = asked.Load()
	lab.Until(t, 10*time.Second, "the responder has failed", func() bool { return asked.Load() > before+1 })
	if stapled(t, port) == nil {
		t.Error("a responder that fails took the response away")
	}
	if out, stderr, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.Socket()); code != 0 {
		t.Fatalf("reload: %s%s", out, stderr)
	}
	if stapled(t, port) == nil {
		t.Error("a reload took the response away")
	}
	mode.Store(2)
	lab.Until(t, 10*time.Second, "the response is withdrawn", func() bool { return stapled(t, port) == nil })
}
