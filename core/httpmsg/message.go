// Package httpmsg holds the HTTP message that every HTTP engine of Fairlead
// produces and every rule reads and edits.
//
// A Message keeps the head of a request or response as it was received: fields
// are offsets into the bytes of the connection's buffer, and edits go to a side
// arena, so that neither parsing nor editing allocates once the slices have
// grown. An engine writes the edited head out with AppendHead (HTTP/1) or by
// walking the fields (HTTP/2, HTTP/3).
//
//	var m httpmsg.Message
//	m.Reset(buf)                  // buf: the received head
//	m.SetHeader("x-real-ip", ip)  // an edit, remembered in the arena
//	out = m.AppendHead(out)       // the head as it leaves
//
// A Message belongs to one goroutine. The slices it returns are views that stay
// valid until the next Reset. It does no I/O and knows nothing of framing on
// the wire beyond what Body says.
package httpmsg

// Version is an HTTP version as major*10+minor.
type Version uint8

// The versions a message can have.
const (
	HTTP10 Version = 10
	HTTP11 Version = 11
	HTTP2  Version = 20
	HTTP3  Version = 30
)

// String gives the version as it stands in a start line, such as "HTTP/1.1".
func (v Version) String() string {
	switch v {
	case HTTP10:
		return "HTTP/1.0"
	case HTTP2:
		return "HTTP/2.0"
	case HTTP3:
		return "HTTP/3.0"
	}
	return "HTTP/1.1"
}

// Framing says how the end of a message's body is found (RFC 9112 section 6.3).
type Framing uint8

// The framings.
const (
	NoBody     Framing = iota // the message ends with its head
	Length                    // ContentLength bytes follow
	Chunked                   // chunks follow, then trailers
	UntilClose                // the body ends with the connection (responses only)
)

// span is a run of bytes: in the received head, or in the arena when arena is set.
type span struct {
	off, len uint32
	arena    bool
}

// field is one header field; a deleted one stays in place so that indexes hold.
type field struct {
	name, value span
	known       Known
	deleted     bool
	edited      bool // the line differs from the received bytes
}

// Message is the head of one request or response.
type Message struct {
	buf    []byte
	arena  []byte
	fields []field

	method, target, reason span
	protocol               span

	// Status is the response's status code, 0 in a request.
	Status int
	// Version is the version the peer speaks.
	Version Version
	// Body says how the body is framed on the receiving side.
	Body Framing
	// ContentLength is the body's length in bytes when Body is Length.
	ContentLength int64

	startEdited bool
	edits       int // fields edited, added or deleted
}

// Reset empties m and gives it the received head, which m keeps a view of.
func (m *Message) Reset(head []byte) {
	m.buf = head
	m.arena = m.arena[:0]
	m.fields = m.fields[:0]
	m.method, m.target, m.reason, m.protocol = span{}, span{}, span{}, span{}
	m.Status = 0
	m.Version = HTTP11
	m.Body = NoBody
	m.ContentLength = 0
	m.startEdited = false
	m.edits = 0
}

// Rebase tells m that its received head has moved to head (same bytes), as when
// a connection's buffer grows.
func (m *Message) Rebase(head []byte) { m.buf = head }

// Head gives the bytes of the head as received.
func (m *Message) Head() []byte { return m.buf }

// Edited reports whether the head differs from the bytes that were received.
func (m *Message) Edited() bool { return m.startEdited || m.edits > 0 }

func (m *Message) view(s span) []byte {
	if s.arena {
		return m.arena[s.off : s.off+s.len : s.off+s.len]
	}
	return m.buf[s.off : s.off+s.len : s.off+s.len]
}

func (m *Message) keep(b []byte) span {
	off := len(m.arena)
	m.arena = append(m.arena, b...)
	return span{uint32(off), uint32(len(b)), true}
}

func (m *Message) keepString(s string) span {
	off := len(m.arena)
	m.arena = append(m.arena, s...)
	return span{uint32(off), uint32(len(s)), true}
}

// Method gives the request's method, empty in a response.
func (m *Message) Method() []byte { return m.view(m.method) }

// Target gives the request target as it stands in the request line: origin
// form, absolute form, authority form or "*" (RFC 9112 section 3.2).
func (m *Message) Target() []byte { return m.view(m.target) }

// Reason gives the response's reason phrase.
func (m *Message) Reason() []byte { return m.view(m.reason) }

// Protocol gives the protocol that an extended CONNECT asks for (RFC 8441, RFC
// 9220), such as "websocket"; empty for other requests. The target of such a
// request is its path.
func (m *Message) Protocol() []byte { return m.view(m.protocol) }

// SetProtocol makes the request an extended CONNECT; an empty protocol takes that back.
func (m *Message) SetProtocol(protocol []byte) {
	m.protocol = m.keep(protocol)
	m.startEdited = true
}

// IsRequest reports whether m is a request.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// SetMethod replaces the method.
func (m *Message) SetMethod(method []byte) {
	m.method = m.keep(method)
	m.startEdited = true
}

// SetTarget replaces the request target as a whole.
func (m *Message) SetTarget(target []byte) {
	m.target = m.keep(target)
	m.startEdited = true
}

// SetStatus replaces a response's status code and reason phrase.
func (m *Message) SetStatus(code int, reason string) {
	m.Status = code
	m.reason = m.keepString(reason)
	m.startEdited = true
}

// SetVersion replaces the version that AppendHead writes.
func (m *Message) SetVersion(v Version) {
	if m.Version != v {
		m.Version = v
		m.startEdited = true
	}
}

// StartRequest begins a request that was not received as HTTP/1 bytes.
func (m *Message) StartRequest(method, target []byte, v Version) {
	m.method, m.target = m.keep(method), m.keep(target)
	m.Version = v
	m.startEdited = true
}

// StartRequestString is StartRequest for strings.
func (m *Message) StartRequestString(method, target string, v Version) {
	m.method, m.target = m.keepString(method), m.keepString(target)
	m.Version = v
	m.startEdited = true
}

// StartResponse begins a response made here.
func (m *Message) StartResponse(code int, reason string, v Version) {
	m.SetStatus(code, reason)
	m.Version = v
}

// ParsedRequest records the request line found by a parser, as offsets in the head.
func (m *Message) ParsedRequest(methodLen, targetOff, targetLen int, v Version) {
	m.method = span{0, uint32(methodLen), false}
	m.target = span{uint32(targetOff), uint32(targetLen), false}
	m.Version = v
}

// ParsedResponse records the status line found by a parser.
func (m *Message) ParsedResponse(code, reasonOff, reasonLen int, v Version) {
	m.Status = code
	m.reason = span{uint32(reasonOff), uint32(reasonLen), false}
	m.Version = v
}

// ParsedField records a field found by a parser, as offsets in the head, and
// says which known field it is.
func (m *Message) ParsedField(nameOff, nameLen, valueOff, valueLen int) Known {
	known := Classify(m.buf[nameOff : nameOff+nameLen])
	m.fields = append(m.fields, field{
		name:  span{uint32(nameOff), uint32(nameLen), false},
		value: span{uint32(valueOff), uint32(valueLen), false},
		known: known,
	})
	return known
}
