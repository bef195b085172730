package proxyproto

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func TestAppendV1(t *testing.T) {
	none := netip.AddrPort{}
	tests := []struct {
		src, dst netip.AddrPort
		want     string
	}{
		{ap("192.168.0.1:56324"), ap("192.168.0.11:443"), "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"},
		{src6, dst6, "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"},
		{ap("[::ffff:192.0.2.1]:1"), ap("192.0.2.2:2"), "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"},
		{ap("[::ffff:192.0.2.1]:1"), ap("[::ffff:192.0.2.2]:2"), "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"},
		{ap("192.0.2.1:1"), ap("[2001:db8::2]:2"), "PROXY TCP6 ::ffff:c000:201 2001:db8::2 1 2\r\n"},
		{ap("[2001:db8::1]:1"), ap("[::ffff:0.0.0.1]:2"), "PROXY TCP6 2001:db8::1 ::ffff:0:1 1 2\r\n"},
		{ap("[fe80::1%eth0]:1"), ap("[fe80::2%eth0]:2"), "PROXY TCP6 fe80::1 fe80::2 1 2\r\n"},
		{none, dst4, "PROXY UNKNOWN\r\n"},
		{src4, none, "PROXY UNKNOWN\r\n"},
	}
	for _, tt := range tests {
		if got := string(AppendV1([]byte("> "), tt.src, tt.dst)); got != "> "+tt.want {
			t.Errorf("%v to %v: %q, want %q", tt.src, tt.dst, got, "> "+tt.want)
		}
	}
	full := ap("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")
	if n := len(AppendV1(nil, full, full)); n != 104 {
		t.Errorf("the longest line has %d bytes, want 104", n)
	}
}

func TestAppendV2(t *testing.T) {
	tests := []struct {
		name string
		h    Header
		want string
	}{
		{"tcp4", NewHeader(src4, dst4), "\x21\x11\x00\x0c" + ends4},
		{"tcp4 of mapped addresses", NewHeader(ap("[::ffff:192.0.2.1]:56324"), ap("[::ffff:198.51.100.2]:443")), "\x21\x11\x00\x0c" + ends4},
		{"udp4", Header{Transport: UDP4, Src: src4, Dst: dst4}, "\x21\x12\x00\x0c" + ends4},
		{"tcp6", NewHeader(src6, dst6), "\x21\x21\x00\x24" + ends6},
		{"tcp6 with zones", NewHeader(ap("[2001:db8::1%eth0]:56324"), dst6), "\x21\x21\x00\x24" + ends6},
		{"udp6", Header{Transport: UDP6, Src: src6, Dst: dst6}, "\x21\x22\x00\x24" + ends6},
		{"one end of each family", NewHeader(src4, dst6), "\x21\x21\x00\x24" + endsMapped},
		{"unix", Header{Transport: UnixStream, SrcPath: "\x00abc", DstPath: "/run/b"}, "\x21\x31\x00\xd8" + endsUnix("\x00abc", "/run/b")},
		{"unix datagrams", Header{Transport: UnixDgram, DstPath: "/run/b"}, "\x21\x32\x00\xd8" + endsUnix("", "/run/b")},
		{"unknown", NewHeader(netip.AddrPort{}, dst4), "\x21\x00\x00\x00"},
		{"unknown with TLVs", Header{TLVs: []byte(alpnH2)}, "\x21\x00\x00\x05" + alpnH2},
		{"local", Header{Local: true, Transport: TCP4, Src: src4, Dst: dst4}, "\x20\x00\x00\x00"},
		{"local with TLVs", Header{Local: true, TLVs: []byte(alpnH2)}, "\x20\x00\x00\x05" + alpnH2},
		{"TLVs", Header{Transport: TCP4, Src: src4, Dst: dst4, TLVs: []byte(alpnH2)}, "\x21\x11\x00\x11" + ends4 + alpnH2},
		{"checksum", Header{Transport: TCP4, Src: src4, Dst: dst4, TLVs: AppendChecksum(nil)}, "\x21\x11\x00\x13" + ends4 + "\x03\x00\x04" + sum4},
	}
	for _, tt := range tests {
		got, err := AppendV2([]byte("> "), tt.h)
		if err != nil || string(got) != "> "+signature+tt.want {
			t.Errorf("%s: %v\n got %q\nwant %q", tt.name, err, got, "> "+signature+tt.want)
		}
	}
	if got, want := string(AppendLocal(nil)), signature+"\x20\x00\x00\x00"; got != want {
		t.Errorf("local: %q, want %q", got, want)
	}
}

