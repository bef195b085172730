package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
)

// tap notes what is read and written.
type tap struct {
	net.Conn
	in, out []byte
}

func (c *tap) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.in = append(c.in, p[:n]...)
	return n, err
}

func (c *tap) Write(p []byte) (int, error) {
	c.out = append(c.out, p...)
	return c.Conn.Write(p)
}

// Both hellos are found however their bytes come in pieces, and a server that first
// asks for another hello is heard to its end.
func TestGreetings(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		here, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		there, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		server := &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MaxVersion: version,
			CurvePreferences: []tls.CurveID{tls.CurveP384},
		}
		go tls.Server(there, server).Handshake() // the client's handshake tells of its error
		var log strings.Builder
		c := &tap{Conn: here}
		client := &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log, CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP384}}
		if err := tls.Client(c, client).Handshake(); err != nil {
			t.Fatal(err)
		}
		here.Close()
		there.Close()
		if retried := strings.Contains(string(c.in), retry); retried != (version == tls.VersionTLS13) {
			t.Fatalf("%s: a HelloRetryRequest: %v", tls.VersionName(version), retried)
		}
		for _, piece := range []int{1, 5, 7, 44, 1 << 20} {
			var ours, theirs greeting
			for part := range slices.Chunk(c.out, piece) {
				ours.see(part)
			}
			for part := range slices.Chunk(c.in, piece) {
				theirs.see(part)
			}
			a, b := ours.known(), theirs.known()
			if a == nil || b == nil {
				t.Fatalf("%s, pieces of %d: found %v and %v", tls.VersionName(version), piece, a, b)
			}
			k := keylog{of: &secrets{}}
			h := &handshake{secrets: k.of}
			k.of.await(h, a)
			if _, err := k.Write([]byte(log.String()[:strings.Index(log.String(), "\n")+1])); err != nil || len(h.facts.Secrets) != 1 {
				t.Errorf("%s, pieces of %d: the client's random %x is not that of\n%s", tls.VersionName(version), piece, a.Random, log.String())
			}
			if a.Version != tls.VersionTLS12 || b.Version != tls.VersionTLS12 || string(b.Random) == retry || string(a.Random) == string(b.Random) {
				t.Errorf("%s, pieces of %d: %+v, %+v", tls.VersionName(version), piece, a, b)
			}
			if same := string(a.SessionID) == string(b.SessionID); same != (version == tls.VersionTLS13) {
				t.Errorf("%s, pieces of %d: session IDs %x and %x", tls.VersionName(version), piece, a.SessionID, b.SessionID)
			}
		}
	}
}

// Bytes that are no TLS are no greeting.
func TestNoGreeting(t *testing.T) {
	for _, text := range []string{"", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x00\x16\x03\x01\x00\x00", "\x16\x03\x01\xff\xff" + strings.Repeat("\xff", 300)} {
		var g greeting
		g.see([]byte(text))
		if k := g.known(); k != nil && len(k.SessionID) > 32 {
			t.Errorf("%q: %+v", text, k)
		}
	}
}
