package proxyproto

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

const (
	// The source and destination of the examples, 192.0.2.1:56324 and 198.51.100.2:443.
	ends4 = "\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"
	// The same with 2001:db8::1 and 2001:db8::2.
	ends6 = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" +
		"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\xdc\x04\x01\xbb"
	// 192.0.2.1, mapped, to 2001:db8::2.
	endsMapped = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xc0\x00\x02\x01" +
		"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\xdc\x04\x01\xbb"
	// The CRC32c of the header with ends4 and a checksum alone, from an
	// implementation apart from this one.
	sum4     = "\x20\xec\x95\x49"
	sum4Text = "0x20ec9549"
	alpnH2   = "\x01\x00\x02h2"
)

var (
	src4, dst4 = ap("192.0.2.1:56324"), ap("198.51.100.2:443")
	src6, dst6 = ap("[2001:db8::1]:56324"), ap("[2001:db8::2]:443")
)

func endsUnix(src, dst string) string {
	return src + strings.Repeat("\x00", pathSize-len(src)) + dst + strings.Repeat("\x00", pathSize-len(dst))
}

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want Header
	}{
		{"v1, the specification's example", "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n",
			Header{Version: 1, Transport: TCP4, Src: ap("192.168.0.1:56324"), Dst: ap("192.168.0.11:443")}},
		{"v1 longest ipv4", "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
			Header{Version: 1, Transport: TCP4, Src: ap("255.255.255.255:65535"), Dst: ap("255.255.255.255:65535")}},
		{"v1 zeros", "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n",
			Header{Version: 1, Transport: TCP4, Src: ap("0.0.0.0:0"), Dst: ap("0.0.0.0:0")}},
		{"v1 ipv6", "PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 56324 443\r\n",
			Header{Version: 1, Transport: TCP6, Src: src6, Dst: dst6}},
		{"v1 mapped, both notations", "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6402 56324 443\r\n",
			Header{Version: 1, Transport: TCP6, Src: src4, Dst: dst4}},
		{"v1 unknown", "PROXY UNKNOWN\r\n", Header{Version: 1}},
		{"v1 unknown of 107 bytes", "PROXY UNKNOWN " + strings.Repeat("f", 91) + "\r\n", Header{Version: 1}},

		{"v2 tcp4", signature + "\x21\x11\x00\x0c" + ends4,
			Header{Version: 2, Transport: TCP4, Src: src4, Dst: dst4}},
		{"v2 udp4", signature + "\x21\x12\x00\x0c" + ends4,
			Header{Version: 2, Transport: UDP4, Src: src4, Dst: dst4}},
		{"v2 tcp6", signature + "\x21\x21\x00\x24" + ends6,
			Header{Version: 2, Transport: TCP6, Src: src6, Dst: dst6}},
		{"v2 udp6", signature + "\x21\x22\x00\x24" + ends6,
			Header{Version: 2, Transport: UDP6, Src: src6, Dst: dst6}},
		{"v2 mapped", signature + "\x21\x21\x00\x24" + endsMapped,
			Header{Version: 2, Transport: TCP6, Src: src4, Dst: dst6}},
		{"v2 with TLVs", signature + "\x21\x11\x00\x11" + ends4 + alpnH2,
			Header{Version: 2, Transport: TCP4, Src: src4, Dst: dst4, TLVs: []byte(alpnH2)}},
		{"v2 unix stream", signature + "\x21\x31\x00\xd8" + endsUnix("", "/run/lb.sock"),
			Header{Version: 2, Transport: UnixStream, DstPath: "/run/lb.sock"}},
		{"v2 unix datagram, abstract and longest", signature + "\x21\x32\x00\xd8" + endsUnix("\x00abc", strings.Repeat("p", 108)),
			Header{Version: 2, Transport: UnixDgram, SrcPath: "\x00abc", DstPath: strings.Repeat("p", 108)}},
		{"v2 unix, rubbish after the zero", signature + "\x21\x31\x00\xd8" + endsUnix("/a\x00rubbish", "/b"),
			Header{Version: 2, Transport: UnixStream, SrcPath: "/a", DstPath: "/b"}},
		{"v2 local", signature + "\x20\x00\x00\x00", Header{Version: 2, Local: true}},
		{"v2 local with a block of any kind", signature + "\x20\xff\x00\x05rubbi", Header{Version: 2, Local: true}},
		{"v2 unspecified", signature + "\x21\x00\x00\x00", Header{Version: 2}},
		{"v2 unspecified with TLVs", signature + "\x21\x00\x00\x05" + alpnH2, Header{Version: 2, TLVs: []byte(alpnH2)}},
		{"v2 unspecified with what is no TLV", signature + "\x21\x00\x00\x0c" + ends4, Header{Version: 2}},
		{"v2 unspecified protocol of a family", signature + "\x21\x10\x00\x0c" + ends4, Header{Version: 2}},
		{"v2 unspecified family of a protocol", signature + "\x21\x01\x00\x0c" + ends4, Header{Version: 2}},
		{"v2 with checksum", signature + "\x21\x11\x00\x13" + ends4 + "\x03\x00\x04" + sum4,
			Header{Version: 2, Transport: TCP4, Src: src4, Dst: dst4, TLVs: []byte("\x03\x00\x04" + sum4)}},
	}
	for _, tt := range tests {
		h, n, err := Parse([]byte(tt.in + "GET / HTTP/1.1\r\n"))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if n != len(tt.in) {
			t.Errorf("%s: %d bytes, want %d", tt.name, n, len(tt.in))
		}
		if !reflect.DeepEqual(h, tt.want) {
			t.Errorf("%s\n got %+v\nwant %+v", tt.name, h, tt.want)
		}
		for i := range len(tt.in) {
			if _, n, err := Parse([]byte(tt.in[:i])); err != ErrIncomplete || n != 0 {
				t.Errorf("%s, its first %d bytes: %d, %v; want ErrIncomplete", tt.name, i, n, err)
			}
		}
	}
}