// The bytes are those that HAProxy 2.6 sent with proxy-v2-options ssl, cert-cn,
// ssl-cipher, cert-sig, cert-key, authority, crc32c and unique-id, for a client with a
// certificate that it passed an error over of.
func TestAsHAProxySends(t *testing.T) {
	const sent = signature + "!\x11\x00|\x7f\x00\x00\x01\x7f\x00\x00\x01\xe1\xb2\x1bZ\x03\x00\x04\x8e\xce\xc4\xf7\x01\x00\x02h2\x05\x00\x12127.0.0.1:57778-18" +
		" \x00L\x07\x00\x00\x00\x12!\x00\x07TLSv1.3\"\x00\x05other%\x00\x05EC256$\x00\x11ecdsa-with-SHA256#\x00\x16TLS_AES_256_GCM_SHA384"
	var inner []byte
	for _, v := range []struct {
		typ   byte
		value string
	}{
		{SubtypeSSLVersion, "TLSv1.3"}, {SubtypeSSLCN, "other"}, {SubtypeSSLKeyAlg, "EC256"},
		{SubtypeSSLSigAlg, "ecdsa-with-SHA256"}, {SubtypeSSLCipher, "TLS_AES_256_GCM_SHA384"},
	} {
		inner = addTLV(t, inner, v.typ, v.value)
	}
	b := addTLV(t, AppendChecksum(nil), TypeALPN, "h2")
	b = addTLV(t, b, TypeUniqueID, "127.0.0.1:57778-18")
	b, err := AppendSSL(b, SSL{Client: ClientSSL | ClientCertConn | ClientCertSess, Verify: 18, TLVs: inner})
	if err != nil {
		t.Fatal(err)
	}
	h := NewHeader(ap("127.0.0.1:57778"), ap("127.0.0.1:7002"))
	h.TLVs = b
	got, err := AppendV2(nil, h)
	if err != nil || string(got) != sent {
		t.Errorf("%v\n got %q\nwant %q", err, got, sent)
	}
	for name, want := range map[string]string{"SSL_CN": "other", "35": "TLS_AES_256_GCM_SHA384", "0x25": "EC256", "ALPN": "h2"} {
		typ, err := ParseType(name)
		if v, ok := Nth(h.TLVs, typ, 0); err != nil || !ok || string(v) != want {
			t.Errorf("%s is %q, %v, %v; want %q", name, v, ok, err, want)
		}
		if v, ok := Nth(h.TLVs, typ, 1); ok {
			t.Errorf("there is a second %s, %q", name, v)
		}
	}
}

