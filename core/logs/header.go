package logs

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// Style is what stands before a line in a message (HAProxy manual 4.2 "log",
// where it is called format).
type Style uint8

// The styles, with the bytes they make of the line "text".
const (
	Raw      Style = iota // text
	Short                 // <6>text
	Timed                 // <6>2026-11-23T10:50:57.493876+00:00 text
	ISO                   // 2026-11-23T10:50:57.493880+00:00 text
	Priority              // <134>text
	Local                 // <134>Nov 23 10:50:57 fairlead[42]: text
	RFC3164               // <134>Nov 23 10:50:57 host fairlead[42]: text
	RFC5424               // <134>1 2026-11-23T10:50:57.493855+00:00 host fairlead 42 - - text
)

var styleNames = []string{"raw", "short", "timed", "iso", "priority", "local", "rfc3164", "rfc5424"}

// String gives the style's name in the words of the configuration.
func (s Style) String() string {
	if int(s) < len(styleNames) {
		return styleNames[s]
	}
	return fmt.Sprintf("style %d", s)
}

// MarshalText gives the style's name.
func (s Style) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText sets the style by its name.
func (s *Style) UnmarshalText(text []byte) error {
	i, err := find("header style", string(text), styleNames)
	if err == nil {
		*s = Style(i)
	}
	return err
}

// Header writes the headers of messages. It belongs to one goroutine.
type Header struct {
	style    Style
	facility Facility
	host     string
	program  string // "tag pid" or "tag[pid]: "
	max      int    // bytes of a whole message, 0 for no limit

	second int64  // the time that stamp and zone hold, as a UNIX timestamp
	stamp  []byte // up to the seconds
	zone   []byte // such as "+02:00 "
}

// The most bytes that RFC 5424 section 6 gives the fields of a header.
const (
	maxHostname = 255
	maxTag      = 48
)

// NewHeader makes the header of a configuration. max is the most bytes a
// message may have, header and text, 0 for no limit. The error says which field
// cannot stand in a message.
func NewHeader(c SinkConfig, max int) (*Header, error) {
	h := &Header{style: c.Header, facility: c.Facility, host: c.Hostname, max: max, second: -1}
	if h.facility == NoFacility {
		h.facility = Local0
	}
	tag := c.Tag
	if tag == "" {
		tag = "fairlead"
	}
	if err := word("tag", tag, maxTag); err != nil {
		return nil, err
	}
	if h.host == "" {
		h.host = systemHostname()
	}
	if err := word("hostname", h.host, maxHostname); err != nil {
		return nil, err
	}
	pid := strconv.Itoa(os.Getpid())
	switch h.style {
	case Local:
		h.host, h.program = "", tag+"["+pid+"]: "
	case RFC3164:
		if h.host == "-" {
			h.host = "localhost" // the field cannot be left out: HAProxy's stand-in
		}
		h.program = tag + "[" + pid + "]: "
	case RFC5424:
		h.program = tag + " " + pid + " - - "
	}
	return h, nil
}

// systemHostname gives the system's host name, "-" when there is none.
func systemHostname() string {
	name, err := os.Hostname()
	if err != nil || word("", name, maxHostname) != nil {
		return "-"
	}
	return name
}

// word checks that s is one word of visible ASCII.
func word(field, s string, max int) error {
	if len(s) > max {
		return module.Wrong(field, "%q has %d bytes: write at most %d", s, len(s), max)
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return module.Wrong(field, "%q has a character that syslog cannot carry there: write visible ASCII without spaces", s)
		}
	}
	return nil
}

// Append appends the message for l to dst: the header, the text and no line
// end. Control characters of the text are written as # and two hexadecimal
// digits, so that a line stays one line (HAProxy manual 8.6).
func (h *Header) Append(dst []byte, l *Line) []byte {
	start := len(dst)
	switch h.style {
	case Short:
		dst = appendLevel(dst, int(l.Level))
	case Timed:
		dst = h.appendTime(appendLevel(dst, int(l.Level)), l.Time)
	case ISO:
		dst = h.appendTime(dst, l.Time)
	case Priority:
		dst = h.appendPriority(dst, l)
	case Local, RFC3164:
		dst = h.appendStamp(h.appendPriority(dst, l), l.Time)
		if h.style == RFC3164 {
			dst = append(append(dst, h.host...), ' ')
		}
		dst = append(dst, h.program...)
	case RFC5424:
		dst = append(h.appendPriority(dst, l), "1 "...)
		dst = h.appendTime(dst, l.Time)
		dst = append(append(dst, h.host...), ' ')
		dst = append(dst, h.program...)
	}
	dst = appendPlain(dst, l.Text)
	if h.max > 0 && len(dst)-start > h.max {
		dst = dst[:start+h.max]
	}
	return dst
}

func (h *Header) appendPriority(dst []byte, l *Line) []byte {
	f := l.Facility
	if f == NoFacility {
		f = h.facility
	}
	return appendLevel(dst, f.code()*8+int(l.Level))
}

func appendLevel(dst []byte, n int) []byte {
	dst = append(dst, '<')
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, '>')
}

// appendStamp appends the local time of RFC 3164, "Nov  3 10:50:57 ", which is
// made once a second.
func (h *Header) appendStamp(dst []byte, t time.Time) []byte {
	if s := t.Unix(); s != h.second {
		h.second = s
		h.stamp = append(t.AppendFormat(h.stamp[:0], time.Stamp), ' ')
	}
	return append(dst, h.stamp...)
}

// appendTime appends the time as RFC 5424 section 6.2.3 has it, in microseconds
// and with a space behind. All but the microseconds is made once a second.
func (h *Header) appendTime(dst []byte, t time.Time) []byte {
	if s := t.Unix(); s != h.second {
		h.second = s
		h.stamp = t.AppendFormat(h.stamp[:0], "2006-01-02T15:04:05.")
		h.zone = t.AppendFormat(h.zone[:0], "-07:00 ")
	}
	dst = append(dst, h.stamp...)
	us := t.Nanosecond() / 1000
	for unit := 100000; unit > 0; unit /= 10 {
		dst = append(dst, '0'+byte(us/unit%10))
	}
	return append(dst, h.zone...)
}

const hexDigits = "0123456789ABCDEF"

// appendPlain appends text with its control characters escaped.
func appendPlain(dst, text []byte) []byte {
	from := 0
	for i := 0; i < len(text); i++ {
		for i+8 <= len(text) && plain8(binary.LittleEndian.Uint64(text[i:])) {
			i += 8
		}
		if i == len(text) {
			break
		}
		c := text[i]
		if c >= ' ' && c != 0x7f || c == '\t' {
			continue
		}
		dst = append(dst, text[from:i]...)
		dst = append(dst, '#', hexDigits[c>>4], hexDigits[c&15])
		from = i + 1
	}
	return append(dst, text[from:]...)
}

// plain8 reports whether none of eight bytes is a control character. It looks
// at all at once: subtracting 0x20 from a byte below that, or 1 from what is
// zero where the byte is 0x7f, sets the high bit, or borrows from the next
// byte, which can only make the answer false.
func plain8(x uint64) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	del := x ^ 0x7f*ones
	return ((x-0x20*ones)&^x|(del-ones)&^del)&high == 0
}
