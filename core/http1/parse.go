// Package http1 parses and frames HTTP/1 messages: heads in place in the
// connection's buffer, bodies by length or by chunks. It takes bytes and keeps
// state; all I/O is its caller's.
//
//	var p http1.Parser
//	p.Reset(limits)
//	n, err := p.Request(&msg, buf)   // n == 0: more bytes are needed
//
// It follows RFC 9112 strictly: whatever two implementations could read in two
// ways (line ends, lengths, folding, white space before the colon) is refused,
// because a proxy that guesses lets requests be smuggled through it. A Parser
// belongs to one goroutine. It parses no bodies' contents.
package http1

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// Error is why a message is refused.
type Error struct {
	Status int    // what to answer a request with
	Reason string // what is wrong, for logs
}

func (e *Error) Error() string { return e.Reason }

// The errors. They are fixed so that hostile traffic costs no allocation, and written
// out so that a build without HTTP has nothing of them: what a function makes is made
// when the process starts, whoever needs it.
var (
	errLine        = &Error{400, "line does not end in CRLF"}
	errMethod      = &Error{400, "invalid character in the method"}
	errTarget      = &Error{400, "invalid character in the request target"}
	errRequestLine = &Error{400, "malformed request line"}
	errStatusLine  = &Error{502, "malformed status line"}
	errVersion     = &Error{400, "unsupported HTTP version"}
	errName        = &Error{400, "invalid character in a field name"}
	errFold        = &Error{400, "folded header line"}
	errValue       = &Error{400, "invalid character in a field value"}
	errCount       = &Error{431, "too many header fields"}
	errURI         = &Error{414, "request target too long"}
	errHead        = &Error{431, "message head too large"}
	errLength      = &Error{400, "malformed content-length"}
	errLengths     = &Error{400, "several content-length fields"}
	errCoding      = &Error{400, "malformed transfer-encoding"}
	errCodings     = &Error{501, "unsupported transfer coding"}
	errBoth        = &Error{400, "both transfer-encoding and content-length"}
	errCoding10    = &Error{400, "transfer-encoding in HTTP/1.0"}
	errNoHost      = &Error{400, "missing host field"}
	errHosts       = &Error{400, "several host fields"}
	errHost        = &Error{400, "invalid host"}
	errHostDiffers = &Error{400, "host differs from the request target's authority"}
	errChunk       = &Error{400, "malformed chunk"}
	errTrailer     = &Error{400, "malformed trailer"}
)

// ErrChunkLine is the error for a chunk's framing that does not fit the buffer.
var ErrChunkLine error = errChunk

// ErrTooLarge is the error for a head that does not fit the buffer: 414 when
// not even the request line is complete, else 431.
func (p *Parser) ErrTooLarge() *Error {
	if p.pos == 0 {
		return errURI
	}
	return errHead
}

// Limits bound what a head may hold.
type Limits struct {
	// MaxFields is the greatest number of header fields (tune.http.maxhdr).
	MaxFields int
	// MaxTarget is the longest request target in bytes, 0 for no limit but the buffer's.
	MaxTarget int
}

// Parser keeps what was parsed of a head that is not yet complete, so that no
// line is parsed twice.
type Parser struct {
	Limits Limits

	pos    int // start of the first line not yet parsed
	fields int
	seen   seen
}

// seen is what framing and routing need of the known fields.
type seen struct {
	lengths, codings, hosts int
	length                  int64
	chunked                 bool
	badLength, badCoding    bool
	otherCoding             bool
	connection              bool
	hop                     bool // a hop-by-hop field other than Connection
	odd                     bool // a field that frames the message is not written as usual
}

// Next prepares for the next message.
func (p *Parser) Next() {
	p.pos, p.fields, p.seen = 0, 0, seen{}
}

// Started reports whether a complete line has been parsed of the message.
func (p *Parser) Started() bool { return p.pos > 0 }

// HopByHop reports whether the head has fields that must not be passed on:
// Connection, Keep-Alive, Proxy-Connection, TE or Upgrade.
func (p *Parser) HopByHop() bool { return p.seen.connection || p.seen.hop }

// Request parses the request head at the start of buf, which holds all bytes
// received of it so far. It returns the head's length, 0 while it is
// incomplete. m views buf and knows the body's framing.
func (p *Parser) Request(m *httpmsg.Message, buf []byte) (int, error) {
	if p.pos == 0 {
		m.Reset(buf)
		line, next, err := cutLine(buf, 0)
		if err != nil || next == 0 {
			return 0, err
		}
		if err := p.requestLine(m, line); err != nil {
			return 0, err
		}
		p.pos = next
	}
	n, err := p.head(m, buf)
	if n == 0 || err != nil {
		return 0, err
	}
	if err := p.frameRequest(m); err != nil {
		return 0, err
	}
	return n, nil
}

// Response parses the status line and head of a response in the same way. The
// body's framing depends on the request: see FrameResponse.
func (p *Parser) Response(m *httpmsg.Message, buf []byte) (int, error) {
	if p.pos == 0 {
		m.Reset(buf)
		line, next, err := cutLine(buf, 0)
		if err != nil || next == 0 {
			return 0, err
		}
		if err := statusLine(m, line); err != nil {
			return 0, err
		}
		p.pos = next
	}
	return p.head(m, buf)
}

