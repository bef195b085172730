// Package httphead makes messages of the decoded fields of a head, as HTTP/2
// and HTTP/3 have them: pseudo-fields first, then fields in lower case. It finds
// what is wrong with them (RFC 9113 section 8, RFC 9114 section 4).
//
//	d := httphead.Decoder{MaxSize: 16384, MaxFields: 101}
//	d.Begin(&msg, httpmsg.HTTP2, true, false)
//	d.Field(":method", "GET") // and so on
//	d.Finish(end)
//	if d.Malformed != "" { ... }
//
// A Decoder belongs to one goroutine. What encoders of both share is here too.
package httphead

import (
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// Decoder makes a message of the fields of a head.
type Decoder struct {
	// MaxSize and MaxFields bound the head: bytes of names and values, and fields.
	MaxSize, MaxFields int

	// Malformed says what is wrong with the head, "" for nothing.
	Malformed string
	// TooLarge says that the head exceeds a bound; what came before is kept.
	TooLarge bool
	// Trailers says that the fields are trailers.
	Trailers bool
	// Status is a response's status.
	Status int
	// Length is the content-length, -1 for none.
	Length int64

	m       *httpmsg.Message // nil: the fields are passed over
	server  bool
	regular bool // a field that is none of the pseudo-fields was seen
	size    int
	fields  int

	method, path, scheme, authority, protocol string
	has                                       uint8
	cookie                                    int // the first field cookie, -1 for none
	version                                   httpmsg.Version
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

// Begin prepares for the head of a message: of a request with server, else of a
// response, or of trailers. With a nil message the fields are passed over.
func (d *Decoder) Begin(m *httpmsg.Message, v httpmsg.Version, server, trailers bool) {
	*d = Decoder{MaxSize: d.MaxSize, MaxFields: d.MaxFields, Length: -1, m: m, server: server, Trailers: trailers, cookie: -1, version: v}
	if m != nil {
		m.Reset(nil)
	}
}

// Field takes the next field.
func (d *Decoder) Field(name, value string) {
	if d.m == nil || d.Malformed != "" {
		return
	}
	d.size += len(name) + len(value)
	d.fields++
	if d.size > d.MaxSize || d.fields > d.MaxFields {
		d.TooLarge = true // what comes before is kept, for an answer
		return
	}
	if strings.HasPrefix(name, ":") {
		d.pseudo(name, value)
		return
	}
	if !d.regular {
		d.regular = true
		d.start()
	}
	switch {
	case !http1.IsToken(name) || hasUpper(name):
		d.Malformed = "an invalid field name"
	case !http1.IsValue(value) || value != strings.Trim(value, " \t"):
		d.Malformed = "an invalid field value"
	default:
		d.plain(name, value)
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

func (d *Decoder) pseudo(name, value string) {
	if d.regular || d.Trailers {
		d.Malformed = "a pseudo-field after others, or in trailers"
		return
	}
	var into *string
	var bit uint8
	switch {
	case name == ":status" && !d.server:
		bit = hasStatus
	case !d.server:
	case name == ":method":
		into, bit = &d.method, hasMethod
	case name == ":path":
		into, bit = &d.path, hasPath
	case name == ":scheme":
		into, bit = &d.scheme, hasScheme
	case name == ":authority":
		into, bit = &d.authority, hasAuthority
	case name == ":protocol":
		into, bit = &d.protocol, hasProtocol
	}
	if bit == 0 || d.has&bit != 0 {
		d.Malformed = "an unknown pseudo-field, or one that comes twice"
		return
	}
	d.has |= bit
	if bit == hasStatus {
		n, err := strconv.Atoi(value)
		if err != nil || len(value) != 3 || n < 100 || n == 101 {
			d.Malformed = "an invalid status"
		}
		d.Status = n
		return
	}
	*into = value
}

// start begins the message once all pseudo-fields are there.
func (d *Decoder) start() {
	if d.Trailers || d.Malformed != "" {
		return
	}
	if !d.server {
		if d.has&hasStatus == 0 {
			d.Malformed = "no status"
			return
		}
		d.m.StartResponse(d.Status, httpmsg.StatusText(d.Status), d.version)
		return
	}
	if d.Malformed = d.badRequest(); d.Malformed != "" {
		return
	}
	target := d.path
	if d.method == "CONNECT" && d.protocol == "" {
		target = d.authority
	}
	d.m.StartRequestString(d.method, target, d.version)
	if d.protocol != "" {
		d.m.SetProtocol([]byte(d.protocol))
	}
	if d.has&hasAuthority != 0 {
		d.m.AddHeaderString("host", d.authority)
	}
}

// badRequest says what is wrong with a request's pseudo-fields (section 8.3.1,
// RFC 8441 section 4), "" for nothing.
func (d *Decoder) badRequest() string {
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
func (d *Decoder) plain(name, value string) {
	if d.Malformed != "" {
		return
	}
	switch name {
	case "host", "content-length":
		if d.Trailers {
			return // they would frame or route a message that has begun (RFC 9110 section 6.5.1)
		}
	}
	switch name {
	case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
		d.Malformed = "a field that is about connections"
		return
	case "te":
		if value != "trailers" {
			d.Malformed = "te that is not trailers"
			return
		}
	case "host":
		if d.server && d.has&hasAuthority != 0 {
			if !strings.EqualFold(value, d.authority) {
				d.Malformed = "host that differs from the authority"
			}
			return
		}
		if !http1.ValidHost([]byte(value)) || d.server && d.m.FindKnown(httpmsg.Host, 0) >= 0 {
			d.Malformed = "an invalid host, or several"
			return
		}
	case "content-length":
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil || value[0] == '+' || d.Length >= 0 {
			d.Malformed = "an invalid content-length, or several"
			return
		}
		d.Length = int64(n)
	case "cookie":
		if d.server && d.joinCookie(value) {
			return
		}
	}
	d.m.AddHeaderString(name, value)
}

// joinCookie puts the crumbs of a cookie together (section 8.2.3).
func (d *Decoder) joinCookie(value string) bool {
	if d.cookie < 0 {
		d.cookie = d.m.Fields()
		return false
	}
	d.m.AppendValue(d.cookie, "; ", value)
	return true
}

// Finish settles the message once all fields are there.
func (d *Decoder) Finish(end bool) {
	if d.m == nil {
		return
	}
	if !d.regular && d.Malformed == "" {
		d.start()
	}
	if d.Trailers || d.Malformed != "" {
		return
	}
	switch {
	case end:
		d.m.Body, d.m.ContentLength = httpmsg.NoBody, 0
	case d.Length >= 0:
		d.m.Body, d.m.ContentLength = httpmsg.Length, d.Length
	default:
		d.m.Body = httpmsg.UntilClose
	}
	if d.server && d.method == "CONNECT" {
		d.m.Body = httpmsg.NoBody // what follows is no content
		d.m.DelKnown(httpmsg.ContentLength)
		d.Length = -1
	}
}
