package http2

import (
	"strconv"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// headDecoder makes a message of the fields of a head, and finds what is wrong
// with them (RFC 9113 section 8).
type headDecoder struct {
	maxSize, maxFields int

	m         *httpmsg.Message // nil: the fields are passed over
	server    bool
	trailers  bool
	selfish   bool
	malformed string // what is wrong, "" for nothing
	tooLarge  bool
	regular   bool // a field that is none of the pseudo-fields was seen
	size      int
	fields    int

	method, path, scheme, authority, protocol string
	has                                       uint8
	status                                    int
	length                                    int64 // content-length, -1 for none
	cookie                                    int   // the first field cookie, -1 for none
}

// The pseudo-fields that were seen.
const (
	hasMethod = 1 << iota
	hasPath
	hasScheme
	hasAuthority
	hasProtocol
	hasStatus
)

func (d *headDecoder) reset(s *Stream, h frameHead, server bool) {
	*d = headDecoder{maxSize: d.maxSize, maxFields: d.maxFields, server: server, selfish: d.selfish, length: -1, cookie: -1}
	if s == nil {
		return
	}
	if s.headSeen {
		d.trailers, d.m = true, &s.trailers
	} else {
		d.m = s.nextHead()
	}
	d.m.Reset(nil)
}

// field takes the next field.
func (d *headDecoder) field(f hpack.HeaderField) {
	if d.m == nil || d.malformed != "" {
		return
	}
	d.size += len(f.Name) + len(f.Value)
	d.fields++
	if d.size > d.maxSize || d.fields > d.maxFields {
		d.tooLarge = true // what comes before is kept, for an answer
		return
	}
	if strings.HasPrefix(f.Name, ":") {
		d.pseudo(f)
		return
	}
	if !d.regular {
		d.regular = true
		d.start()
	}
	switch {
	case !http1.IsToken(f.Name) || hasUpper(f.Name):
		d.malformed = "an invalid field name"
	case !http1.IsValue(f.Value) || f.Value != strings.Trim(f.Value, " \t"):
		d.malformed = "an invalid field value"
	default:
		d.plain(f.Name, f.Value)
	}
}

func hasUpper(s string) bool {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			return true
		}
	}
	return false
}

func (d *headDecoder) pseudo(f hpack.HeaderField) {
	if d.regular || d.trailers {
		d.malformed = "a pseudo-field after others, or in trailers"
		return
	}
	var into *string
	var bit uint8
	switch {
	case f.Name == ":status" && !d.server:
		bit = hasStatus
	case !d.server:
	case f.Name == ":method":
		into, bit = &d.method, hasMethod
	case f.Name == ":path":
		into, bit = &d.path, hasPath
	case f.Name == ":scheme":
		into, bit = &d.scheme, hasScheme
	case f.Name == ":authority":
		into, bit = &d.authority, hasAuthority
	case f.Name == ":protocol":
		into, bit = &d.protocol, hasProtocol
	}
	if bit == 0 || d.has&bit != 0 {
		d.malformed = "an unknown pseudo-field, or one that comes twice"
		return
	}
	d.has |= bit
	if bit == hasStatus {
		n, err := strconv.Atoi(f.Value)
		if err != nil || len(f.Value) != 3 || n < 100 || n == 101 {
			d.malformed = "an invalid status"
		}
		d.status = n
		return
	}
	*into = f.Value
}

// start begins the message once all pseudo-fields are there.
func (d *headDecoder) start() {
	if d.trailers || d.malformed != "" {
		return
	}
	if !d.server {
		if d.has&hasStatus == 0 {
			d.malformed = "no status"
			return
		}
		d.m.StartResponse(d.status, httpmsg.StatusText(d.status), httpmsg.HTTP2)
		return
	}
	if d.malformed = d.badRequest(); d.malformed != "" {
		return
	}
	target := d.path
	if d.method == "CONNECT" && d.protocol == "" {
		target = d.authority
	}
	d.m.StartRequestString(d.method, target, httpmsg.HTTP2)
	if d.protocol != "" {
		d.m.SetProtocol([]byte(d.protocol))
	}
	if d.has&hasAuthority != 0 {
		d.m.AddHeaderString("host", d.authority)
	}
}

// badRequest says what is wrong with a request's pseudo-fields (section 8.3.1,
// RFC 8441 section 4), "" for nothing.
func (d *headDecoder) badRequest() string {
	connect := d.method == "CONNECT"
	switch {
	case !http1.IsToken(d.method):
		return "no method, or an invalid one"
	case d.has&hasAuthority != 0 && !http1.ValidHost([]byte(d.authority)):
		return "an invalid authority"
	case d.protocol != "" && (!connect || !http1.IsToken(d.protocol)):
		return "a protocol for a method that has none"
	case connect && d.protocol == "":
		if d.has&(hasScheme|hasPath) != 0 || d.authority == "" {
			return "a CONNECT that is not one"
		}
		return ""
	case d.has&(hasScheme|hasPath) != hasScheme|hasPath:
		return "no scheme or path"
	case !http1.IsToken(d.scheme), !http1.IsTarget(d.path):
		return "an invalid scheme or path"
	case d.path[0] != '/' && !(d.path == "*" && d.method == "OPTIONS"):
		return "an invalid path"
	}
	return ""
}

// plain takes a field that is none of the pseudo-fields.
func (d *headDecoder) plain(name, value string) {
	if d.malformed != "" {
		return
	}
	switch name {
	case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
		d.malformed = "a field that is about connections"
		return
	case "te":
		if value != "trailers" {
			d.malformed = "te that is not trailers"
			return
		}
	case "host":
		if d.server && !d.trailers && d.has&hasAuthority != 0 {
			if !strings.EqualFold(value, d.authority) {
				d.malformed = "host that differs from the authority"
			}
			return
		}
		if !http1.ValidHost([]byte(value)) || d.server && d.m.FindKnown(httpmsg.Host, 0) >= 0 {
			d.malformed = "an invalid host, or several"
			return
		}
	case "content-length":
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil || value[0] == '+' || d.length >= 0 {
			d.malformed = "an invalid content-length, or several"
			return
		}
		d.length = int64(n)
	case "cookie":
		if d.server && d.joinCookie(value) {
			return
		}
	}
	d.m.AddHeaderString(name, value)
}

// joinCookie puts the crumbs of a cookie together (section 8.2.3).
func (d *headDecoder) joinCookie(value string) bool {
	if d.cookie < 0 {
		d.cookie = d.m.Fields()
		return false
	}
	d.m.AppendValue(d.cookie, "; ", value)
	return true
}

// finish settles the message once all fields are there.
func (d *headDecoder) finish(end bool) {
	if !d.regular && d.malformed == "" {
		d.start()
	}
	if d.trailers || d.malformed != "" {
		return
	}
	switch {
	case end:
		d.m.Body, d.m.ContentLength = httpmsg.NoBody, 0
	case d.length >= 0:
		d.m.Body, d.m.ContentLength = httpmsg.Length, d.length
	default:
		d.m.Body = httpmsg.UntilClose
	}
	if d.server && d.method == "CONNECT" {
		d.m.Body = httpmsg.NoBody // what follows is no content
		d.length = -1
	}
}