// cutLine finds the line that starts at from: its bytes without CRLF and where
// the next begins, 0 while its end is not there. A bare LF or CR, or a NUL, is refused.
func cutLine(buf []byte, from int) (line []byte, next int, err error) {
	i := bytes.IndexByte(buf[from:], '\n')
	if i < 0 {
		return nil, 0, nil
	}
	if i == 0 || buf[from+i-1] != '\r' {
		return nil, 0, errLine
	}
	return buf[from : from+i-1], from + i + 1, nil
}

func (p *Parser) requestLine(m *httpmsg.Message, line []byte) error {
	sp := bytes.IndexByte(line, ' ')
	if sp <= 0 {
		return errRequestLine
	}
	if !IsToken(line[:sp]) {
		return errMethod
	}
	rest := line[sp+1:]
	sp2 := bytes.IndexByte(rest, ' ')
	if sp2 <= 0 {
		return errRequestLine
	}
	if !IsTarget(rest[:sp2]) {
		return errTarget
	}
	if p.Limits.MaxTarget > 0 && sp2 > p.Limits.MaxTarget {
		return errURI
	}
	v, ok := version(rest[sp2+1:])
	if !ok {
		return errVersion
	}
	m.ParsedRequest(sp, sp+1, sp2, v)
	return nil
}

func statusLine(m *httpmsg.Message, line []byte) error {
	if len(line) < 12 || line[8] != ' ' {
		return errStatusLine
	}
	v, ok := version(line[:8])
	if !ok {
		return errStatusLine
	}
	code := 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return errStatusLine
		}
		code = code*10 + int(c-'0')
	}
	if code < 100 || len(line) > 12 && line[12] != ' ' {
		return errStatusLine
	}
	reason := min(13, len(line))
	if !IsValue(line[reason:]) {
		return errStatusLine
	}
	m.ParsedResponse(code, reason, len(line)-reason, v)
	return nil
}

// version reads HTTP/1.x: 1.0, or anything from 1.1 on as 1.1.
func version(b []byte) (httpmsg.Version, bool) {
	if len(b) != 8 || string(b[:7]) != "HTTP/1." || b[7] < '0' || b[7] > '9' {
		return 0, false
	}
	if b[7] == '0' {
		return httpmsg.HTTP10, true
	}
	return httpmsg.HTTP11, true
}

// head parses field lines up to the empty one.
func (p *Parser) head(m *httpmsg.Message, buf []byte) (int, error) {
	m.Rebase(buf)
	for {
		line, next, err := cutLine(buf, p.pos)
		if err != nil || next == 0 {
			return 0, err
		}
		if len(line) == 0 {
			m.Rebase(buf[:next])
			return next, nil
		}
		if p.fields++; p.fields > p.Limits.MaxFields {
			return 0, errCount
		}
		if err := p.field(m, line); err != nil {
			return 0, err
		}
		p.pos = next
	}
}

func (p *Parser) field(m *httpmsg.Message, line []byte) error {
	colon := 0
	for colon < len(line) && class[line[colon]]&token != 0 {
		colon++
	}
	if colon == len(line) || line[colon] != ':' || colon == 0 {
		if line[0] == ' ' || line[0] == '\t' {
			return errFold
		}
		return errName
	}
	start, end := colon+1, len(line)
	for start < end && (line[start] == ' ' || line[start] == '\t') {
		start++
	}
	for end > start && (line[end-1] == ' ' || line[end-1] == '\t') {
		end--
	}
	value := line[start:end]
	if !IsValue(value) {
		return errValue
	}
	switch m.ParsedField(p.pos, colon, p.pos+start, len(value)) {
	case httpmsg.Host:
		p.seen.hosts++
	case httpmsg.ContentLength:
		p.seen.lengths++
		p.seen.length, p.seen.badLength = parseLength(value)
		p.seen.odd = p.seen.odd || !usual(line, start, end) || len(value) > 1 && value[0] == '0'
	case httpmsg.TransferEncoding:
		p.seen.codings++
		p.seen.odd = p.seen.odd || !usual(line, start, end) || string(value) != "chunked"
		switch {
		case httpmsg.EqualFold(value, "chunked"):
			p.seen.chunked = true
		case len(value) == 0 || !lastIsChunked(value):
			p.seen.badCoding = true
		default:
			p.seen.otherCoding = true
		}
	case httpmsg.Connection:
		p.seen.connection = true
	case httpmsg.KeepAlive, httpmsg.ProxyConnection, httpmsg.TE, httpmsg.Upgrade:
		p.seen.hop = true
	}
	return nil
}

// usual reports whether the value at start to end of a field's line has one
// space before it and nothing behind it.
func usual(line []byte, start, end int) bool {
	return end == len(line) && line[start-2] == ':' && line[start-1] == ' '
}

// parseLength reads a content-length; bad says that it is none.
func parseLength(b []byte) (n int64, bad bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, true
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, true
		}
		n = n*10 + int64(c-'0')
	}
	return n, false
}

func lastIsChunked(value []byte) bool {
	i := bytes.LastIndexByte(value, ',')
	return i >= 0 && httpmsg.EqualFold(bytes.Trim(value[i+1:], " \t"), "chunked")
}
