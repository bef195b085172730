package http1

import (
	"bytes"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// frameRequest decides where the body ends (RFC 9112 section 6.3) and checks
// the host (section 3.2); anything ambiguous is refused.
func (p *Parser) frameRequest(m *httpmsg.Message) error {
	if err := p.frame(m); err != nil {
		return err
	}
	return p.checkHost(m)
}

// frame applies what both kinds of message have in common.
func (p *Parser) frame(m *httpmsg.Message) error {
	s := &p.seen
	switch {
	case s.codings > 0 && s.lengths > 0:
		return errBoth
	case s.badCoding, s.codings > 1:
		return errCoding
	case s.otherCoding:
		return errCodings
	case s.codings > 0 && m.Version == httpmsg.HTTP10:
		return errCoding10
	case s.lengths > 1:
		return errLengths
	case s.badLength:
		return errLength
	case s.chunked:
		m.Body = httpmsg.Chunked
	case s.lengths == 1 && s.length > 0:
		m.Body, m.ContentLength = httpmsg.Length, s.length
	}
	if s.odd {
		tidy(m)
	}
	return nil
}

// tidy writes the field that frames the message anew, in the way that nobody
// reads otherwise.
func tidy(m *httpmsg.Message) {
	if i := m.FindKnown(httpmsg.TransferEncoding, 0); i >= 0 {
		m.SetValue(i, []byte("chunked"))
	}
	if i := m.FindKnown(httpmsg.ContentLength, 0); i >= 0 {
		var room [20]byte
		m.SetValue(i, strconv.AppendInt(room[:0], m.ContentLength, 10))
	}
}

// FrameResponse decides where a parsed response's body ends, given whether the
// request was a HEAD or a CONNECT.
func (p *Parser) FrameResponse(m *httpmsg.Message, head, connect bool) error {
	if err := p.frame(m); err != nil {
		return err
	}
	switch {
	case m.Status < 200, m.Status == 204, m.Status == 304, head, connect && m.Status < 300:
		m.Body, m.ContentLength = httpmsg.NoBody, 0
	case m.Body == httpmsg.NoBody && p.seen.lengths == 0:
		m.Body = httpmsg.UntilClose
	}
	return nil
}

// checkHost checks the Host field and the target against it.
func (p *Parser) checkHost(m *httpmsg.Message) error {
	if p.seen.hosts > 1 {
		return errHosts
	}
	authority, port, err := checkTarget(m)
	if err != nil {
		return err
	}
	i := m.FindKnown(httpmsg.Host, 0)
	if i < 0 {
		if m.Version == httpmsg.HTTP11 {
			return errNoHost
		}
		return nil
	}
	host := m.Value(i)
	if !ValidHost(host) {
		return errHost
	}
	if authority != nil && !sameAuthority(authority, host, port) {
		return errHostDiffers
	}
	return nil
}

// checkTarget checks that the target has one of its forms (RFC 9112 section 3.2).
// It gives the authority that it names, nil for none, and the port that stands
// for an absent one.
func checkTarget(m *httpmsg.Message) (authority []byte, port string, err error) {
	t := m.Target()
	if string(m.Method()) == "CONNECT" {
		_, port := cutPort(t)
		if !ValidHost(t) || len(port) < 2 { // RFC 9110 section 9.3.6
			return nil, "", errTarget
		}
		return t, string(port), nil
	}
	if t[0] == '/' || string(t) == "*" {
		return nil, "", nil
	}
	authority, ok := Authority(t)
	if !ok {
		return nil, "", errTarget
	}
	if scheme := t[:bytes.IndexByte(t, ':')]; httpmsg.EqualFold(scheme, "https") {
		return authority, ":443", nil
	}
	return authority, ":80", nil
}

// sameAuthority reports whether two authorities are the same where an absent port
// stands for the one given (RFC 9110 section 4.2.3).
func sameAuthority(a, b []byte, port string) bool {
	nameA, portA := cutPort(a)
	nameB, portB := cutPort(b)
	return bytes.EqualFold(nameA, nameB) && (string(portA) == string(portB) ||
		isPort(portA, port) && isPort(portB, port))
}

// isPort reports whether a port, with its colon, is the one or stands for it.
func isPort(b []byte, port string) bool { return len(b) < 2 || string(b) == port }

// cutPort parts a host and its port, with the colon, which may be empty.
func cutPort(h []byte) (host, port []byte) {
	from := bytes.IndexByte(h, ']') + 1
	if i := bytes.IndexByte(h[from:], ':'); i >= 0 {
		return h[:from+i], h[from+i:]
	}
	return h, nil
}

// Authority gives the authority of an absolute-form target, and whether it is one.
func Authority(target []byte) ([]byte, bool) {
	i := bytes.Index(target, []byte("://"))
	if i <= 0 || !IsToken(target[:i]) {
		return nil, false
	}
	rest := target[i+3:]
	if j := bytes.IndexAny(rest, "/?#"); j >= 0 {
		rest = rest[:j]
	}
	return rest, len(rest) > 0
}

// ValidHost checks uri-host[:port]; an empty host is valid (RFC 9110 section 7.2).
func ValidHost(h []byte) bool {
	name, port := h, []byte(nil)
	if len(h) > 0 && h[0] == '[' {
		end := bytes.IndexByte(h, ']')
		if end < 0 {
			return false
		}
		name, port = h[1:end], h[end+1:]
		for _, c := range name {
			if class[c]&hostChar == 0 && c != ':' {
				return false
			}
		}
		name = nil
	} else if i := bytes.IndexByte(h, ':'); i >= 0 {
		name, port = h[:i], h[i:]
	}
	if !all(name, hostChar) {
		return false
	}
	if len(port) == 0 {
		return true
	}
	if port[0] != ':' {
		return false
	}
	for _, c := range port[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(port) <= 6
}
