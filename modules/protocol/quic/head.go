package quic

import (
	"io"
	"strconv"

	"github.com/quic-go/qpack"

	"github.com/fairleadproxy/fairlead/core/httphead"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// decode makes a message of an encoded head.
func decode(d *httphead.Decoder, block []byte, end bool) error {
	next := qpack.NewDecoder().Decode(block)
	for {
		f, err := next()
		if err == io.EOF {
			d.Finish(end)
			return nil
		}
		if err != nil {
			return broken(codeQPACK, "a head that cannot be decoded")
		}
		d.Field(f.Name, f.Value)
	}
}

// Heads are encoded by the static table alone (RFC 9204 section 3.1).

// names are the places of names in the static table (RFC 9204 appendix A).
var names = map[string]byte{
	":authority": 0, ":path": 1, "age": 2, "content-disposition": 3, "content-length": 4, "cookie": 5, "date": 6,
	"etag": 7, "if-modified-since": 8, "if-none-match": 9, "last-modified": 10, "link": 11, "location": 12,
	"referer": 13, "set-cookie": 14, ":method": 15, ":scheme": 22, ":status": 24, "accept": 29,
	"accept-encoding": 31, "accept-ranges": 32, "access-control-allow-headers": 33, "access-control-allow-origin": 35,
	"cache-control": 36, "content-encoding": 42, "content-type": 44, "range": 55, "strict-transport-security": 56,
	"vary": 59, "x-content-type-options": 61, "x-xss-protection": 62, "accept-language": 72,
	"access-control-allow-credentials": 73, "access-control-allow-methods": 76, "access-control-expose-headers": 79,
	"access-control-request-headers": 80, "access-control-request-method": 81, "alt-svc": 83, "authorization": 84,
	"content-security-policy": 85, "early-data": 86, "expect-ct": 87, "forwarded": 88, "if-range": 89, "origin": 90,
	"purpose": 91, "server": 92, "timing-allow-origin": 93, "upgrade-insecure-requests": 94, "user-agent": 95,
	"x-forwarded-for": 96, "x-frame-options": 97,
}

// The places of whole fields.
const (
	methodGet   = 17
	methodPost  = 20
	schemeHTTPS = 23
	pathRoot    = 1
)

var statuses = map[int]byte{
	103: 24, 200: 25, 304: 26, 404: 27, 503: 28, 100: 63, 204: 64, 206: 65, 302: 66, 400: 67, 403: 68, 421: 69, 425: 70, 500: 71,
}

func appendIndexed(b []byte, index int) []byte { return httphead.AppendInt(b, 0xc0, 6, index) }

// appendNamed appends a field whose name is in the static table.
func appendNamed(b []byte, index int, value []byte) []byte {
	return append(httphead.AppendInt(httphead.AppendInt(b, 0x50, 4, index), 0, 7, len(value)), value...)
}

// appendField appends a field, its name in lower case.
func appendField(b, name, value []byte) []byte {
	var small [64]byte
	lower := httphead.AppendLower(small[:0], name)
	if index, ok := names[string(lower)]; ok {
		return appendNamed(b, int(index), value)
	}
	b = append(httphead.AppendInt(b, 0x20, 3, len(lower)), lower...)
	return append(httphead.AppendInt(b, 0, 7, len(value)), value...)
}

// appendFields appends the fields that have a place in HTTP/3.
func appendFields(b []byte, h *httpmsg.Message) []byte {
	for i := range h.Fields() {
		if httphead.HasPlace(h, i) {
			b = appendField(b, h.Name(i), h.Value(i))
		}
	}
	return b
}

// appendResponse appends a response's head.
func appendResponse(b []byte, h *httpmsg.Message) []byte {
	b = append(b, 0, 0)
	if index, ok := statuses[h.Status]; ok {
		b = appendIndexed(b, int(index))
	} else {
		b = appendNamed(b, 24, strconv.AppendInt(make([]byte, 0, 3), int64(h.Status), 10))
	}
	return appendFields(b, h)
}

// appendRequest appends a request's head (RFC 9114 section 4.3.1).
func appendRequest(b []byte, h *httpmsg.Message) []byte {
	b = append(b, 0, 0)
	method := h.Method()
	switch string(method) {
	case "GET":
		b = appendIndexed(b, methodGet)
	case "POST":
		b = appendIndexed(b, methodPost)
	default:
		b = appendNamed(b, 15, method)
	}
	if string(method) == "CONNECT" && len(h.Protocol()) == 0 {
		return appendFields(appendNamed(b, 0, h.Target()), h)
	}
	authority, path := httphead.Target(h)
	if len(h.Protocol()) > 0 {
		b = appendField(b, []byte(":protocol"), h.Protocol())
	}
	b = appendIndexed(b, schemeHTTPS)
	if len(authority) > 0 {
		b = appendNamed(b, 0, authority)
	}
	if string(path) == "/" {
		b = appendIndexed(b, pathRoot)
	} else {
		b = appendNamed(b, 1, path)
	}
	return appendFields(b, h)
}

// appendTrailers appends trailer fields.
func appendTrailers(b []byte, h *httpmsg.Message) []byte {
	return appendFields(append(b, 0, 0), h)
}
