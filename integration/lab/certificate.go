package lab

import (
	"path/filepath"
	"testing"
)

// Certificate makes a certificate for localhost and 127.0.0.1, signed by itself,
// and gives its file; the key stands beside it.
func Certificate(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "site.pem")
	_, errs, code := Run(t, Need(t, "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
		"-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
		"-keyout", file+".key", "-out", file)
	if code != 0 {
		t.Fatal(errs)
	}
	return file
}

// patternPeriod is after how many bytes the pattern repeats.
const patternPeriod = 2048

// Pattern gives so many bytes that are always the same.
func Pattern(n int) []byte {
	b := make([]byte, n)
	for i := range min(n, patternPeriod) {
		b[i] = byte(i * 7 >> 3)
	}
	for done := patternPeriod; done < n; done *= 2 { // the race detector minds each byte of a loop
		copy(b[done:], b[:done])
	}
	return b
}
