package http1

import (
	"bytes"

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
	return nil
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

func (p *Parser) checkHost(m *httpmsg.Message) error {
	if p.seen.hosts > 1 {
		return errHosts
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
	return checkTarget(m, host)
}

// checkTarget checks the target's form (RFC 9112 section 3.2) against the
// method and, where it names an authority, against the host.
func checkTarget(m *httpmsg.Message, host []byte) error {
	t := m.Target()
	if t[0] == '/' || string(t) == "*" {
		return nil
	}
	if string(m.Method()) == "CONNECT" {
		if !ValidHost(t) {
			return errTarget
		}
		return nil
	}
	authority, ok := Authority(t)
	if !ok {
		return errTarget
	}
	if !bytes.EqualFold(authority, host) {
		return errHostDiffers
	}
	return nil
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
