package httphead

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// HasPlace reports whether a message's field has a place in HTTP/2 and HTTP/3: it was
// not deleted, does not belong to a connection of HTTP/1, and is not said by the
// authority (RFC 9113 section 8.2.2, RFC 9114 section 4.2).
func HasPlace(h *httpmsg.Message, i int) bool {
	switch h.KnownAt(i) {
	case httpmsg.Connection, httpmsg.KeepAlive, httpmsg.ProxyConnection, httpmsg.TransferEncoding, httpmsg.Upgrade, httpmsg.Host:
		return false
	case httpmsg.TE:
		return !h.Deleted(i) && httpmsg.EqualFold(h.Value(i), "trailers")
	}
	return !h.Deleted(i)
}

// Target gives what a request's :authority and :path are (RFC 9113 section 8.3.1, RFC
// 9114 section 4.3.1). The authority is empty where there is none.
func Target(h *httpmsg.Message) (authority, path []byte) {
	authority, _ = h.Header("host")
	path = h.Target()
	if a, ok := http1.Authority(path); ok { // absolute form
		authority = a
		if path = path[bytes.Index(path, a)+len(a):]; len(path) == 0 {
			path = []byte{'/'}
		}
	}
	return authority, path
}

// AppendInt appends an integer with a prefix of so many bits, which shares its
// byte with first (RFC 7541 section 5.1, RFC 9204 section 4.1.1).
func AppendInt(b []byte, first byte, bits uint, n int) []byte {
	limit := 1<<bits - 1
	if n < limit {
		return append(b, first|byte(n))
	}
	b = append(b, first|byte(limit))
	for n -= limit; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// AppendLower appends a field's name in lower case, as both protocols want it.
func AppendLower(b, name []byte) []byte {
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}
