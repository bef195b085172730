package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// manyCertificates is how many there are in a list, unless FAIRLEAD_CERTIFICATES
// says otherwise: 100000 is what the figures in docs/tls.md are of.
const manyCertificates = 4000

// A list of very many certificates is read at once, takes little memory, and a
// handshake among them costs what it costs with one. Reading a certificate is
// measured by what a handshake takes in the same run, in processor time: that
// holds on a machine that does other things, and with the race detector.
func TestManyCertificates(t *testing.T) {
	n := manyCertificates
	if s := os.Getenv("FAIRLEAD_CERTIFICATES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	ca := newAuthority(t)
	ca.issueMany(n, os.Getenv("FAIRLEAD_CERTIFICATE_KEYS") != "")
	single := ca.issue("single.pem", false, "single.example.com")
	port, alone := lab.Port(t), lab.Port(t)
	lab.Binary(t) // it is built before the clock runs
	began := time.Now()
	f := lab.Fairlead(t, defaults+`
[frontend.many]
bind = { address = "127.0.0.1:`+port+`", tls = { crt-list = "`+ca.dir+`/many.list" } }
[frontend.one]
bind = { address = "127.0.0.1:`+alone+`", tls = { crt = "`+single+`" } }
`)
	took, used := time.Since(began), f.ProcessorTime(t)
	status := processStatus(t, f)
	for i := 0; i < n; i += max(1, n/50) {
		name := fmt.Sprintf("site%d.example.com", i)
		if got := presented(port, name, nil); got != name+" ECDSA " {
			t.Errorf("%s: %q", name, got)
		}
	}
	one := handshakeCost(t, f, alone, func(int) string { return "single.example.com" })
	many := handshakeCost(t, f, port, func(i int) string { return fmt.Sprintf("site%d.example.com", i*7919%n) })
	t.Logf("%d certificates: started in %v with %v of processor time, %s; a handshake takes %v with one certificate and %v among all",
		n, took.Round(time.Millisecond), used.Round(time.Millisecond), status, one, many)
	if limit := time.Duration(n) * one / 3; used > limit {
		t.Errorf("the start took %v of processor time, more than a third of %d handshakes, %v", used, n, limit)
	}
	if many > 2*one {
		t.Errorf("a handshake among many takes %v, with one %v", many, one)
	}
}

// handshakeCost gives the processor time that Fairlead takes for a handshake.
func handshakeCost(t *testing.T, f *lab.Process, port string, name func(int) string) time.Duration {
	t.Helper()
	const rounds = 400
	for i := range 20 {
		presented(port, name(i), nil)
	}
	before := f.ProcessorTime(t)
	for i := range rounds {
		c, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true, ServerName: name(i)})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	return (f.ProcessorTime(t) - before) / rounds
}

// processStatus gives the memory that a process takes, and took at most.
func processStatus(t *testing.T, f *lab.Process) string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "VmHWM:") || strings.HasPrefix(line, "VmRSS:") {
			out = append(out, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(out, ", ")
}

// issueMany writes n certificates for siteN.example.com, with one key or with
// their own, and the list many.list of them.
func (a *authority) issueMany(n int, ownKeys bool) {
	a.t.Helper()
	shared, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	var wg sync.WaitGroup
	step := (n + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for from := 0; from < n; from += step {
		wg.Go(func() {
			for i := from; i < min(n, from+step); i++ {
				if err := a.issueOne(i, shared, ownKeys); err != nil {
					a.t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, "%s/site%d.pem site%d.example.com\n", a.dir, i, i)
	}
	lab.Write(a.t, filepath.Join(a.dir, "many.list"), list.String())
}

func (a *authority) issueOne(i int, key *ecdsa.PrivateKey, ownKey bool) (err error) {
	if ownKey {
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("site%d.example.com", i)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(int64(i) + 1000), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name, "www." + name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	var text []byte
	for _, b := range []*pem.Block{{Type: "CERTIFICATE", Bytes: der}, {Type: "CERTIFICATE", Bytes: a.cert.Raw}, {Type: "PRIVATE KEY", Bytes: k}} {
		text = append(text, pem.EncodeToMemory(b)...)
	}
	return os.WriteFile(filepath.Join(a.dir, fmt.Sprintf("site%d.pem", i)), text, 0o600)
}
