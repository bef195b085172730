package http2

import (
	"strconv"

	"github.com/fairleadproxy/fairlead/core/httphead"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// Heads are encoded as RFC 7541 has it, by the static table alone: literals
// that the peer's table does not remember cost a few bytes on the wire, and
// neither memory nor time here.

// staticNames are the places of names in the static table (RFC 7541 appendix A).
var staticNames = map[string]byte{
	":authority": 1, ":method": 2, ":path": 4, ":scheme": 6, ":status": 8,
	"accept-charset": 15, "accept-encoding": 16, "accept-language": 17, "accept-ranges": 18, "accept": 19,
	"access-control-allow-origin": 20, "age": 21, "allow": 22, "authorization": 23, "cache-control": 24,
	"content-disposition": 25, "content-encoding": 26, "content-language": 27, "content-length": 28,
	"content-location": 29, "content-range": 30, "content-type": 31, "cookie": 32, "date": 33, "etag": 34,
	"expect": 35, "expires": 36, "from": 37, "host": 38, "if-match": 39, "if-modified-since": 40,
	"if-none-match": 41, "if-range": 42, "if-unmodified-since": 43, "last-modified": 44, "link": 45,
	"location": 46, "max-forwards": 47, "proxy-authenticate": 48, "proxy-authorization": 49, "range": 50,
	"referer": 51, "refresh": 52, "retry-after": 53, "server": 54, "set-cookie": 55,
	"strict-transport-security": 56, "transfer-encoding": 57, "user-agent": 58, "vary": 59, "via": 60,
	"www-authenticate": 61,
}

// appendIndexed appends a field that is in the table as it is.
func appendIndexed(b []byte, index byte) []byte { return append(b, 0x80|index) }

// appendLiteral appends a field whose name is at a place of the table.
func appendLiteral(b []byte, index byte, value []byte) []byte {
	return appendString(httphead.AppendInt(b, 0, 4, int(index)), value)
}

func appendString(b, s []byte) []byte { return append(httphead.AppendInt(b, 0, 7, len(s)), s...) }

// statuses are those that the static table has.
func appendStatus(b []byte, status int) []byte {
	switch status {
	case 200:
		return appendIndexed(b, 8)
	case 204:
		return appendIndexed(b, 9)
	case 206:
		return appendIndexed(b, 10)
	case 304:
		return appendIndexed(b, 11)
	case 400:
		return appendIndexed(b, 12)
	case 404:
		return appendIndexed(b, 13)
	case 500:
		return appendIndexed(b, 14)
	}
	b = append(httphead.AppendInt(b, 0, 4, 8), 3)
	return strconv.AppendInt(b, int64(status), 10)
}

func appendResponse(b []byte, h *httpmsg.Message) []byte {
	return appendFields(appendStatus(b, h.Status), h)
}

// appendRequest appends a request's head (RFC 9113 section 8.3.1).
func appendRequest(b []byte, h *httpmsg.Message, scheme string) []byte {
	method := h.Method()
	switch string(method) {
	case "GET":
		b = appendIndexed(b, 2)
	case "POST":
		b = appendIndexed(b, 3)
	default:
		b = appendLiteral(b, 2, method)
	}
	if string(method) == "CONNECT" && len(h.Protocol()) == 0 {
		return appendFields(appendLiteral(b, 1, h.Target()), h)
	}
	authority, path := httphead.Target(h)
	if len(h.Protocol()) > 0 {
		b = appendString(append(b, 0), []byte(":protocol"))
		b = appendString(b, h.Protocol())
	}
	if scheme == "https" {
		b = appendIndexed(b, 7)
	} else {
		b = appendIndexed(b, 6)
	}
	if len(authority) > 0 {
		b = appendLiteral(b, 1, authority)
	}
	if string(path) == "/" {
		b = appendIndexed(b, 4)
	} else {
		b = appendLiteral(b, 4, path)
	}
	return appendFields(b, h)
}

// appendFields appends the fields that have a place in HTTP/2.
func appendFields(b []byte, h *httpmsg.Message) []byte {
	for i := range h.Fields() {
		if httphead.HasPlace(h, i) {
			b = appendField(b, h.Name(i), h.Value(i))
		}
	}
	return b
}

// appendField appends a field, its name in lower case.
func appendField(b, name, value []byte) []byte {
	var small [64]byte
	lower := httphead.AppendLower(small[:0], name)
	if index := staticNames[string(lower)]; index != 0 {
		return appendLiteral(b, index, value)
	}
	return appendString(appendString(append(b, 0), lower), value)
}