func addTLV(t *testing.T, b []byte, typ byte, value string) []byte {
	t.Helper()
	b, err := AppendTLV(b, typ, value)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAppendV2Rejects(t *testing.T) {
	long := strings.Repeat("p", 109)
	tests := []struct {
		name string
		h    Header
		is   error
		text string
	}{
		{"ipv6 as tcp4", Header{Transport: TCP4, Src: src6, Dst: dst4}, ErrInvalid, "address 2001:db8::1 cannot be sent as tcp4"},
		{"no address", Header{Transport: UDP6, Src: src6}, ErrInvalid, "address invalid IP cannot be sent as udp6"},
		{"transport", Header{Transport: 9}, ErrInvalid, "transport 9 does not exist"},
		{"path", Header{Transport: UnixStream, DstPath: long}, ErrTooLong, "the path of a unix socket has 109 bytes, at most 108 can be sent"},
		{"path with zero", Header{Transport: UnixStream, DstPath: "/a\x00b"}, ErrInvalid, `the path "/a\x00b" of a unix socket has a zero byte`},
		{"broken TLV", Header{TLVs: []byte("\x01\x00\x02h")}, ErrInvalid, "the TLV at byte 0 of 4 is cut off"},
		{"too much", Header{Transport: TCP4, Src: src4, Dst: dst4, TLVs: append([]byte("\x04\xff\xff"), make([]byte, 0xffff)...)}, ErrTooLong,
			"version 2 with 65550 bytes after its fixed part, at most 65535 can be sent"},
	}
	for _, tt := range tests {
		got, err := AppendV2([]byte("> "), tt.h)
		if !errors.Is(err, tt.is) || err.Error() != tt.is.Error()+": "+tt.text {
			t.Errorf("%s: %v, want %v: %s", tt.name, err, tt.is, tt.text)
		}
		if string(got) != "> " {
			t.Errorf("%s: leaves %q", tt.name, got)
		}
	}
}

func TestTLVs(t *testing.T) {
	var inner, b []byte
	add := func(to *[]byte, typ byte, value string) { t.Helper(); *to = addTLV(t, *to, typ, value) }
	add(&inner, SubtypeSSLVersion, "TLSv1.3")
	add(&inner, SubtypeSSLCN, "example.com")
	add(&b, TypeALPN, "h2")
	add(&b, TypeAuthority, "")
	b, err := AppendSSL(b, SSL{Client: ClientSSL | ClientCertConn, Verify: 0x01020304, TLVs: inner})
	if err != nil {
		t.Fatal(err)
	}
	add(&b, TypeUniqueID, strings.Repeat("u", MaxUniqueID))
	b = AppendChecksum(b)
	add(&b, TypeALPN, "second")

	out, err := AppendV2(nil, Header{Transport: TCP4, Src: src4, Dst: dst4, TLVs: b})
	if err != nil {
		t.Fatal(err)
	}
	h, n, err := Parse(out)
	if err != nil || n != len(out) {
		t.Fatal(n, err)
	}

	var types []byte
	for typ := range All(h.TLVs) {
		types = append(types, typ)
	}
	if want := []byte{TypeALPN, TypeAuthority, TypeSSL, TypeUniqueID, TypeCRC32C, TypeALPN}; !reflect.DeepEqual(types, want) {
		t.Errorf("the types are %x, want %x", types, want)
	}
	if v, ok := h.TLV(TypeALPN); !ok || string(v) != "h2" {
		t.Errorf("ALPN is %q, %v", v, ok)
	}
	if v, ok := h.TLV(TypeAuthority); !ok || len(v) != 0 {
		t.Errorf("the empty authority is %q, %v", v, ok)
	}
	if _, ok := h.TLV(TypeNetNS); ok {
		t.Error("there is a namespace that nobody put in")
	}
	value, _ := h.TLV(TypeSSL)
	if want := "\x03\x01\x02\x03\x04\x21\x00\x07TLSv1.3\x22\x00\x0bexample.com"; string(value) != want {
		t.Errorf("the SSL TLV is %q, want %q", value, want)
	}
	ssl, err := ParseSSL(value)
	if err != nil || ssl.Client != ClientSSL|ClientCertConn || ssl.Verify != 0x01020304 {
		t.Errorf("SSL is %+v, %v", ssl, err)
	}
	if v, ok := ssl.TLV(SubtypeSSLCN); !ok || string(v) != "example.com" {
		t.Errorf("the common name is %q, %v", v, ok)
	}
}

func TestTLVRejects(t *testing.T) {
	tests := []struct {
		name string
		do   func(b []byte) ([]byte, error)
		is   error
		text string
	}{
		{"value", func(b []byte) ([]byte, error) { return AppendTLV(b, TypeNoop, make([]byte, 0x10000)) },
			ErrTooLong, "TLV 0x04 with 65536 bytes, at most 65535 can be sent"},
		{"unique id", func(b []byte) ([]byte, error) { return AppendTLV(b, TypeUniqueID, make([]byte, 129)) },
			ErrTooLong, "TLV 0x05 with 129 bytes, at most 128 can be sent"},
		{"ssl", func(b []byte) ([]byte, error) { return AppendSSL(b, SSL{TLVs: make([]byte, 0xffff)}) },
			ErrTooLong, "the SSL TLV has 65540 bytes, at most 65535 can be sent"},
		{"ssl cut off", func(b []byte) ([]byte, error) { _, err := ParseSSL([]byte("\x01\x00\x00\x00")); return b, err },
			ErrInvalid, "the SSL TLV has 4 bytes, at least 5 are needed"},
		{"in ssl", func(b []byte) ([]byte, error) {
			_, err := ParseSSL([]byte("\x01\x00\x00\x00\x00\x21\x00\x09"))
			return b, err
		},
			ErrInvalid, "in the SSL TLV, the TLV at byte 0 of 3 is cut off"},
	}
	for _, tt := range tests {
		got, err := tt.do([]byte("> "))
		if !errors.Is(err, tt.is) || err.Error() != tt.is.Error()+": "+tt.text {
			t.Errorf("%s: %v, want %v: %s", tt.name, err, tt.is, tt.text)
		}
		if string(got) != "> " {
			t.Errorf("%s: leaves %q", tt.name, got)
		}
	}
}

func TestAllCutOff(t *testing.T) {
	n := 0
	for range All([]byte(alpnH2 + "\x01\x00")) {
		n++
	}
	if n != 1 {
		t.Errorf("%d TLVs, want the whole one", n)
	}
	if v, ok := find([]byte("\x01\x00\x09x"), TypeALPN); ok {
		t.Errorf("a TLV that is cut off has the value %q", v)
	}
}
