// Package samples has values of each type that records of the expression
// language are tried with: ordinary ones, empty ones, and those at the edges.
package samples

import (
	"bytes"
	"math"
	"net/netip"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// Types are those that values can have.
var Types = []expr.Type{expr.Bool, expr.Int, expr.IP, expr.Str, expr.Bin, expr.Method}

// Of gives values of a type. Their bytes are new each time.
func Of(t expr.Type) []expr.Sample {
	var out []expr.Sample
	add := func(set func(s *expr.Sample)) {
		var s expr.Sample
		set(&s)
		out = append(out, s)
	}
	switch t {
	case expr.Bool:
		add(func(s *expr.Sample) { s.SetBool(false) })
		add(func(s *expr.Sample) { s.SetBool(true) })
	case expr.Int:
		for _, n := range []int64{0, 1, -1, 42, 65536, math.MaxUint32, math.MaxInt64, math.MinInt64} {
			add(func(s *expr.Sample) { s.SetInt(n) })
		}
	case expr.IP:
		for _, a := range []string{"192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::", "fe80::1%eth0"} {
			add(func(s *expr.Sample) { s.SetIP(netip.MustParseAddr(a)) })
		}
		add(func(s *expr.Sample) { s.SetIP(netip.Addr{}) })
	case expr.Method:
		add(func(s *expr.Sample) { s.Type, s.Bytes = expr.Method, []byte("GET") })
	case expr.Str, expr.Bin:
		for _, text := range []string{
			"", "a", "Hello, World", "42", "192.0.2.1", "/path?a=1&b=%20", "{\"a\":1}", "aGVsbG8=", "\x00", "\xff\xfe\x80", "é\u2028",
			" \t\r\n", "%", "%4", "=", "&&==", strings.Repeat("x", 300), strings.Repeat("ab,", 100), string(every()),
		} {
			add(func(s *expr.Sample) { s.Type, s.Bytes = t, []byte(text) })
		}
		add(func(s *expr.Sample) { s.Type = t }) // no bytes at all
	}
	return out
}

// every is each byte once.
func every() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// Copy gives a sample that shares nothing with s.
func Copy(s expr.Sample) expr.Sample {
	s.Bytes = bytes.Clone(s.Bytes)
	return s
}

// Same reports whether two samples have the same value.
func Same(a, b *expr.Sample) bool {
	if a.Type != b.Type {
		return false
	}
	switch a.Type {
	case expr.Bool, expr.Int:
		return a.Int == b.Int
	case expr.IP:
		return a.Addr == b.Addr
	}
	return bytes.Equal(a.Bytes, b.Bytes)
}