func TestProxied(t *testing.T) {
	for in, want := range map[string]bool{
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n":                           true,
		"PROXY UNKNOWN\r\n":                                                false,
		signature + "\x20\x11\x00\x0c" + ends4:                             false,
		signature + "\x21\x00\x00\x00":                                     false,
		signature + "\x21\x31\x00\xd8" + endsUnix("/run/a.sock", "/run/b"): true,
	} {
		h, _, err := Parse([]byte(in))
		if err != nil {
			t.Errorf("%q: %v", in, err)
		} else if h.Proxied() != want {
			t.Errorf("%q: proxied is %v, want %v", in, h.Proxied(), want)
		}
	}
}

func TestParseRejects(t *testing.T) {
	tests := []struct {
		name string
		in   string
		is   error
		text string // "" where is says it all
	}{
		{"http", "GET / HTTP/1.1\r\n", ErrNotProxy, ""},
		{"one byte", "G", ErrNotProxy, ""},
		{"no space", "PROXYTCP4", ErrNotProxy, ""},
		{"lower case", "proxy ", ErrNotProxy, ""},
		{"almost a signature", "\r\n\r\n\x00\r\nQUIX", ErrNotProxy, ""},

		{"two spaces", "PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n", ErrInvalid,
			`version 1 with protocol "", only TCP4, TCP6 and UNKNOWN exist`},
		{"udp", "PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n", ErrInvalid,
			`version 1 with protocol "UDP4", only TCP4, TCP6 and UNKNOWN exist`},
		{"unknown with a tail", "PROXY UNKNOWNS\r\n", ErrInvalid,
			`version 1 with protocol "UNKNOWNS", only TCP4, TCP6 and UNKNOWN exist`},
		{"nothing more", "PROXY TCP4\r\n", ErrInvalid, `version 1 without addresses after TCP4`},
		{"one address", "PROXY TCP4 1.1.1.1\r\n", ErrInvalid, `version 1 ends after the source address`},
		{"no ports", "PROXY TCP4 1.1.1.1 2.2.2.2\r\n", ErrInvalid, `version 1 ends after the destination address`},
		{"one port", "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", ErrInvalid, `version 1 ends after the source port`},
		{"more", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n", ErrInvalid, `version 1 with more after the destination port`},
		{"space at the end", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n", ErrInvalid, `version 1 with more after the destination port`},
		{"leading zero", "PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n", ErrInvalid,
			`version 1 with source address "01.1.1.1", which is not an IPv4 address`},
		{"five numbers", "PROXY TCP4 1.1.1.1.1 2.2.2.2 1 2\r\n", ErrInvalid,
			`version 1 with source address "1.1.1.1.1", which is not an IPv4 address`},
		{"wrong family", "PROXY TCP4 1.1.1.1 ::1 1 2\r\n", ErrInvalid,
			`version 1 with destination address "::1", which is not an IPv4 address`},
		{"wrong family too", "PROXY TCP6 1.1.1.1 ::1 1 2\r\n", ErrInvalid,
			`version 1 with source address "1.1.1.1", which is not an IPv6 address`},
		{"zone", "PROXY TCP6 fe80::1%lo ::1 1 2\r\n", ErrInvalid,
			`version 1 with source address "fe80::1%lo", which is not an IPv6 address`},
		{"port with zero", "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n", ErrInvalid,
			`version 1 with source port "01", which is not a number from 0 to 65535`},
		{"port too high", "PROXY TCP4 1.1.1.1 2.2.2.2 1 65536\r\n", ErrInvalid,
			`version 1 with destination port "65536", which is not a number from 0 to 65535`},
		{"port with sign", "PROXY TCP4 1.1.1.1 2.2.2.2 1 +2\r\n", ErrInvalid,
			`version 1 with destination port "+2", which is not a number from 0 to 65535`},
		{"lone LF", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n", ErrInvalid, `version 1 with a CR or LF that is not CRLF at byte 30`},
		{"lone CR", "PROXY UNKNOWN a\rb\r\n", ErrInvalid, `version 1 with a CR or LF that is not CRLF at byte 15`},
		{"108 bytes", "PROXY UNKNOWN " + strings.Repeat("f", 92) + "\r\n", ErrTooLong, `version 1 without CRLF in its first 107 bytes`},
		{"107 bytes without end", "PROXY UNKNOWN " + strings.Repeat("f", 93), ErrTooLong, `version 1 without CRLF in its first 107 bytes`},

		{"version 3", signature + "\x31", ErrInvalid, `its version is 3, only 1 and 2 exist`},
		{"command", signature + "\x22", ErrInvalid, `version 2 with command 0x2, only 0x0 (LOCAL) and 0x1 (PROXY) exist`},
		{"family", signature + "\x21\x41", ErrInvalid, `version 2 with address family 0x4, only 0x0 to 0x3 exist`},
		{"protocol", signature + "\x21\x13", ErrInvalid, `version 2 with transport protocol 0x3, only 0x0 to 0x2 exist`},
		{"unique identifier", signature + "\x21\x11\x00\x90" + ends4 + "\x05\x00\x81" + strings.Repeat("u", 129), ErrInvalid,
			`its unique identifier has 129 bytes, at most 128 are allowed`},
		{"too long", signature + "\x21\x11\x0f\xf1", ErrTooLong, `version 2 with 4097 bytes, at most 4096 are taken`},
		{"too long, though local", signature + "\x20\x00\xff\xff", ErrTooLong, `version 2 with 65551 bytes, at most 4096 are taken`},
		{"short addresses", signature + "\x21\x21\x00\x0c" + ends4, ErrInvalid, `version 2 with 12 bytes of addresses, tcp6 has 36`},
		{"TLV without length", signature + "\x21\x11\x00\x13" + ends4 + alpnH2 + "\x01\x00", ErrInvalid, `the TLV at byte 5 of 7 is cut off`},
		{"TLV cut off", signature + "\x21\x11\x00\x10" + ends4 + "\x01\x00\x02h", ErrInvalid, `the TLV at byte 0 of 4 is cut off`},
		{"checksum of 3 bytes", signature + "\x21\x11\x00\x12" + ends4 + "\x03\x00\x03abc", ErrInvalid, `its checksum has 3 bytes instead of 4`},
		{"two checksums", signature + "\x21\x11\x00\x1a" + ends4 + "\x03\x00\x04abcd\x03\x00\x04abcd", ErrInvalid, `it has more than one checksum`},
		{"wrong checksum", signature + "\x21\x11\x00\x13" + ends4 + "\x03\x00\x04\x00\x00\x00\x01", ErrInvalid,
			`its checksum is 0x00000001 and should be ` + sum4Text},
	}
	for _, tt := range tests {
		h, n, err := Parse([]byte(tt.in))
		if !errors.Is(err, tt.is) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.is)
			continue
		}
		want := tt.is.Error()
		if tt.text != "" {
			want += ": " + tt.text
		}
		if err.Error() != want {
			t.Errorf("%s\n got %v\nwant %v", tt.name, err, want)
		}
		if n != 0 || !reflect.DeepEqual(h, Header{}) {
			t.Errorf("%s: gives %+v and %d beside the error", tt.name, h, n)
		}
	}
}

// A caller may add to the TLVs of a header without touching the payload that
// lies behind them in the buffer.
func TestTLVsSparePayload(t *testing.T) {
	b := []byte(signature + "\x21\x11\x00\x11" + ends4 + alpnH2 + "payload")
	h, n, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AppendTLV(h.TLVs, TypeNoop, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if got := string(b[n:]); got != "payload" {
		t.Errorf("the payload became %q", got)
	}
}

func TestAddressesAsNetip(t *testing.T) {
	for _, s := range []string{
		"", ".", "1", "1.2.3", "1.2.3.4", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "256.1.1.1", "00.0.0.0", "1..2.3", "1.2.3.4x",
		":", "::", ":::", "::1", "1::", ":1", "1:", "1::2", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "::00001", "ffff::FFFF", "g::", "::1.2.3.4",
		"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "::ffff:1.2.3.4", "::ffff:01.2.3.4",
		"1::2:", "fe80::1%lo", " ::1", "::1 ",
	} {
		checkAddress(t, s)
	}
}

// checkAddress holds parse4 and parse6 to net/netip, which is as strict as the
// protocol but for its zones.
func checkAddress(t *testing.T, s string) {
	t.Helper()
	want, err := netip.ParseAddr(s)
	if strings.Contains(s, "%") {
		want, err = netip.Addr{}, errors.New("zone")
	}
	got4, ok4 := parse4([]byte(s))
	if is4 := err == nil && want.Is4(); ok4 != is4 || (is4 && got4 != want) {
		t.Errorf("parse4(%q) = %v, %v; net/netip says %v, %v", s, got4, ok4, want, err)
	}
	got6, ok6 := parse6([]byte(s))
	if is6 := err == nil && want.Is6(); ok6 != is6 || (is6 && got6 != want) {
		t.Errorf("parse6(%q) = %v, %v; net/netip says %v, %v", s, got6, ok6, want, err)
	}
}
