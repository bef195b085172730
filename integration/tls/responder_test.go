package tls

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// responder is openssl as the responder of an authority, which may be started again.
type responder struct {
	t     *testing.T
	ca    *authority
	port  string
	index string
	p     *lab.Process
}

func newResponder(t *testing.T, ca *authority) *responder {
	r := &responder{t: t, ca: ca, port: lab.Port(t), index: filepath.Join(ca.dir, "index.txt")}
	ca.signing("signer.pem")
	return r
}

// start answers with the states of certificates by serial number: "V" or "R".
func (r *responder) start(states map[int64]string) {
	r.t.Helper()
	text := ""
	for serial, state := range states {
		revoked := ""
		if state == "R" {
			revoked = time.Now().Add(-time.Minute).UTC().Format("060102150405Z")
		}
		text += fmt.Sprintf("%s\t%s\t%s\t%02X\tunknown\t/CN=%[4]d\n", state, time.Now().Add(time.Hour).UTC().Format("060102150405Z"), revoked, serial)
	}
	lab.Write(r.t, r.index, text)
	signer := filepath.Join(r.ca.dir, "signer.pem")
	r.p = lab.Start(r.t, r.ca.dir, lab.Need(r.t, "openssl"), "ocsp", "-index", r.index, "-port", r.port, "-rsigner", signer, "-rkey", signer, "-CA", r.ca.file, "-nmin", "5")
	lab.Until(r.t, 10*time.Second, "openssl answers", func() bool { return strings.Contains(r.p.Output(), "waiting for OCSP client") })
}

// issue writes a certificate that names the responder, with the authority behind it.
func (r *responder) issue(file, name string) (path string, serial int64) {
	r.t.Helper()
	path = r.ca.make(file, false, func(c *x509.Certificate) {
		serial = c.SerialNumber.Int64()
		c.OCSPServer = []string{"http://127.0.0.1:" + r.port + "/"}
	}, name)
	lab.Write(r.t, path, read(r.t, path)+read(r.t, r.ca.file))
	return path, serial
}

// status is what openssl s_client says of the response for a name.
func (r *responder) status(port, name string) string {
	r.t.Helper()
	// Without input it ends once the handshake is over.
	out, _, _ := lab.Run(r.t, lab.Need(r.t, "openssl"), "s_client", "-connect", "127.0.0.1:"+port, "-servername", name, "-status", "-CAfile", r.ca.file)
	for line := range strings.SplitSeq(out, "\n") {
		if s, ok := strings.CutPrefix(strings.TrimSpace(line), "Cert Status: "); ok {
			return s
		}
		if strings.Contains(line, "no response sent") {
			return "none"
		}
	}
	return out
}

// updates is the line of "show ssl ocsp-updates" about a file, after its name.
func updates(t *testing.T, socket, file string) string {
	t.Helper()
	for line := range strings.SplitSeq(command(t, socket, "show ssl ocsp-updates"), "\n") {
		if _, rest, ok := strings.Cut(line, " | "+file+" | "); ok {
			return rest
		}
	}
	return ""
}

