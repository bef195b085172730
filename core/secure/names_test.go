package secure

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/session"
)

func TestNames(t *testing.T) {
	ids, missing, err := Ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
	if err != nil || len(ids) != 2 || len(missing) != 1 {
		t.Error(ids, missing, err)
	}
	_, _, err = Ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA25")
	var unknown *NameError
	if !errors.As(err, &unknown) || unknown.Name != "ECDHE-RSA-AES128-GCM-SHA25" || unknown.Off != 30 {
		t.Errorf("%+v", unknown)
	}
	if _, _, err = Ciphers("TLS_AES_128_GCM_SHA256"); err == nil {
		t.Error("a cipher of TLS 1.3 is taken for one of TLS 1.2")
	}
	if left, err := Ciphers13("TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"); err != nil || strings.Join(left, " ") != "TLS_CHACHA20_POLY1305_SHA256" {
		t.Error(left, err)
	}
	if ids, err := Curves("X25519MLKEM768:X25519:prime256v1"); err != nil || len(ids) != 3 || ids[2] != tls.CurveP256 {
		t.Error(ids, err)
	}
	if _, err := Sigalgs("ECDSA+SHA256:rsa_pss_rsae_sha256:ROT13"); err == nil || err.Error() != `unknown signature algorithm "ROT13"` {
		t.Error(err)
	}
	if c, err := ParseCodes("10,X509_V_ERR_CERT_REVOKED"); err != nil || !c.has(10) || !c.has(23) || c.has(20) {
		t.Error(c, err)
	}
	if c, err := ParseCodes("all"); err != nil || !c.has(7) {
		t.Error(c, err)
	}
	if CipherName(tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) != "ECDHE-RSA-AES128-GCM-SHA256" || CipherName(tls.TLS_AES_128_GCM_SHA256) != "TLS_AES_128_GCM_SHA256" {
		t.Error("names of ciphers")
	}
}

// The example of the specification of JA4.
func TestJA4(t *testing.T) {
	h := &session.Hello{
		Versions: []uint16{0x1a1a, 0x0304, 0x0303},
		Ciphers:  []uint16{0x4a4a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		Extensions: []uint16{
			0x8a8a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0xcaca,
		},
		SigAlgs:   []uint16{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
		Protocols: []string{"h2", "http/1.1"}, SNI: true,
	}
	if got := string(JA4(nil, h, false)); got != "t13d1516h2_8daaf6152771_e5627efa2ab1" {
		t.Error(got)
	}
	if got := string(JA4(nil, &session.Hello{Protocols: []string{"\xab"}}, true)); got != "q00i0000ab_000000000000_000000000000" {
		t.Error(got)
	}
}

func TestTicketKeys(t *testing.T) {
	write := func(lines ...string) string {
		path := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	k := func(c string) string { return strings.Repeat(c, 64) } // 48 bytes
	first, err := NewStore(time.Now).Tickets(write(k("A"), k("B"), k("C"), ""))
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := NewStore(time.Now).Tickets(write(k("A"), k("B"), k("C"), k("D")))
	if err != nil {
		t.Fatal(err)
	}
	later, err := NewStore(time.Now).Tickets(write(k("C"), k("D"), k("E"), k("F")))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		by   *Tickets
		want bool
	}{"the same": {first, true}, "rotated once": {rotated, true}, "rotated thrice": {later, false}} {
		if got := resumes(t, first, c.by); got != c.want {
			t.Errorf("%s: resumed %v", name, got)
		}
	}
	for text, want := range map[string]string{"AAAA": ":1: want 48 or 80 bytes", k("A") + "\n" + k("B"): "fewer than 3 keys"} {
		if _, err := NewStore(time.Now).Tickets(write(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// resumes begins a session with one server and reports whether another resumes it.
func resumes(t *testing.T, begun, resumed interface{ Use(*tls.Config) }) bool {
	t.Helper()
	a := newAuthority(t)
	cert, err := load(t, NewStore(time.Now), a.issue("a.pem", newECDSA(t), "a"))[0].Certificate()
	if err != nil {
		t.Fatal(err)
	}
	client := &tls.Config{InsecureSkipVerify: true, ServerName: "a", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	did := false
	for _, sessions := range []interface{ Use(*tls.Config) }{begun, resumed} {
		server := &tls.Config{Certificates: []tls.Certificate{*cert}}
		sessions.Use(server)
		here, there := net.Pipe()
		go func() {
			s := tls.Server(there, server)
			s.Write([]byte("x")) // what the client sees if this fails
			s.Close()
		}()
		c := tls.Client(here, client)
		if _, err := io.ReadAll(c); err != nil {
			t.Fatal(err)
		}
		did = c.ConnectionState().DidResume
		c.Close()
	}
	return did
}
