package secure

import (
	"crypto/tls"
	"testing"
	"time"
)

// clients of TLS 1.2 tell by their ciphers which keys they can use.
func hello(name string, kinds ...Algorithm) *tls.ClientHelloInfo {
	h := &tls.ClientHelloInfo{
		ServerName: name, SupportedVersions: []uint16{tls.VersionTLS12}, SupportedCurves: []tls.CurveID{tls.CurveP256}, SupportedPoints: []uint8{0},
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256, tls.PSSWithSHA256, tls.PKCS1WithSHA256},
	}
	for _, k := range kinds {
		h.CipherSuites = append(h.CipherSuites, map[Algorithm]uint16{
			ECDSA: tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, RSA: tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		}[k])
	}
	return h
}

func TestTable(t *testing.T) {
	a := newAuthority(t)
	ec, rs := newECDSA(t), newRSA(t)
	pairs := load(t, NewStore(time.Now),
		a.issue("first", ec, "first.example.com"), a.issue("rsa", rs, "both.example.com"), a.issue("ecdsa", ec, "Both.example.com"),
		a.issue("wild", ec, "*.example.com"), a.issue("filtered", ec, "filtered.example.net"), a.issue("fallback", rs, "fallback.example.org"))
	table := NewTable(false)
	for _, p := range pairs[:4] {
		table.Add(Entry{Pair: p})
	}
	table.Add(Entry{Pair: pairs[4]}, "*.filtered.net", "!no.filtered.net", "exact.filtered.org")
	table.Add(Entry{Pair: pairs[5]}, "*")
	for _, c := range []struct {
		name  string
		kinds []Algorithm
		want  string
	}{
		{"first.example.com", []Algorithm{ECDSA, RSA}, "first"},
		{"FIRST.example.com.", []Algorithm{ECDSA, RSA}, "first"},
		{"both.example.com", []Algorithm{ECDSA, RSA}, "ecdsa"},
		{"both.example.com", []Algorithm{RSA}, "rsa"},
		{"other.example.com", []Algorithm{ECDSA}, "wild"},
		{"deep.other.example.com", []Algorithm{ECDSA}, "first"},
		{"x.filtered.net", []Algorithm{ECDSA}, "filtered"},
		{"no.filtered.net", []Algorithm{ECDSA}, "first"},
		{"exact.filtered.org", []Algorithm{ECDSA}, "filtered"},
		{"filtered.example.net", []Algorithm{ECDSA}, "first"}, // its own name counts no more
		{"unknown.org", []Algorithm{RSA}, "fallback"},
		{"", []Algorithm{ECDSA, RSA}, "first"},
		{"", []Algorithm{RSA}, "fallback"},
	} {
		e, _ := table.Find(hello(c.name, c.kinds...))
		if e == nil || e.Pair.File() != a.dir+"/"+c.want {
			t.Errorf("%q %v: %+v, want %s", c.name, c.kinds, e, c.want)
		}
	}
	table.strict = true
	for _, name := range []string{"", "unknown.org", "no.filtered.net"} {
		if e, _ := table.Find(hello(name, ECDSA)); e != nil {
			t.Errorf("strict %q: %s", name, e.Pair.File())
		}
	}
	if n := testing.AllocsPerRun(100, func() { table.Find(hello("first.example.com")) }); n > 8 { // the hello itself
		t.Errorf("%v allocations", n)
	}
}
