package proxyproto

import (
	"errors"
	"reflect"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nx",
		"PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 56324 443\r\n",
		"PROXY UNKNOWN a\r\n",
		signature + "\x21\x11\x00\x11" + ends4 + alpnH2,
		signature + "\x21\x21\x00\x24" + endsMapped,
		signature + "\x21\x31\x00\xd8" + endsUnix("\x00abc", "/run/b"),
		signature + "\x21\x00\x00\x05" + alpnH2,
		signature + "\x20\xff\x00\x01x",
		signature + "\x21\x11\x00\x13" + ends4 + "\x03\x00\x04" + sum4,
		signature + "\x21\x11\x00\x17" + ends4 + "\x20\x00\x08\x01\x00\x00\x00\x00\x21\x00\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkAddress(t, string(b))
		h, n, err := Parse(b)
		if err != nil {
			known := err == ErrIncomplete || err == ErrNotProxy || errors.Is(err, ErrInvalid) || errors.Is(err, ErrTooLong)
			if n != 0 || !known {
				t.Fatalf("%d, %v", n, err)
			}
			if err == ErrIncomplete && len(b) >= MaxV2 {
				t.Fatalf("still incomplete after %d bytes", len(b))
			}
			return
		}
		if n <= 0 || n > len(b) {
			t.Fatalf("%d bytes of %d", n, len(b))
		}
		for i := range n {
			if _, _, err := Parse(b[:i]); err != ErrIncomplete {
				t.Fatalf("the first %d of %d bytes: %v", i, n, err)
			}
		}
		if value, ok := h.TLV(TypeSSL); ok {
			if ssl, err := ParseSSL(value); err == nil {
				if again, err := AppendSSL(nil, ssl); err != nil || string(again[tlvHead:]) != string(value) {
					t.Fatalf("SSL %q is written %q, %v", value, again, err)
				}
			}
		}
		var out []byte
		if h.Version == 1 {
			out = AppendV1(nil, h.Src, h.Dst)
			if h.Transport == TCP6 && h.Src.Addr().Is4() && h.Dst.Addr().Is4() {
				h.Transport = TCP4 // as NewHeader says
			}
		} else if out, err = AppendV2(nil, h); err != nil {
			t.Fatalf("%+v cannot be written: %v", h, err)
		}
		again, m, err := Parse(out)
		if err != nil || m != len(out) || !reflect.DeepEqual(again, h) {
			t.Fatalf("%+v is written %q and parses back to %+v, %d, %v", h, out, again, m, err)
		}
	})
}