// A real responder's answers are given to clients, at once and by command, for what
// is added while Fairlead runs too; one that says "revoked", or that is not there,
// counts as a failure and is asked again later.
func TestOCSPResponder(t *testing.T) {
	ca := newAuthority(t)
	r := newResponder(t, ca)
	first, firstID := r.issue("first.pem", "first.example.com")
	added, addedID := r.issue("added.pem", "added.example.com")
	renewed, renewedID := r.issue("renewed.pem", "first.example.com")
	plain := ca.issue("plain.pem", false, "plain.example.com")
	list := filepath.Join(ca.dir, "list")
	lab.Write(t, list, plain+"\n"+first+"\n")
	port := lab.Port(t)
	good := map[int64]string{firstID: "V", addedID: "V", renewedID: "V"}
	r.start(good)
	f := lab.Fairlead(t, "ocsp-update = { mode = \"on\", mindelay = \"1s\", maxdelay = \"8s\" }\n"+defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = { crt-list = "`+list+`" } }
http-request = [{ do = "return", status = 200 }]
`)
	socket := f.Socket()
	becomes := func(name, want string) {
		t.Helper()
		lab.Until(t, 15*time.Second, "clients of "+name+" get "+want, func() bool { return r.status(port, name) == want })
	}
	becomes("first.example.com", "good")
	if got := updates(t, socket, first); !strings.Contains(got, " | 0 | 1 | Update successful") {
		t.Errorf("after one: %q", got)
	}
	if got := command(t, socket, "show ssl ocsp-response "+first); !strings.Contains(got, "Cert Status: good") || !strings.Contains(got, "Next Update: ") {
		t.Errorf("show ssl ocsp-response: %s", got)
	}
	if got := r.status(port, "plain.example.com"); got != "none" {
		t.Errorf("a certificate without a responder: %q", got)
	}

	// One that is added while Fairlead runs has its response fetched too.
	for _, c := range []struct{ text, want string }{
		{"new ssl cert " + added, "New empty certificate store"},
		{"set ssl cert " + added + " <<\n" + read(t, added) + "\n", "Transaction created"},
		{"commit ssl cert " + added, "Success!"},
		{"add ssl crt-list " + list + " " + added, "Success!"},
	} {
		if got := command(t, socket, c.text); !strings.Contains(got, c.want) {
			t.Fatalf("%.40s: %s", c.text, got)
		}
	}
	becomes("added.example.com", "good")
	if got := updates(t, socket, added); !strings.Contains(got, "Update successful") {
		t.Errorf("of what was added: %q", got)
	}
	// One that is replaced loses what was said of the one before, and has its own.
	before := command(t, socket, "show ssl ocsp-response "+first)
	command(t, socket, "set ssl cert "+first+" <<\n"+read(t, renewed)+"\n")
	if got := command(t, socket, "commit ssl cert "+first); !strings.Contains(got, "Success!") {
		t.Fatal(got)
	}
	becomes("first.example.com", "good")
	if after := command(t, socket, "show ssl ocsp-response "+first); after == before || !strings.Contains(after, fmt.Sprintf("Serial Number: %02X", renewedID)) {
		t.Errorf("of the one that was replaced: %s", after)
	}

	// A responder that is not there takes nothing away, and is asked less and less.
	r.p.Kill(t)
	lab.Until(t, 20*time.Second, "two failures", func() bool {
		failures, code := 0, 0
		if fields := strings.Split(updates(t, socket, added), " | "); len(fields) > 4 {
			_, _ = fmt.Sscan(fields[3]+" "+fields[4], &failures, &code)
		}
		return failures >= 2 && code == 2
	})
	if got := r.status(port, "added.example.com"); got != "good" {
		t.Errorf("with a responder that is not there: %q", got)
	}
	asked := time.Now()
	if got := command(t, socket, "update ssl ocsp-response "+added); !strings.Contains(got, "is not updated: ") || !strings.Contains(got, "connection refused") {
		t.Errorf("update ssl ocsp-response: %s", got)
	}
	next, _, _ := strings.Cut(updates(t, socket, added), " | ")
	if at, err := time.Parse("02/Jan/2006:15:04:05 -0700", next); err != nil || at.Sub(asked) < 3*time.Second {
		t.Errorf("after three failures it is asked again at %s, %v", next, err)
	}

	// What it says of one that was revoked is not given to clients.
	r.start(map[int64]string{addedID: "R", renewedID: "V"})
	if got := command(t, socket, "update ssl ocsp-response "+added); !strings.Contains(got, "revoked") {
		t.Errorf("of one that was revoked: %s", got)
	}
	if got := r.status(port, "added.example.com"); got != "none" {
		t.Errorf("of one that was revoked clients get %q", got)
	}
	if got := updates(t, socket, added); !strings.Contains(got, " | 4 | OCSP response check failure (it says that the certificate was revoked") {
		t.Errorf("of one that was revoked: %q", got)
	}
	r.p.Kill(t)
	r.start(good)
	if got := command(t, socket, "update ssl ocsp-response "+added); !strings.Contains(got, "Cert Status: good") {
		t.Errorf("update ssl ocsp-response: %s", got)
	}
	if got := r.status(port, "added.example.com"); got != "good" {
		t.Errorf("after update ssl ocsp-response: %q", got)
	}
	command(t, socket, "del ssl crt-list "+list+" "+added)
	command(t, socket, "del ssl cert "+added)
	if got := updates(t, socket, added); got != "" {
		t.Errorf("of one that was deleted: %q", got)
	}
	r.p.Kill(t)
}

// Responders are asked through a proxy where one is named, and not at all where that
// is turned off; a line that is added asks for it as lines of files do.
func TestOCSPProxy(t *testing.T) {
	ca := newAuthority(t)
	r := newResponder(t, ca)
	site, id := r.issue("site.pem", "site.example.com")
	plain := ca.issue("plain.pem", false, "plain.example.com")
	r.start(map[int64]string{id: "V"})
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked.Store(q.RequestURI)
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		res, err := (&http.Client{Timeout: 5 * time.Second}).Post(q.RequestURI, q.Header.Get("Content-Type"), bytes.NewReader(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		if _, err := io.Copy(w, res.Body); err != nil {
			t.Error(err)
		}
	}))
	defer proxy.Close()
	list := filepath.Join(ca.dir, "list")
	lab.Write(t, list, plain+"\n")
	for _, off := range []bool{false, true} {
		port := lab.Port(t)
		f := lab.Fairlead(t, fmt.Sprintf("ocsp-update = { httpproxy = \"%s\", disable = %v }\n", proxy.Listener.Addr(), off)+defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+port+`", tls = { crt = "`+site+`", crt-list = "`+list+`" } }
http-request = [{ do = "return", status = 200 }]
`)
		if got := command(t, f.Socket(), "add ssl crt-list "+list+" <<\n"+site+" [ocsp-update on] site.example.com\n"); !strings.Contains(got, "Success!") {
			t.Fatal(got)
		}
		if off {
			if got := command(t, f.Socket(), "show ssl ocsp-updates"); strings.Contains(got, site) {
				t.Errorf("with disable: %s", got)
			}
			continue
		}
		lab.Until(t, 10*time.Second, "a response comes by the proxy", func() bool { return r.status(port, "site.example.com") == "good" })
		if got := asked.Load(); got != "http://127.0.0.1:"+r.port+"/" {
			t.Errorf("the proxy was asked for %v", got)
		}
	}
}
